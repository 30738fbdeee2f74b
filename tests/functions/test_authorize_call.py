"""The switch authorizes a call before it connects it: the decision, the hold, and the refusals."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.ids import call_key
from calling_credit.ledger.hold_items import hold_from_item, hold_item
from calling_credit.ledger.holds import Hold, HoldStatus
from calling_credit.rates.deck_cells import MAX_DESTINATION_BYTES
from tests.benchmarks.capacity import item_bytes
from tests.domain.admission_examples import row
from tests.functions.holds_bench import balances, credit, denied, hold
from tests.harness.http import http_event
from tests.harness.table import sample_event
from tests.harness.world import JAPAN, PREMIUM, UNCOVERED, UNITED_KINGDOM, World

__all__ = ["credit"]

pytestmark = pytest.mark.dynamodb


HELD = 1_000_000
"""The price of ten minutes to the United Kingdom in the small deck, in micros."""


# --- The sample -------------------------------------------------------------------------------------------------------


def test_the_sample_request_is_allowed_and_its_price_is_held(world: World) -> None:
    world.create_account("acct_meridian")
    line = {"number": "+12125550100", "user_id": "user_1", "international_calling": True}
    world.operate("PUT", "/accounts/acct_meridian/lines/line_lobby", line)
    world.adjust("5.00", "key", "acct_meridian")
    answer = world.invoke("authorize_call", sample_event("authorize_call"))
    assert (answer.status, answer.body) == (
        200,
        {"decision": "allow", "reason": None, "max_seconds": 600, "rate_per_minute": "0.10", "held": "1.00"},
    )
    assert world.balance("acct_meridian") == 5_000_000


# --- One call ---------------------------------------------------------------------------------------------------------


def test_a_hold_stores_the_credit_and_the_price_of_its_call(world: World) -> None:
    answer = world.authorize()
    assert answer.body["held"] == "1.00"
    assert balances(world) == ("5.00", "1.00", "4.00")
    item = hold(world)
    assert item.pop("sweep_pk").startswith("HOLD#")
    assert item == {
        "PK": "ACCOUNT#acct_1",
        "SK": "HOLD#c_1",
        "status": HoldStatus.LIVE,
        "amount_micros": HELD,
        "max_seconds": 600,
        "line_id": "line_1",
        "to": UNITED_KINGDOM,
        "dialled_from": "US",
        "deck": "deck-1",
        "authorized_at": "2026-11-23T12:00:00.000Z",
        "asked_at": "2026-11-23T12:00:00.000Z",
        "asked_seconds": 600,
        "prefix": "44",
        "destination": "United Kingdom",
        "country": "GB",
        "origin": "*",
        "rate_micros_per_minute": 100_000,
        "connection_fee_micros": 0,
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "effective_from": "2020-01-01T00:00:00.000Z",
        "category": "outbound_international_call",
        "sweep_sk": "2026-11-23T12:27:00.000Z#acct_1#c_1",
    }


def test_allowing_a_call_takes_three_requests_and_denying_takes_two(world: World) -> None:
    with world.recorded("authorize_call") as requests:
        world.authorize()
    assert [name for name, _ in requests] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    assert len(requests[2][1]["TransactItems"]) == 2
    with world.recorded("authorize_call") as requests:
        assert denied(world.authorize("c_2", UNCOVERED)) == "destination_unrated"
    assert [name for name, _ in requests] == ["BatchGetItem", "TransactWriteItems"]


def test_the_largest_hold_is_one_write_unit() -> None:
    price = row(
        prefix="4" * 15,
        destination="x" * MAX_DESTINATION_BYTES,
        rate_micros_per_minute=100_000_000,
        connection_fee_micros=100_000_000,
        minimum_seconds=3600,
        increment_seconds=3600,
        category="c" * 40,
    )
    at = "2026-11-23T12:00:00.000Z"
    names = ("a" * 64, "c" * 96, "c" * 96, "l" * 64, "+" + "4" * 15, "US")
    largest = Hold(*names, HoldStatus.LIVE, 10**15, 86_400, "v" * 60, price, at, at, 86_400, "insufficient_credit")
    assert item_bytes(hold_item(largest)) <= 1024
    assert hold_from_item(hold_item(largest)) == largest
    counted = {"counted": "LUCY", "counted_on": "2026-11-23", "user_id": "u" * 64, "young_micros": 10**15}
    with_budgets = replace(largest, **counted, repeated_at=at)  # type: ignore[arg-type]
    item = hold_item(with_budgets) | {"repeated_at": {"S": at}}
    assert item_bytes(item) <= 1024
    assert hold_from_item(item) == with_budgets
    unusual = replace(largest, call_key=call_key("\U0001f3a7" * 255), call_id="\U0001f3a7" * 255)
    assert "call_id" not in hold_item(unusual)
    assert item_bytes(hold_item(unusual)) <= 1024


def test_an_unusual_call_id_is_kept_on_its_hold(world: World) -> None:
    assert world.authorize("[2001:db8::1] ~/{}").body["decision"] == "allow"
    item = hold(world, call_key("[2001:db8::1] ~/{}"))
    assert item["call_id"] == "[2001:db8::1] ~/{}"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"account_id": "acct_nobody"}, "unknown_account"),
        ({"line_id": "line_nobody"}, "unknown_line"),
        ({"to": UNCOVERED}, "destination_unrated"),
        ({"to": PREMIUM}, "high_cost_destination"),
    ],
)
def test_a_refused_call_holds_nothing(world: World, changes: dict[str, Any], reason: str) -> None:
    assert denied(world.authorize(**changes)) == reason
    assert (world.of_kind("HOLD"), world.balance()) == ([], 5_000_000)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"status": "closed"}, "account_closed"),
        ({"frozen": True}, "account_frozen"),
        ({"limits": {"blocked": ["GB"]}}, "destination_blocked"),
        ({"limits": {"high_cost": "0.09"}}, "high_cost_destination"),
        ({"limits": {"simultaneous_calls": 0}}, "simultaneous_calls_limit"),
        ({"limits": {"call_price": "0.09"}}, "call_price_limit"),
        ({"limits": {"daily_spend": "0.09"}}, "daily_spend_limit"),
    ],
)
def test_an_operators_setting_applies_at_once(world: World, settings: dict[str, Any], reason: str) -> None:
    assert world.operate("PUT", "/accounts/acct_1", settings).status == 200
    assert denied(world.authorize()) == reason


def test_a_line_that_may_not_call_abroad_is_refused(world: World) -> None:
    world.change("/lines/line_1", {"international_calling": False})
    assert denied(world.authorize()) == "international_calling_off"


def test_a_call_may_last_as_long_as_the_credit_and_leaves_none(world: World) -> None:
    answer = world.authorize(seconds=86_400)
    assert (answer.body["max_seconds"], answer.body["held"]) == (3_000, "5.00")
    assert answer.body["limited_by"] == "insufficient_credit"
    assert balances(world) == ("5.00", "5.00", "0.00")
    assert denied(world.authorize("c_2")) == "insufficient_credit"


def test_the_cost_of_a_day_counts_in_the_accounts_own_day(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "1.00"}})
    world.deliver({})
    answer = world.authorize()
    assert (answer.body["max_seconds"], answer.body["limited_by"]) == (420, "daily_spend_limit")
    assert denied(world.authorize("c_2")) == "daily_spend_limit"
    world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Kiritimati"})
    assert world.authorize("c_3", seconds=60).body["decision"] == "allow"
    world.clock.now += timedelta(hours=26)
    world.stack.invoke("expire_holds", {})
    assert world.authorize("c_4").body["max_seconds"] == 600


# --- Refusals of requests ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["accounts/operate", "", None])
def test_only_the_switch_may_ask(world: World, scope: str | None) -> None:
    event = http_event("authorize_call", "POST", "/calls/authorize", body={}, claims={"scope": scope})
    answer = world.invoke("authorize_call", event)
    assert (answer.status, answer.code) == (403, "scope_required")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "malformed_json"),
        ({"call_id": "c_1"}, 422, "missing_field"),
        ({"call_id": "c\n1", "account_id": "a", "line_id": "l", "to": JAPAN}, 422, "invalid_id"),
        ({"call_id": "c_1", "account_id": "a b", "line_id": "l", "to": JAPAN}, 422, "invalid_id"),
        ({"call_id": "c_1", "account_id": "a", "line_id": "l", "to": "9111111"}, 422, "invalid_number"),
        (
            {"call_id": "c_1", "account_id": "a", "line_id": "l", "to": JAPAN, "requested_seconds": 0},
            422,
            "invalid_duration",
        ),
    ],
)
def test_an_invalid_request_is_refused(world: World, body: Any, status: int, code: str) -> None:
    answer = world.invoke("authorize_call", http_event("authorize_call", "POST", "/calls/authorize", body=body))
    assert (answer.status, answer.code) == (status, code)


def test_an_id_of_another_call_is_a_conflict(world: World) -> None:
    world.authorize()
    answer = world.authorize(to=JAPAN)
    assert (answer.status, answer.code) == (409, "call_id_reused")
    assert balances(world)[1] == "1.00"
