"""`make index-accounts` indexes the accounts of earlier releases, continues where it stopped, and repeats nothing."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from calling_credit.accounts.find import find_accounts
from calling_credit.accounts.indexing import Indexer, Position
from calling_credit.accounts.number_resolver import NumberResolver
from calling_credit.dynamodb.attributes import to_attributes
from ops import index_accounts
from ops.stack import FoundStack
from tests.harness.releases import RELEASES, cases_of
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb

LEAD = timedelta(seconds=120)
NUMBER = "+14155550100"
V1 = RELEASES[0]
TABLE = "calling-credit-test"


@pytest.fixture
def old(world: World) -> World:
    """A table as version 1.0.0 left it: acct_a … acct_e, each with an own line and user, the last two with one number
    on both of their lines.
    """
    empty(world)
    for letter, number in (("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 4)):
        put_account(world, f"acct_{letter}", f"+1415555010{number}")
    return world


def empty(world: World) -> None:
    """Delete every item."""
    for item in world.stack.items():
        key: Any = {name: {"S": item[name]} for name in ("PK", "SK")}
        world.stack.dynamodb.delete_item(TableName=world.stack.table_name, Key=key)


def put_account(world: World, account_id: str, number: str) -> None:
    """Store an account with a balance, a line, and a user as version 1.0.0 wrote them."""
    from calling_credit.dynamodb.sweep_keys import account_sweep_keys  # noqa: PLC0415

    changes: dict[str, dict[str, str]] = {"line": {"number": number}, "user": {}, "account": {}, "balance": {}}
    changes["account"] = account_sweep_keys(account_id)
    for kind, attributes in changes.items():
        cases = cases_of(V1 / f"{kind}.json")
        item = cases.get("closed") or next(iter(cases.values()))
        own = {name: {"S": value} for name, value in {"PK": f"ACCOUNT#{account_id}", **attributes}.items()}
        world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=item | own)


def run(world: World, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the command."""
    found = FoundStack("staging", False, {"TableName": world.stack.table_name}, boto3.Session(), None)
    monkeypatch.setattr(index_accounts, "find_stack", lambda: found)
    monkeypatch.setattr(sys, "argv", ["make", "--yes"])
    return index_accounts.main()


def resolved(world: World, number: str) -> str:
    """The account of a number, or why it names none."""
    now = datetime.now(UTC)
    question = (number, (now + timedelta(seconds=30)).isoformat(timespec="milliseconds")[:23] + "Z")
    found = NumberResolver(world.stack.dynamodb, world.stack.table_name, LEAD).resolve({question}, now)[question]
    return str(found) if isinstance(found, str) else found.holder.line.account_id


def test_accounts_of_the_first_release_are_found_after_the_index(old: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_accounts(old.stack.dynamodb, old.stack.table_name, "+14155550101").items == ()
    assert run(old, monkeypatch) == 0
    assert [resolved(old, f"+1415555010{number}") for number in (1, 2, 3, 4, 5)] == [
        "acct_a",
        "acct_b",
        "acct_c",
        "number_ambiguous",
        "unknown_number",
    ]
    user = next(iter(cases_of(V1 / "user.json").values()))["name"]["S"]
    for text, kind in (("a@example.com", "email"), (user, "user_name")):
        found = find_accounts(old.stack.dynamodb, old.stack.table_name, text)
        assert [(one.account_id, one.kind) for one in found.items] == [
            (f"acct_{letter}", kind) for letter in "abcde"
        ], text


def test_numbers_of_two_accounts_are_listed_with_their_lines(
    old: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(old, monkeypatch)
    said = capsys.readouterr().out
    line = next(iter(cases_of(V1 / "line.json").values()))["SK"]["S"].partition("#")[2]
    assert f"US…04: acct_d {line}, acct_e {line}" in said or f"US…04: acct_e {line}, acct_d {line}" in said
    assert "5  accounts checked" in said
    assert "+14155550104" not in said


def test_a_repetition_changes_nothing(old: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run(old, monkeypatch)
    before = old.stack.items()
    assert run(old, monkeypatch) == 0
    assert old.stack.items() == before


def test_the_index_changes_no_item_of_an_account(old: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = old.stack.items()
    run(old, monkeypatch)
    assert [item for item in old.stack.items() if item["PK"].startswith("ACCOUNT#")] == before


def test_a_stopped_run_continues_after_the_last_finished_group(
    old: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(index_accounts, "CHUNK", 1)
    monkeypatch.setattr(index_accounts, "WORKERS", 1)
    done: list[str] = []
    unpatched: Callable[..., Any] = Indexer.index_account

    def stopping(indexer: Indexer, account_id: str, **more: Any) -> Any:
        if len(done) == 2 and "" not in done:
            raise KeyboardInterrupt
        done.append(account_id)
        return unpatched(indexer, account_id, **more)

    monkeypatch.setattr(Indexer, "index_account", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(old, monkeypatch)
    finished, done[:] = list(done), [""]
    monkeypatch.setattr(Indexer, "index_account", stopping)
    assert run(old, monkeypatch) == 0
    assert f"Continuing after {finished[-1]}." in capsys.readouterr().out
    assert sorted([*finished, *done[1:]]) == [f"acct_{letter}" for letter in "abcde"]
    assert Indexer(old.stack.dynamodb, old.stack.table_name, LEAD).position() == Position()


def test_an_ambiguous_number_belongs_to_the_last_line_that_keeps_it(
    old: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(old, monkeypatch)
    line = next(iter(cases_of(V1 / "line.json").values()))["SK"]["S"].partition("#")[2]
    old.clock.now = datetime.now(UTC)
    new = {"number": "+14155550104", "user_id": "user_1"}
    refused = old.operate("PUT", "/accounts/acct_a/lines/line_9", new)
    assert (refused.status, refused.code) == (409, "number_taken")
    assert old.operate("PUT", f"/accounts/acct_e/lines/{line}", {"international_calling": False}).status == 200
    assert resolved(old, "+14155550104") == "number_ambiguous"
    assert old.operate("PUT", f"/accounts/acct_e/lines/{line}", {"number": "+14155550177"}).status == 200
    assert resolved(old, "+14155550104") == "acct_d"
    assert run(old, monkeypatch) == 0
    assert resolved(old, "+14155550104") == "acct_d"


def test_a_number_that_only_an_interrupted_run_marked_is_given_to_its_line(
    old: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexer = Indexer(old.stack.dynamodb, old.stack.table_name, LEAD)
    indexer.index_account("acct_d", datetime.now(UTC), {"+14155550104"})
    assert resolved(old, "+14155550104") == "number_ambiguous"
    line = next(iter(cases_of(V1 / "line.json").values()))["SK"]["S"].partition("#")[2]
    assert old.operate("PUT", f"/accounts/acct_e/lines/{line}", {"number": "+14155550177"}).status == 200
    run(old, monkeypatch)
    assert resolved(old, "+14155550104") == "acct_d"


def test_a_move_decides_which_line_keeps_an_ambiguous_number(old: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run(old, monkeypatch)
    line = next(iter(cases_of(V1 / "line.json").values()))["SK"]["S"].partition("#")[2]
    old.clock.now = datetime.now(UTC)
    move = {"number": "+14155550104", "move_from": {"account_id": "acct_e", "line_id": line}}
    assert old.operate("PUT", f"/accounts/acct_d/lines/{line}", move).status == 200
    assert resolved(old, "+14155550104") == "acct_d"
    assert old.get("/lines", account="acct_e").body["items"] == []


def test_a_line_that_is_not_indexed_yet_moves_like_another(old: World) -> None:
    line = next(iter(cases_of(V1 / "line.json").values()))["SK"]["S"].partition("#")[2]
    old.clock.now = datetime.now(UTC)
    move = {"number": "+14155550101", "user_id": "user_1", "move_from": {"account_id": "acct_a", "line_id": line}}
    assert old.operate("PUT", "/accounts/acct_b/lines/line_9", move).status == 201
    assert resolved(old, "+14155550101") == "acct_a"
    [number] = [item for item in old.stack.items() if item["PK"] == "NUMBER#+14155550101"]
    assert [one["account_id"] for one in number["assignments"]] == ["acct_a", "acct_b"]


def test_a_live_change_during_the_index_is_never_overwritten(old: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between what the index reads and what it writes, the operator changes the line, the user, and the addresses."""
    line = next(iter(cases_of(V1 / "line.json").values()))["SK"]["S"].partition("#")[2]
    user = next(iter(cases_of(V1 / "user.json").values()))["SK"]["S"].partition("#")[2]
    old.clock.now = datetime.now(UTC)
    changes = iter(
        [
            ("/accounts/acct_a", {"billing_emails": ["new@example.com"]}),
            (f"/accounts/acct_a/users/{user}", {"name": "Grace Hopper"}),
            (f"/accounts/acct_a/lines/{line}", {"number": "+14155550199"}),
        ]
    )
    from calling_credit.dynamodb.transactions import transact as unpatched  # noqa: PLC0415

    def after_a_change(client: Any, actions: Any) -> Any:
        change = next(changes, None)
        if change is not None:
            assert old.operate("PUT", *change).status == 200
        return unpatched(client, actions)

    monkeypatch.setattr("calling_credit.accounts.indexing.transact", after_a_change)
    Indexer(old.stack.dynamodb, old.stack.table_name, LEAD).index_account("acct_a", datetime.now(UTC), set())
    items = old.stack.items()
    assert next(changes, None) is None
    assert [item["address"] for item in items if item["PK"].startswith("MAIL#")] == ["new@example.com"]
    assert {item["name"] for item in items if item["PK"].startswith("NAME#")} == {"Grace Hopper"}
    assert [item["PK"] for item in items if item["SK"] == "NUMBER"] == ["NUMBER#+14155550199"]


@pytest.mark.parametrize("sort_key", ["ACCOUNT", "LINE#", "USER#"])
def test_an_unreadable_account_keeps_no_other_off_the_index(
    old: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sort_key: str
) -> None:
    [item] = [one for one in old.stack.stored_items("acct_b") if one["SK"].startswith(sort_key)]
    key = to_attributes({"PK": item["PK"], "SK": item["SK"]})
    old.stack.dynamodb.put_item(TableName=TABLE, Item=key | to_attributes({"broken": True}))
    whole = to_attributes(item)
    if "sweep_pk" in whole:
        listed = {"sweep_pk": whole["sweep_pk"], "sweep_sk": whole["sweep_sk"]}
        old.stack.dynamodb.put_item(TableName=TABLE, Item=key | listed)
    assert run(old, monkeypatch) == 1
    assert "acct_b: a record cannot be read" in capsys.readouterr().out
    assert [resolved(old, f"+1415555010{number}") for number in (1, 3)] == ["acct_a", "acct_c"]
    old.stack.dynamodb.put_item(TableName=TABLE, Item=whole)
    assert run(old, monkeypatch) == 0
    assert resolved(old, "+14155550102") == "acct_b"
