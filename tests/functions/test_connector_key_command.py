"""`make connector-key` creates, lists, and revokes keys, and shows each key once."""

import re
import sys
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from calling_credit.errors import Unavailable
from ops import connector_key
from ops.stack import FoundStack
from ops.terminal import run
from tests.functions.connectors_bench import basic, check, create_key, revoke_key, store_of
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
Command = Callable[..., tuple[object, str, str]]


@pytest.fixture
def command(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command on the world's table; return its exit code and what it printed."""
    found = FoundStack("staging", False, {"TableName": world.stack.table_name}, boto3.Session(), None)
    monkeypatch.setattr(connector_key, "find_stack", lambda: found)

    def call(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["make", *arguments])
        with pytest.raises(SystemExit) as ended:
            run(connector_key.main)
        printed = capsys.readouterr()
        return ended.value.code, printed.out, printed.err

    return call


def key_in(text: str) -> str:
    """The key on a line of its own."""
    [key] = re.findall(r"^(ck_[A-Za-z0-9_-]{43})$", text, re.MULTILINE)
    return str(key)


def test_a_created_key_is_printed_once_with_both_headers(world: World, command: Command) -> None:
    code, out, _ = command("--name", "sbc-1", "--zone", "America/New_York", "--per-minute", "30")
    key = key_in(out)
    assert code == 0
    assert check(world, f"Bearer {key}")["context"]["zone"] == "America/New_York"
    headers = re.findall(r"^Authorization: (.+)$", out, re.MULTILINE)
    assert headers == [f"Bearer {key}", basic("sbc-1", key)]
    assert b64decode(headers[1].removeprefix("Basic ")).decode() == f"sbc-1:{key}"
    assert "30 requests a minute" in out
    _, listed, _ = command()
    assert key not in listed
    assert key[3:] not in listed


def test_the_list_shows_the_last_use_its_address_and_the_revocation(world: World, command: Command) -> None:
    assert "has no connector keys. Create one: make connector-key NAME=sbc-1" in command()[1]
    key = key_in(command("--name", "sbc-1", "--zone", "Europe/Paris")[1])
    check(world, f"Bearer {key}", "203.0.113.9")
    command("--name", "sbc-2")
    assert command("--revoke", "sbc-2", "--yes")[0] == 0
    code, out, _ = command()
    [first, second] = [line for line in out.splitlines() if " sbc-" in line]
    assert code == 0
    at = "2026-11-23T12:00:00.000Z"
    assert first.split() == ["sbc-1", at, at, "203.0.113.9", "Europe/Paris", "600", "-"]
    assert second.split() == ["sbc-2", at, "-", "-", "-", "600", at]


def test_a_key_is_revoked_only_after_a_yes(world: World, command: Command) -> None:
    key = key_in(command("--name", "sbc-1")[1])
    code, out, _ = command("--revoke", "sbc-1")
    assert (code, "Add YES=1" in out) == (1, True)
    assert check(world, f"Bearer {key}")["isAuthorized"] is True
    code, out, _ = command("--revoke", "sbc-1", "--yes")
    assert (code, "sbc-1 was revoked at 2026-11-23T12:00:00.000Z" in out) == (0, True)
    assert check(world, f"Bearer {key}")["isAuthorized"] is False


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--revoke", "sbc-9", "--yes"], "unknown_connector_key: No connector key is named sbc-9"),
        (["--revoke", "sbc-1", "--name", "sbc-1", "--yes"], "REVOKE= stands alone"),
        (["--revoke", "sbc-1", "--zone", "UTC", "--yes"], "REVOKE= stands alone"),
        (["--zone", "UTC"], "Name the key: make connector-key NAME=sbc-1"),
        (["--per-minute", "5"], "Name the key: make connector-key NAME=sbc-1"),
        (["--name", "a:b"], "invalid_id: NAME must be"),
        (["--name", "sbc-1", "--zone", "Paris"], "invalid_time_zone: ZONE must be an IANA name"),
        (["--name", "sbc-1", "--per-minute", "0"], "invalid_field: PER_MINUTE must be a whole number from 1 to 60000."),
    ],
)
def test_a_wrong_request_is_told_what_to_change(
    world: World, command: Command, arguments: list[str], told: str
) -> None:
    before = world.stack.items()
    code, out, err = command(*arguments)
    assert (code, out, err.startswith(told)) == (1, "", True), err
    assert world.stack.items() == before


def test_a_taken_name_is_refused_with_the_command_that_frees_it(world: World, command: Command) -> None:
    command("--name", "sbc-1")
    code, out, err = command("--name", "sbc-1")
    assert (code, out, "make connector-key REVOKE=sbc-1" in err) == (1, "", True)


@pytest.mark.parametrize("is_written", [True, False])
def test_a_key_whose_answer_was_lost_works(world: World, monkeypatch: pytest.MonkeyPatch, is_written: bool) -> None:
    """The second try finds the key of the first one, or writes it."""
    client = world.stack.dynamodb
    send, lost = client.transact_write_items, [ReadTimeoutError(endpoint_url="https://dynamodb")]

    def lose_the_first_answer(**request: Any) -> Any:
        answer = send(**request) if is_written or not lost else None
        if lost:
            raise lost.pop()
        return answer

    monkeypatch.setattr(client, "transact_write_items", lose_the_first_answer)
    key = create_key(world)
    assert lost == []
    assert check(world, f"Bearer {key}")["isAuthorized"] is True
    assert [one.settings.name for one in store_of(world).list_keys()] == ["sbc-1"]
    lost.append(ReadTimeoutError(endpoint_url="https://dynamodb"))
    revoke_key(world)
    assert check(world, f"Bearer {key}")["isAuthorized"] is False


@pytest.mark.parametrize("is_written", [True, False])
def test_after_no_answer_the_list_tells_whether_the_name_is_taken(
    world: World, command: Command, monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    client = world.stack.dynamodb
    send = client.transact_write_items

    def answer_nothing(**request: Any) -> Any:
        if is_written:
            with suppress(ClientError):
                send(**request)
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    with monkeypatch.context() as patch:
        patch.setattr(client, "transact_write_items", answer_nothing)
        patch.setattr("calling_credit.dynamodb.transactions.MAX_ATTEMPTS", 1)
        with pytest.raises(Unavailable):
            create_key(world, "sbc-7")
    assert ("sbc-7" in command()[1]) is is_written
    if is_written:
        assert command("--revoke", "sbc-7", "--yes")[0] == 0
    assert command("--name", "sbc-7")[0] == 0
