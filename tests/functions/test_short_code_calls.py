"""Emergency calls are always allowed and free. Other short codes and included calls need an open account, and a short
code costs what its price list says.
"""

from typing import Any

import boto3
import pytest

from tests.domain.examples import deck_csv
from tests.functions.holds_bench import balances, credit, denied, hold
from tests.functions.short_codes_bench import BUCKET, PRICES, publish_short_codes
from tests.harness.http import http_event
from tests.harness.wire import wired
from tests.harness.world import INCLUDED, UNITED_KINGDOM, World

__all__ = ["credit"]

pytestmark = pytest.mark.dynamodb

EMERGENCY_FORMS = ("911", "112", "988", "000", "+911", "+112", "+988", "+1911", "+1112", "+1988", "+44999")


def charges(world: World) -> list[dict[str, Any]]:
    """The entries of calls."""
    return [entry for entry in world.entries() if "to" in entry]


# --- Emergency calls --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", EMERGENCY_FORMS)
@pytest.mark.parametrize(
    "rest",
    [
        {},
        {"call_id": "c 1", "account_id": None, "line_id": 7, "requested_seconds": "long"},
        {"call_id": "c_1", "account_id": "acct_none", "line_id": "\u0661", "requested_seconds": -1},
        {"call_id": "c_1", "account_id": "acct_1", "line_id": "line_1", "requested_seconds": 600},
    ],
)
def test_an_emergency_call_is_allowed_in_any_request(world: World, number: str, rest: dict[str, Any]) -> None:
    world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    event = http_event("authorize_call", "POST", "/calls/authorize", body={"to": number, **rest})
    answer = world.invoke("authorize_call", event)
    assert (answer.status, answer.body) == (
        200,
        {"decision": "allow", "reason": None, "max_seconds": 600, "rate_per_minute": None, "held": "0.00"},
    )


def test_an_emergency_call_needs_neither_table_nor_deck(world: World) -> None:
    boto3.client("s3").delete_object(Bucket=BUCKET, Key="active.json")
    world.stack.forget()
    with wired(world.stack) as wire:
        for number in EMERGENCY_FORMS:
            assert world.authorize(to=number).body["decision"] == "allow"
        assert wire.sent == []


@pytest.mark.parametrize("number", EMERGENCY_FORMS)
def test_an_emergency_call_costs_nothing(world: World, number: str) -> None:
    publish_short_codes(world)
    world.stack.publish(deck_csv({"prefix": "1"}, {"prefix": "9"}, {"prefix": "44"}), "deck-2")
    assert world.deliver({"to": number}) == []
    assert (charges(world), world.of_kind("UNRATED"), world.balance()) == ([], [], 5_000_000)


# --- Free calls -------------------------------------------------------------------------------------------------------


def test_an_included_call_is_allowed_without_credit_or_line(world: World) -> None:
    world.adjust("-5.00", "taken")
    answer = world.authorize(to=INCLUDED, line_id="line_nobody")
    assert (answer.body["decision"], answer.body["held"], world.of_kind("HOLD")) == ("allow", "0.00", [])


@pytest.mark.parametrize("number", [INCLUDED, "411", "611", "12345", "00"])
def test_a_free_call_is_denied_only_because_of_its_account(world: World, number: str) -> None:
    world.adjust("-5.00", "taken")
    world.operate("PUT", "/accounts/acct_1", {"limits": {"simultaneous_calls": 0, "blocked": ["US", "CH"]}})
    assert world.authorize(to=number, line_id="line_nobody").body["max_seconds"] == 600
    assert denied(world.authorize(to=number, account_id="acct_nobody")) == "unknown_account"
    world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    assert denied(world.authorize(to=number)) == "account_frozen"
    world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert denied(world.authorize(to=number)) == "account_closed"
    assert world.of_kind("HOLD") == []


def test_a_short_code_is_never_priced_by_the_deck(world: World) -> None:
    world.stack.publish(deck_csv({"prefix": "41", "country": "CH", "rate_per_minute": "9.00"}), "deck-2")
    answer = world.authorize(to="411")
    assert (answer.body["decision"], answer.body["rate_per_minute"], answer.body["held"]) == ("allow", None, "0.00")
    assert world.deliver({"to": "411"}) == []
    assert charges(world) == []


def test_an_incomplete_number_of_north_america_is_not_included(world: World) -> None:
    assert denied(world.authorize(to=INCLUDED[:-1])) == "destination_unrated"
    assert denied(world.authorize(to=f"{INCLUDED}0")) == "destination_unrated"


def test_a_trunk_zero_is_no_part_of_the_number(world: World) -> None:
    world.authorize(to="+4402071838750")
    assert hold(world)["to"] == UNITED_KINGDOM
    assert world.authorize().body["held"] == "1.00"
    assert balances(world)[1] == "1.00"


# --- Priced short codes -----------------------------------------------------------------------------------------------


def test_a_priced_short_code_is_held_and_charged_at_the_same_price(world: World) -> None:
    publish_short_codes(world)
    answer = world.authorize(to="411", seconds=120)
    assert (answer.body["rate_per_minute"], answer.body["held"]) == ("0.10", "1.70")
    assert world.deliver({"to": "411", "duration_seconds": 120, "ended_at": "2026-11-23T10:02:04.000Z"}) == []
    assert balances(world) == ("3.30", "0.00", "3.30")
    [entry] = charges(world)
    assert (entry["category"], entry["destination"]) == ("outbound_short_code_call", "Directory assistance")
    [category] = world.get("/usage").body["categories"]
    assert (category["label"], category["total"]) == ("Outbound Short Code Call", "1.70")


def test_a_priced_short_code_without_a_hold_is_charged_by_the_same_row(world: World) -> None:
    publish_short_codes(world)
    world.deliver({"to": "411", "duration_seconds": 120, "ended_at": "2026-11-23T10:02:04.000Z"})
    assert world.balance() == 3_300_000


def test_a_priced_short_code_needs_credit_and_a_known_line(world: World) -> None:
    publish_short_codes(world)
    assert denied(world.authorize(to="411", line_id="line_nobody")) == "unknown_line"
    world.change("/lines/line_1", {"international_calling": False})
    world.operate("PUT", "/accounts/acct_1", {"limits": {"high_cost": "0.10", "blocked": ["US", "CH"]}})
    assert world.authorize("c_2", "411").body["held"] == "2.50"
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "3.00"}})
    assert denied(world.authorize("c_3", "411")) == "daily_spend_limit"
    world.adjust("-2.00", "taken")
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": None}})
    assert denied(world.authorize("c_4", "411")) == "insufficient_credit"
    assert world.authorize("c_5", "611", line_id="line_nobody").body["decision"] == "allow"


def test_the_day_counts_what_short_codes_cost(world: World) -> None:
    publish_short_codes(world)
    world.deliver({"to": "411", "duration_seconds": 120, "ended_at": "2026-11-23T10:02:04.000Z"})
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "1.75"}})
    assert denied(world.authorize()) == "daily_spend_limit"


def test_a_withdrawn_price_leaves_the_code_free_and_the_hold_priced(world: World) -> None:
    publish_short_codes(world)
    world.authorize(to="411", seconds=60)
    publish_short_codes(world, PRICES.splitlines()[0])
    assert world.authorize("c_2", "411").body["held"] == "0.00"
    world.deliver({"to": "411", "duration_seconds": 60, "ended_at": "2026-11-23T10:01:04.000Z"})
    assert balances(world) == ("3.40", "0.00", "3.40")


def test_a_list_prices_only_calls_that_begin_after_it_is_in_force(world: World) -> None:
    event = {"call_id": "x1", "to": "411"}
    assert world.authorize(to="411", call_id="x2").body["held"] == "0.00"
    assert world.deliver(event) == []
    publish_short_codes(world, since="2026-11-23T11:00:00.000Z")
    assert world.deliver(event, {"call_id": "x2", "to": "411"}) == []
    assert charges(world) == [], "both calls began at 10:00, when 411 was free"
    publish_short_codes(world, PRICES.replace(b"1.50", b"9.00"), since="2026-11-23T11:30:00.000Z")
    times = {
        name: f"2026-11-23T11:0{at}:00.000Z" for at, name in enumerate(("started_at", "answered_at", "ended_at"), 5)
    }
    assert world.deliver({"call_id": "x3", "to": "411", "duration_seconds": 60, **times}) == []
    [entry] = charges(world)
    assert entry["amount_micros"] == -1_600_000
