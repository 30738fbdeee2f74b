"""Unreadable items are listed for operators, and a failure of the list stops no reader."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.schema import SCHEMA
from calling_credit.dynamodb.unreadable import unreadable
from calling_credit.dynamodb.unreadable_keys import key_of_unreadable
from calling_credit.dynamodb.unreadable_store import MAX_LISTED, UNREADABLE_RETENTION, list_unreadable, read_unreadable
from ops import list_unrated
from ops.terminal import console
from tests.harness.table import Stack

pytestmark = pytest.mark.dynamodb
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def found(number: int) -> Any:
    """An unreadable hold."""
    return unreadable(to_attributes({"PK": "ACCOUNT#acct_1", "SK": f"HOLD#call-{number}"}), "deck")


def test_an_item_is_listed_once_with_its_first_and_last_time(stack: Stack) -> None:
    for hours in (0, 5):
        at = NOW + timedelta(hours=hours)
        assert list_unreadable(stack.dynamodb, stack.table_name, [found(1), found(1)], "rate_calls", at) == 1
    [item] = read_unreadable(stack.dynamodb, stack.table_name)
    assert key_of_unreadable(item.pop("SK")) == ("ACCOUNT#acct_1", "HOLD#call-1")
    assert item == {
        "PK": "UNREADABLE",
        "kind": "hold",
        "reason": "deck",
        "reader": "rate_calls",
        "first_seen_at": "2026-11-29T12:00:00.000Z",
        "last_seen_at": "2026-11-29T17:00:00.000Z",
        "times": 2,
        "schema": SCHEMA,
        "expires_at": int((NOW + timedelta(hours=5) + UNREADABLE_RETENTION).timestamp()),
    }


def test_a_run_lists_a_bounded_number_of_items(stack: Stack) -> None:
    items = [found(number) for number in range(MAX_LISTED + 5)]
    assert list_unreadable(stack.dynamodb, stack.table_name, items, "expire_holds", NOW) == MAX_LISTED


def test_a_table_that_refuses_stops_no_reader() -> None:
    class Refusing:
        def update_item(self, **_: Any) -> None:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")

    assert list_unreadable(Refusing(), "table", [found(1)], "rate_calls", NOW) == 0  # type: ignore[arg-type]


def test_the_command_lists_each_item_with_its_key(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    list_unreadable(stack.dynamodb, stack.table_name, [found(1), found(2)], "expire_holds", NOW)
    client = SimpleNamespace(client=lambda _: stack.dynamodb, table_name=stack.table_name)
    monkeypatch.setattr(list_unrated, "find_stack", lambda: client)
    monkeypatch.setattr("sys.argv", ["list_unrated", "--kind", "unreadable"])
    with console.capture() as shown:
        assert list_unrated.main() == 0
    text = " ".join(shown.get().split())
    assert "2 unreadable items." in text
    assert "runbook.md#unreadable-items" in text


def test_a_damaged_waiting_call_hides_no_row_of_the_list() -> None:
    listed = {"PK": "ACCOUNT#a", "SK": "UNRATED#2026-11-23T10:00:00.000Z#c", "to": "+33142685300"}
    table = list_unrated.table_of("unrated", [listed, listed | {"line_id": "l", "duration_seconds": 5}])
    assert list(table.columns[3].cells) == ["?", "l"]
