"""Operators' commands that cannot do what was asked: one sentence, and never an exit code that looks like success."""

import sys
from collections.abc import Callable
from importlib import import_module

import boto3
import pytest
from botocore.exceptions import ClientError

from calling_credit.errors import Unavailable
from ops import rerate_calls
from ops.stack import FoundStack, find_stack
from ops.terminal import run
from tests.functions.world import UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb


def code_of(command: Callable[[], int]) -> object:
    """How a process that runs the command would end."""
    with pytest.raises(SystemExit) as ended:
        run(command)
    return ended.value.code


@pytest.mark.parametrize(("name", "more"), [("withdraw_links", []), ("erase_number", [UNITED_KINGDOM])])
def test_a_mistyped_account_does_not_look_like_work_that_is_done(
    world: World, name: str, more: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = import_module(f"ops.{name}")
    found = FoundStack("staging", False, {"TableName": world.stack.table_name}, boto3.Session(), None)
    monkeypatch.setattr(command, "find_stack", lambda: found)
    ended = {}
    for account_id in ("acct_1", "acct_typo"):
        monkeypatch.setattr(sys, "argv", ["make", account_id, *more, "--yes"])
        ended[account_id] = code_of(command.main)
    assert ended == {"acct_1": 0, "acct_typo": 1}
    assert "There is no account acct_typo in staging." in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--from", "--to", "--deck"])
def test_a_range_without_an_account_does_not_rate_the_calls_that_wait(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make", option, "2026-11-01", "--yes"])
    assert code_of(rerate_calls.main) == 1
    assert "Name the account too" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "Query"), "AccessDenied"),
        (Unavailable("busy", "Try again."), "busy: Try again."),
    ],
)
def test_what_aws_or_the_table_refuses_is_said_in_one_sentence(
    error: Exception, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> int:
        raise error

    assert code_of(refused) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_a_profile_that_does_not_exist_is_a_stack_that_cannot_be_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    def look() -> int:
        find_stack({"STACK": "calling-credit-staging"})
        return 0

    assert code_of(look) == 1
    assert "nobody" in capsys.readouterr().err
