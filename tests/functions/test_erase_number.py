"""Erasing a person's number from the ledger moves no money."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.harness.actors import erase_number
from tests.harness.http import http_event
from tests.harness.table import Stack

pytestmark = pytest.mark.dynamodb
NUMBER = "+442071838750"


def delivery(number: str, call_id: str, started: datetime) -> dict[str, Any]:
    """One SQS record of an answered call of one minute."""
    body = {
        "version": "1",
        "call_id": call_id,
        "account_id": "acct_1",
        "line_id": "line_1",
        "user_id": "user_1",
        "direction": "outbound",
        "from": "+14155550100",
        "to": number,
        "started_at": started.isoformat(),
        "answered_at": started.isoformat(),
        "ended_at": (started + timedelta(seconds=60)).isoformat(),
        "duration_seconds": 60,
        "disposition": "answered",
    }
    return {"messageId": f"m_{call_id}", "attributes": {"SentTimestamp": "1"}, "body": json.dumps(body)}


def account_with_calls(stack: Stack) -> list[dict[str, Any]]:
    """An account with a call to the number, a call to another, and an unrated one; the messages of these calls."""
    stack.invoke("manage_accounts", http_event("manage_accounts", "PUT", "/accounts/acct_1", body={"time_zone": "UTC"}))
    started = datetime.now(UTC) - timedelta(hours=1)
    records = [
        delivery(NUMBER, "c_1", started),
        delivery("+442071838751", "c_2", started),
        delivery("+9990000000", "c_3", started),
    ]
    assert stack.invoke("rate_calls", {"Records": records}) == {"batchItemFailures": []}
    return records


def test_erasing_a_number_masks_it_and_moves_no_money(stack: Stack) -> None:
    account_with_calls(stack)
    before = {item["SK"]: item for item in stack.items("acct_1")}
    erased = list(erase_number(stack.dynamodb, stack.table_name, "acct_1", NUMBER))
    after = {item["SK"]: item for item in stack.items("acct_1")}
    assert len(erased) == 1
    assert NUMBER not in json.dumps(list(after.values()))
    assert after[erased[0]] == before[erased[0]] | {"to": "GB…50", "facts_hash": "erased"}
    [recorded] = set(after) - set(before)
    assert (after[recorded]["action"], after[recorded]["by"]) == ("number_erased", "client:ops")
    assert after[recorded]["new"] == {"number": "GB…50"}
    unchanged = {key: item for key, item in before.items() if key not in erased}
    assert {key: item for key, item in after.items() if key not in (*erased, recorded)} == unchanged


def test_erasing_twice_changes_nothing_further(stack: Stack) -> None:
    account_with_calls(stack)
    list(erase_number(stack.dynamodb, stack.table_name, "acct_1", NUMBER))
    assert list(erase_number(stack.dynamodb, stack.table_name, "acct_1", NUMBER)) == []


def test_the_calling_number_of_an_unrated_call_is_erased_too(stack: Stack) -> None:
    account_with_calls(stack)
    [erased] = erase_number(stack.dynamodb, stack.table_name, "acct_1", "+14155550100")
    assert erased.startswith("UNRATED#")


def test_a_call_delivered_again_after_erasure_is_a_conflict_not_a_charge(stack: Stack) -> None:
    records = account_with_calls(stack)
    list(erase_number(stack.dynamodb, stack.table_name, "acct_1", NUMBER))
    before = stack.items("acct_1")
    answer = stack.invoke("rate_calls", {"Records": records[:1]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m_c_1"}]}
    assert stack.items("acct_1") == before
