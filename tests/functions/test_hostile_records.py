"""The audit trail, the closing report, and the explanations under attack."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.functions.corrections_bench import correct
from tests.functions.desk_bench import act, ask, read
from tests.functions.links_bench import token_of, waiting
from tests.functions.moves_bench import approve
from tests.functions.rerate_bench import charged
from tests.functions.usage_bench import call_at
from tests.harness.till import Till
from tests.harness.world import UNCOVERED, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

INTERNAL = "they look like fraudsters"
CREATED = 3
"""The changes of the account of a world."""


def activity(world: World) -> list[dict[str, Any]]:
    """Every change as the customer sees it."""
    return [item for page in world.pages("/activity", limit=3) for item in page["items"]]


# --- What customers see -----------------------------------------------------------------------------------------------


def test_customers_read_no_note_that_staff_wrote_for_themselves(till: Till) -> None:
    world = till.world
    charged(world)
    till.set_rule(till.card())
    off = {"enabled": False, "reason": INTERNAL}
    assert world.desk("PUT", "/accounts/acct_1/auto-recharge", off).status == 200
    correct(world, 60, reason=INTERNAL)
    assert act(world, "/exports", {"reason": INTERNAL}).status == 201
    assert act(world, "/close", {"reason": INTERNAL}).status == 200
    shown = activity(world)
    assert {"rule_changed", "call_corrected", "account_exported", "account_closed"} <= {one["action"] for one in shown}
    assert INTERNAL not in json.dumps(shown)
    assert json.dumps(read(world, "/acct_1/activity", limit=200)).count(INTERNAL) == 4


def test_customers_see_no_person_address_or_id_of_the_phone_company(world: World) -> None:
    world.desk("PUT", "/accounts/acct_1", {"frozen": True}, group="support")
    world.desk("PUT", "/accounts/acct_1/users/user_1", {"name": "Lin"})
    world.desk("POST", "/accounts/acct_1/adjustments", {"amount": "1.00", "reason": "Thanks"}, key="k")
    act(world, "/links/withdraw", {})
    act(world, "/close", {"reason": "x"})
    text = json.dumps([activity(world), world.get("/statement").body, world.get("/balance").body])
    assert [word for word in ("staff-1", "femi", "203.0.113.7", "3n4example") if word in text] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/accounts/acct_1", {"name": "Shop"}),
        ("PUT", "/accounts/acct_1", {"billing_emails": ["a@example.com"]}),
        ("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "9.00"}}),
        ("PUT", "/accounts/acct_1", {"frozen": True}),
        ("PUT", "/accounts/acct_1/limits", {"daily_spend": "9.00"}),
        ("PUT", "/accounts/acct_1/users/user_1", {"name": "Lin"}),
        ("PUT", "/accounts/acct_1/users/user_9", {"name": "Lin"}),
        ("PUT", "/accounts/acct_1/lines/line_1", {"international_calling": False}),
        ("PUT", "/accounts/acct_1/lines/line_1", {"number": "+14155550177"}),
        ("POST", "/accounts/acct_1/adjustments", {"amount": "1.00", "reason": "x"}),
    ],
    ids=str,
)
def test_a_write_of_staff_is_one_change_with_person_address_and_values(
    world: World, method: str, path: str, body: dict[str, Any]
) -> None:
    world.clock.now += timedelta(seconds=1)
    for _ in range(2):
        assert world.desk(method, path, body, key="k").status in (200, 201)
    [change] = [item for item in world.changes() if item["at"] == "2026-11-23T12:00:01.000Z"]
    assert (change["by"], change["by_name"], change["from"]) == ("staff:staff-1", "femi@phone.example", "203.0.113.7")
    assert change.get("old") != change["new"]
    assert set(change.get("old") or ()) <= set(change["new"])


def test_a_refused_write_is_no_change(world: World) -> None:
    for method, path, body in (
        ("PUT", "/accounts/acct_1", {"name": "Shop", "time_zone": "Mars/Olympus"}),
        ("PUT", "/accounts/acct_1/lines/line_1", {"user_id": "nobody"}),
        ("PUT", "/accounts/acct_9/users/u", {"name": "Lin"}),
        ("POST", "/accounts/acct_1/adjustments", {"amount": "0.00", "reason": "x"}),
    ):
        assert world.desk(method, path, body, key="k").status in (404, 422)
    world.change("/limits", {"daily_spend": "500.00"})
    world.change("/lines/line_9", {"international_calling": True})
    assert len(world.changes()) == CREATED


def test_no_link_token_or_secret_is_in_the_activity_or_an_export(till: Till) -> None:
    world = till.world
    token = token_of(waiting(till))
    act(world, "/links/withdraw", {})
    answer = act(world, "/exports", {"reason": "Asked for"})
    everything = json.dumps([read(world, "/acct_1/activity", limit=200), activity(world)])
    for secret in (token, token[:20], "client_secret", "_secret_", "X-Amz-Signature", answer.body["url"][:60]):
        assert secret not in everything
    assert till.visit(token, "POST").status == 404


# --- Closing ----------------------------------------------------------------------------------------------------------


def test_the_report_names_who_closed_the_account_last(world: World) -> None:
    act(world, "/close", {"reason": "Moved away"})
    world.clock.now += timedelta(hours=1)
    world.operate("PUT", "/accounts/acct_1", {"status": "open"})
    opened = read(world, "/acct_1/close")
    assert (opened["closed_at"], opened["closed_by"], opened["reason"]) == (None, None, None)
    assert "closed_at" not in world.of_kind("ACCOUNT")[0]
    world.clock.now += timedelta(hours=1)
    for _ in range(2):
        world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
        world.clock.now += timedelta(minutes=1)
    shown = read(world, "/acct_1/close")
    assert (shown["closed_at"], shown["closed_by"], shown["reason"]) == (
        "2026-11-23T14:00:00.000Z",
        "client:3n4exampleoperator",
        None,
    )
    assert read(world, "/acct_1")["closed_at"] == "2026-11-23T14:00:00.000Z"


def test_an_account_that_begins_closed_names_who_closed_it(world: World) -> None:
    assert world.operate("PUT", "/accounts/acct_2", {"time_zone": "UTC", "status": "closed"}).status == 201
    assert read(world, "/acct_2/close")["closed_at"] == "2026-11-23T12:00:00.000Z"


def test_an_account_with_calls_debts_and_requests_can_be_closed(till: Till) -> None:
    world = till.world
    world.adjust("5.00", "k_1")
    assert world.authorize("c_1").body["decision"] == "allow"
    world.adjust("-20.00", "k_2")
    body = {"amount": "150.00", "reason": "Outage"}
    asked = world.desk("POST", "/accounts/acct_1/adjustments", body, key="k_3")
    assert asked.status == 202
    report = act(world, "/close", {"reason": "Moved", "balance": "-15.00"}).body
    assert (report["status"], report["balance"], report["calls_in_progress"]) == ("closed", "-15.00", 1)
    assert approve(world, asked.body["id"]).code == "account_closed"
    assert world.authorize("c_2").body["reason"] == "account_closed"
    world.deliver({"started_at": "2026-11-23T12:00:00Z", "answered_at": None, "ended_at": "2026-11-23T12:02:05Z"})
    assert world.balance() == -15_300_000, "a call that happened is charged"
    report = read(world, "/acct_1/close")
    assert (report["balance"], report["held"], report["calls_in_progress"]) == ("-15.30", "0.00", 0)


def test_a_waiting_payment_stops_the_closing_and_its_link_stops(till: Till) -> None:
    token = token_of(waiting(till))
    assert act(till.world, "/close", {"reason": "Moved"}).code == "payments_in_flight"
    till.world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    till.sweep(minutes=2)
    assert act(till.world, "/close", {"reason": "Moved"}).status == 200
    assert "Confirm payment" not in till.visit(token).text
    before = till.everything()
    till.visit(token, "POST")
    assert till.everything() == before


# --- Explanations -----------------------------------------------------------------------------------------------------


def test_two_calls_in_the_hour_that_occurs_twice_show_their_offsets(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"time_zone": "America/New_York"})
    world.deliver(
        call_at("c_1", "2026-11-01T05:30"), call_at("c_2", "2026-11-01T06:30"), call_at("c_3", "2026-11-01T07:30")
    )
    told = [read(world, f"/acct_1/calls/{key}")["sentence"] for key in ("c_1", "c_2", "c_3")]
    assert "at 01:30:00 (America/New_York, UTC-04:00)" in told[0]
    assert "at 01:30:00 (America/New_York, UTC-05:00)" in told[1]
    assert "at 02:30:00 (America/New_York)" in told[2]


@pytest.mark.parametrize("call_id", ["a b/c", "h_x", "x" * 255, "ünïcode", "c#1", "+44~20", "-c", "../..", "c%2F1"])
def test_a_call_with_an_unusual_id_is_explained_by_its_key(world: World, call_id: str) -> None:
    assert world.deliver({"call_id": call_id}) == []
    [row] = read(world, "/acct_1/usage/outbound_international_call")["items"]
    shown = read(world, f"/acct_1/calls/{row['call_key']}")
    assert (shown["outcome"], shown["price"]) == ("charged", "0.30")


def test_two_attempts_with_one_id_are_explained_by_the_charged_one(world: World) -> None:
    world.adjust("10.00", "k_1")
    assert world.authorize("c_1").body["decision"] == "allow"
    unanswered = {"disposition": "busy", "duration_seconds": 0, "answered_at": None}
    times = {"started_at": "2026-11-23T12:00:00Z", "ended_at": "2026-11-23T12:00:10Z"}
    world.clock.now += timedelta(seconds=30)
    assert world.deliver({**unanswered, **times}) == []
    assert read(world, "/acct_1/calls/c_1")["outcome"] == "unanswered"
    assert world.authorize("c_1").body["decision"] == "allow"
    assert read(world, "/acct_1/calls/c_1")["outcome"] == "in_progress"
    world.clock.now += timedelta(minutes=5)
    answered = {"started_at": "2026-11-23T12:00:40Z", "answered_at": None, "ended_at": "2026-11-23T12:02:45Z"}
    assert world.deliver(answered) == []
    shown = read(world, "/acct_1/calls/c_1")
    assert (shown["outcome"], shown["price"], len(shown["entries"])) == ("charged", "0.30", 1)


@pytest.mark.parametrize("at", ["2026-11-23T10:00:00%2B14:00", "1970-01-01T00:00:00Z", "9998-12-31T23:59:59Z"])
def test_a_call_is_not_found_at_a_time_far_away(world: World, at: str) -> None:
    charged(world)
    answer = ask(world, "GET", f"/operator/accounts/acct_1/calls/c_1?at={at}")
    assert (answer.status, answer.code) == (404, "unknown_call")


def test_a_flood_of_refused_calls_lists_two_hundred_of_a_day(world: World) -> None:
    for number in range(203):
        world.authorize(f"c_{number}", UNCOVERED)
    listed = [item for page in world.pages("/denied-calls", limit=200) for item in page["items"]]
    assert len(listed) == len(world.of_kind("DENIED")) == 200
    body = world.get("/denied-calls", limit=1).body
    assert body["not_listed"] == [{"date": "2026-11-23", "calls": 3}]
    world.stack.forget()
    world.authorize("c_203", UNCOVERED)
    assert world.get("/denied-calls", limit=1).body["not_listed"][0]["calls"] == 4, "by another process, too"
