"""Operators' commands that fail print one sentence and return no success code."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module

import boto3
import pytest
from botocore.exceptions import ClientError

from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.rates.publishing import DeckBucket
from ops import rerate_calls, rollback_rates
from ops.stack import FoundStack, find_stack
from ops.terminal import run
from tests.domain.examples import deck_csv
from tests.harness.table import BUCKET
from tests.harness.template import ROOT
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb


def code_of(command: Callable[[], int]) -> object:
    """The exit code of a process that runs the command."""
    with pytest.raises(SystemExit) as ended:
        run(command)
    return ended.value.code


@pytest.mark.parametrize(("name", "more"), [("withdraw_links", []), ("erase_number", [UNITED_KINGDOM])])
def test_a_mistyped_account_is_not_reported_as_finished_work(
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
    assert "There is no account acct_typo in staging. Correct ACCOUNT" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--from", "--to", "--deck"])
def test_a_range_without_an_account_does_not_rate_waiting_calls(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make", option, "2026-11-01", "--yes"])
    assert code_of(rerate_calls.main) == 1
    assert "Name the account too" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "Query"), "AccessDenied"),
        (Unavailable(ProblemCode.BUSY, "Try again."), "busy: Try again."),
    ],
)
def test_a_refusal_of_aws_or_the_table_is_reported_in_one_sentence(
    error: Exception, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> int:
        raise error

    assert code_of(refused) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_a_missing_profile_is_reported_as_an_unreachable_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    def look() -> int:
        find_stack({"STACK": "calling-credit-staging"})
        return 0

    assert code_of(look) == 1
    assert "nobody" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ("YES=no", 2, "YES=no: say YES=1, or leave it out"),
        ("DROP=true", 2, "DROP=true: say DROP=1"),
        ("YES=0", 0, "-m ops.redrive"),
        ("YES=1", 0, "-m ops.redrive"),
    ],
)
def test_a_switch_of_a_command_is_1_or_left_out(said: str, code: int, words: str) -> None:
    done = subprocess.run(["make", "-n", "redrive", said], cwd=ROOT, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert (done.returncode, words in told, "--drop" in told) == (code, True, False), told
    assert ("--yes" in told) == (said == "YES=1")


def test_rollback_activates_the_confirmed_deck_despite_newer_decks(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {"DeckBucketName": BUCKET}
    monkeypatch.setattr(
        rollback_rates, "find_stack", lambda: FoundStack("staging", False, outputs, boto3.Session(), None)
    )
    asked: list[str] = []
    publisher = DeckBucket(boto3.client("s3"), BUCKET)

    def publish(price: str) -> str:
        data, now = deck_csv({"rate_per_minute": price}), datetime.now(UTC)
        judged = publisher.check(data, now, now)
        assert publisher.publish(data, judged, now, now, judged.counts) == "published"
        return judged.version

    def publish_another(question: str) -> bool:
        asked.append(question)
        publish("0.90")
        return True

    monkeypatch.setattr(rollback_rates, "confirm", publish_another)
    monkeypatch.setattr(sys, "argv", ["make rollback-rates"])
    good, _ = publish("0.70"), publish("7.00")
    assert code_of(rollback_rates.main) == 0
    assert asked == [f"Activate {good} again in staging?"]
    assert f"{good} is active again" in capsys.readouterr().out
