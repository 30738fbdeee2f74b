"""Staff close accounts, withdraw links, confirm suspicious calls, erase numbers, and change the operator's limits."""

from typing import Any

import pytest

from tests.functions.desk_bench import act, ask, read
from tests.harness.till import Till
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

LONG = {
    "duration_seconds": 43_201,
    "started_at": "2026-11-22T22:00:00.000Z",
    "answered_at": "2026-11-22T22:00:00.000Z",
    "ended_at": "2026-11-23T10:00:01.000Z",
}


def activity(world: World, action: str) -> list[dict[str, Any]]:
    """The recorded changes of an action, the newest first."""
    return [item for item in read(world, "/acct_1/activity")["items"] if item["action"] == action]


def test_an_account_is_closed_with_a_report_and_a_record(world: World) -> None:
    world.adjust("12.34", "k_0")
    before = read(world, "/acct_1/close")
    assert (before["status"], before["balance"], before["can_close"]) == ("open", "12.34", True)
    answer = act(world, "/close", {"reason": "Moved away", "balance": "12.34"})
    assert answer.status == 200, answer.text
    assert answer.body == before | {
        "status": "closed",
        "closed_at": "2026-11-23T12:00:00.000Z",
        "closed_by": "staff:staff-1",
        "reason": "Moved away",
        "can_close": False,
    }
    assert read(world, "/acct_1/close") == answer.body
    [change] = activity(world, "account_closed")
    assert (change["by"], change["from"]) == (
        {"kind": "staff", "name": "femi@phone.example", "id": "staff-1"},
        "203.0.113.7",
    )
    assert (change["old"], change["new"]["status"]) == ({"status": "open"}, "closed")
    page = read(world, "/acct_1")
    assert (page["status"], page["closed_at"]) == ("closed", "2026-11-23T12:00:00.000Z")
    assert world.authorize().body["reason"] == "account_closed"


def test_closing_again_changes_nothing(world: World) -> None:
    first = act(world, "/close", {"reason": "Moved away"})
    before = world.stack.items()
    again = act(world, "/close", {"reason": "Another", "balance": "99.00"}, key="k_2")
    assert (again.status, again.body) == (200, first.body)
    assert world.stack.items() == before


def test_an_account_whose_balance_moved_is_not_closed(world: World) -> None:
    before = world.stack.items()
    answer = act(world, "/close", {"reason": "Moved away", "balance": "0.01"})
    assert (answer.status, answer.code) == (409, "changed_meanwhile")
    assert answer.body["current"]["balance"] == "0.00"
    assert world.stack.items() == before


def test_an_account_with_a_payment_under_way_is_not_closed(till: Till) -> None:
    till.left_open()
    before = till.world.stack.items()
    [shown] = read(till.world, "/acct_1/close")["open_payments"]
    assert (shown["status"], shown["amount"]) == ("confirming", "25.00")
    answer = act(till.world, "/close", {"reason": "Moved away"})
    assert (answer.status, answer.code) == (409, "payments_in_flight")
    assert till.world.stack.items() == before


def test_closing_switches_the_rule_off_in_the_same_transaction(till: Till) -> None:
    till.world.adjust("100.00", "k_0")  # No recharge begins.
    till.set_rule(till.card())
    till.later(seconds=1)
    with till.world.recorded("keep_accounts") as requests:
        answer = act(till.world, "/close", {"reason": "Moved away"})
    assert (answer.status, answer.body["auto_recharge_enabled"]) == (200, False)
    assert [name for name, _ in requests].count("TransactWriteItems") == 1
    shown = read(till.world, "/acct_1")["auto_recharge"]
    assert (shown["enabled"], shown["switched_off"]["by"], shown["switched_off"]["reason"]) == (
        False,
        "staff:staff-1",
        "Moved away",
    )
    newest = read(till.world, "/acct_1/activity", limit=2)["items"]
    assert [change["action"] for change in newest] == ["rule_changed", "account_closed"]
    till.world.balance()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_field"),
        ({"reason": ""}, "invalid_field"),
        ({"reason": "x" * 201}, "invalid_field"),
        ({"reason": "Moved", "balance": 1}, "invalid_amount"),
        ({"reason": "Moved", "balance": "1e2"}, "invalid_amount"),
    ],
)
def test_a_wrong_closing_names_its_field(world: World, body: dict[str, Any], code: str) -> None:
    before = world.stack.items()
    answer = act(world, "/close", body)
    assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before


def test_a_suspicious_call_is_confirmed_and_counts_once(world: World) -> None:
    world.deliver(LONG)
    [balance] = world.of_kind("BALANCE")
    assert balance.get("calls_seen", 0) == 0
    answer = act(world, "/calls/c_1/confirm", {})
    assert answer.status == 200, answer.text
    assert answer.body == {
        "call_key": "c_1",
        "started_at": LONG["started_at"],
        "confirmed_at": "2026-11-23T12:00:00.000Z",
        "confirmed_by": "staff:staff-1",
        "counted_at": "2026-11-23T12:00:00.000Z",
    }
    [balance] = world.of_kind("BALANCE")
    assert balance["calls_seen"] == 1
    [listed] = world.of_kind("SUSPICIOUS")
    assert ("sweep_pk" in listed, listed["outcome"]) == (False, "confirmed")
    before = world.stack.items()
    assert act(world, "/calls/c_1/confirm", {}, key="k_2").body == answer.body
    assert world.stack.items() == before
    [change] = activity(world, "call_confirmed")
    assert (change["subject"], change["new"]) == ("call:c_1", {"started_at": LONG["started_at"], "counted": True})
    assert read(world, "/acct_1/calls/c_1")["suspicion"]["can_confirm"] is False


def test_a_call_that_counted_by_itself_is_confirmed_without_counting(world: World) -> None:
    world.deliver(LONG)
    [listed] = world.of_kind("SUSPICIOUS")
    key = {name: {"S": listed[name]} for name in ("PK", "SK")}
    world.stack.dynamodb.update_item(
        TableName=world.stack.table_name,
        Key=key,
        UpdateExpression="SET counted_at = :at",
        ExpressionAttributeValues={":at": {"S": "2026-11-23T11:59:00.000Z"}},
    )
    assert act(world, "/calls/c_1/confirm", {}).body["counted_at"] == "2026-11-23T11:59:00.000Z"
    [balance] = world.of_kind("BALANCE")
    assert balance.get("calls_seen", 0) == 0


def test_only_suspicious_calls_that_stand_are_confirmed(world: World) -> None:
    world.deliver({})
    assert act(world, "/calls/c_1/confirm", {}).code == "unknown_call"
    world.deliver(LONG | {"call_id": "c_2"})
    waive = {"started_at": LONG["started_at"], "waive": True, "reason": "Hung"}
    assert world.operate("POST", "/accounts/acct_1/calls/c_2/corrections", waive, key="k").status == 201
    before = world.stack.items()
    answer = act(world, "/calls/c_2/confirm", {})
    assert (answer.status, answer.code) == (409, "call_corrected")
    assert world.stack.items() == before


def test_an_erased_number_is_nowhere_in_the_account(world: World) -> None:
    world.deliver({}, {"call_id": "c_2"})
    answer = act(world, "/numbers/erase", {"number": UNITED_KINGDOM})
    command = f"make erase-number ACCOUNT=acct_1 NUMBER={UNITED_KINGDOM}"
    assert (answer.status, answer.body) == (200, {"number": "GB…50", "erased": 2, "lines": [], "archive": command})
    assert UNITED_KINGDOM not in str(world.stack.items("acct_1"))
    [change] = activity(world, "number_erased")
    assert (change["new"], change["by"]["name"]) == ({"number": "GB…50"}, "femi@phone.example")
    before = world.stack.items()
    assert act(world, "/numbers/erase", {"number": UNITED_KINGDOM}).body["erased"] == 0
    assert world.stack.items() == before


@pytest.mark.parametrize("number", [None, "", "911", "442071838750", "+44", 1, ["+442071838750"], "+44 20 7183 8750"])
def test_only_whole_numbers_are_erased(world: World, number: Any) -> None:
    answer = act(world, "/numbers/erase", {"number": number})
    assert (answer.status, answer.code) in ((422, "invalid_number"), (422, "missing_field"))


def test_links_are_withdrawn_by_support(world: World) -> None:
    answer = act(world, "/links/withdraw", {}, group="support")
    assert (answer.status, answer.body) == (200, {"withdrawn": 0})


def test_the_operators_limits_change_with_a_record(world: World) -> None:
    answer = ask(world, "PUT", "/operator/accounts/acct_1/limits", {"daily_spend": "50.00", "blocked": ["CU"]})
    assert answer.status == 200, answer.text
    assert (answer.body["operator"]["daily_spend"], answer.body["effective"]["blocked"]) == ("50.00", ["CU"])
    assert answer.body["own"] == {}
    assert read(world, "/acct_1")["limits"] == answer.body
    [change] = activity(world, "limits_changed")
    assert (change["old"], change["new"]) == (
        {"daily_spend": "200.00", "blocked": []},
        {"daily_spend": "50.00", "blocked": ["CU"]},
    )
    before = world.stack.items()
    again = ask(world, "PUT", "/operator/accounts/acct_1/limits", {"daily_spend": "50.00"})
    assert again.body == answer.body
    unchanged = [item for item in world.stack.items() if item["SK"] != "ACCOUNT"]
    assert unchanged == [item for item in before if item["SK"] != "ACCOUNT"]
    for body in ({"daily_spend": 5}, {"unknown": "1.00"}, {"simultaneous_calls": -1}, {"blocked": ["XX1"]}):
        assert ask(world, "PUT", "/operator/accounts/acct_1/limits", body).status == 422
