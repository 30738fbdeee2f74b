"""Calls become charges exactly once."""

import json
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.dynamodb import keys
from tests.domain.examples import EVENT, deck_csv
from tests.functions.calls_bench import CHARGE, UNANSWERED, calls, transactions
from tests.harness.queue import delivery, failures
from tests.harness.table import sample_event
from tests.harness.template import ROOT
from tests.harness.world import INCLUDED, JAPAN, MOBILE, PREMIUM, SHORT_CODE, UNCOVERED, UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb


# --- The sample -------------------------------------------------------------------------------------------------------


def test_the_sample_batch_is_posted_except_the_malformed_message(world: World) -> None:
    world.stack.publish((ROOT / "local" / "rates.csv").read_bytes(), "example")
    for account in ("acct_meridian", "acct_lakeside"):
        world.create_account(account, time_zone="America/New_York")
    event = sample_event("rate_calls")
    [malformed] = [record for record in event["Records"] if "to" not in json.loads(record["body"])]
    assert failures(world.stack.invoke("rate_calls", event)) == [malformed["messageId"]]
    assert [keys.id_of(entry["SK"]) for entry in world.entries("acct_meridian")] == ["c_9f2c1d7e", "c_0b6e44aa"]
    [charged] = world.entries("acct_lakeside")
    assert (charged["to"], charged["duration_seconds"], charged["deck"]) == ("+33142685300", 645, "example")
    assert world.balance("acct_meridian") < 0
    assert world.balance("acct_lakeside") < 0


# --- One call ---------------------------------------------------------------------------------------------------------


def test_a_call_becomes_one_entry_that_explains_its_price(world: World) -> None:
    assert world.deliver({}) == []
    [entry] = world.entries()
    assert entry == {
        "PK": "ACCOUNT#acct_1",
        "SK": "ENTRY#2026-11-23T10:00:00.000Z#c_1",
        "kind": "call_charged",
        "category": "outbound_international_call",
        "amount_micros": -CHARGE,
        "debit": "customer_credit",
        "credit": "call_revenue",
        "local_date": "2026-11-23",
        "recorded_at": "2026-11-23T12:00:00.000Z",
        "facts_hash": entry["facts_hash"],
        "facts_version": 2,
        "billed_seconds": 180,
        "line_id": "line_1",
        "user_id": "user_1",
        "to": UNITED_KINGDOM,
        "origin": "US",
        "destination": "United Kingdom",
        "country": "GB",
        "prefix": "44",
        "duration_seconds": 125,
        "rate_micros_per_minute": 100_000,
        "connection_fee_micros": 0,
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "deck": "deck-1",
        "correlation_id": "m_0",
    }
    assert world.balance() == -CHARGE


def test_the_balance_may_fall_below_zero_and_says_when_it_changed(world: World) -> None:
    world.adjust("0.10", "k_1")
    world.clock.now += timedelta(minutes=5)
    world.deliver({})
    assert world.balance() == 100_000 - CHARGE
    assert world.of_kind("BALANCE")[0]["updated_at"] == "2026-11-23T12:05:00.000Z"


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "inbound"},
        UNANSWERED,
        {"to": SHORT_CODE},
        {"to": INCLUDED},
        {"duration_seconds": 0, "ended_at": EVENT["answered_at"]},
    ],
    ids=["inbound", "unanswered", "short code", "included", "zero seconds"],
)
def test_a_call_that_costs_nothing_makes_no_entry(world: World, changes: dict[str, Any]) -> None:
    before = world.stack.items()
    assert world.deliver(changes) == []
    assert world.stack.items() == before


@pytest.mark.parametrize("cells", [{"rate_per_minute": "0"}, {"rate_per_minute": "0", "category": "included"}])
def test_a_price_of_zero_abroad_makes_an_entry_of_zero(world: World, cells: dict[str, str]) -> None:
    world.stack.publish(deck_csv(cells), "free")
    assert world.deliver({}) == []
    [entry] = world.entries()
    assert (entry["amount_micros"], entry["billed_seconds"], entry["deck"]) == (0, 180, "free")
    assert world.balance() == 0
    [category] = world.get("/usage").body["categories"]
    assert (category["calls"], category["total"]) == (1, "0.00")
    [row] = world.get(f"/usage/{category['category']}").body["items"]
    assert (row["price"], row["rate_per_minute"]) == ("0.00", "0.00")
    [line] = world.get("/statement").body["items"]
    assert (line["amount"], line["debit"], line["credit"]) == ("0.00", "customer_credit", "call_revenue")
    world.stack.publish(deck_csv({"rate_per_minute": "0.10"}), "dear")
    assert world.deliver({}) == []
    assert world.balance() == 0, "the entry of 0 recognizes its call"


def test_a_closed_accounts_finished_call_is_charged(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert world.deliver({}) == []
    assert world.balance() == -CHARGE


# --- The same call again ----------------------------------------------------------------------------------------------


def test_the_same_call_twice_in_a_batch_is_one_charge(world: World) -> None:
    assert world.deliver({}, {"started_at": "2026-11-23T10:00:00Z"}, {}) == []
    assert (len(world.entries()), world.balance()) == (1, -CHARGE)


def test_a_batch_delivered_again_changes_nothing(world: World) -> None:
    batch = [*calls(5), {"call_id": "c_p", "to": PREMIUM}, {"call_id": "c_u", "to": UNCOVERED}]
    assert world.deliver(*batch) == []
    after = world.stack.items()
    world.clock.now += timedelta(days=3)
    for _ in range(3):
        assert world.deliver(*batch) == []
    assert world.stack.items() == after


def test_a_mixed_batch_posts_its_new_calls_in_the_second_transaction(world: World) -> None:
    world.deliver(*calls(3))
    with world.recorded("rate_calls") as requests:
        assert world.deliver(*calls(6)) == []
    assert transactions(requests) == [6 + 1 + 1, 3 + 1 + 1]
    assert world.balance() == -6 * CHARGE


def test_a_batch_delivered_again_takes_one_transaction_an_account(world: World) -> None:
    world.deliver(*calls(6))
    with world.recorded("rate_calls") as requests:
        assert world.deliver(*calls(6)) == []
    assert transactions(requests) == [8]


def test_a_redelivered_call_is_not_charged_again_after_a_price_change(world: World) -> None:
    world.deliver({})
    after = world.stack.items()
    world.stack.publish(deck_csv({"rate_per_minute": "9.99", "category": "satellite_call"}), "deck-2")
    assert world.deliver({}) == []
    assert world.stack.items() == after


def test_a_call_delivered_again_after_the_zone_changed_stays_on_its_day(world: World) -> None:
    world.deliver({})
    world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Kiritimati"})
    world.stack.forget()
    world.deliver({})
    assert [entry["local_date"] for entry in world.entries()] == ["2026-11-23"]
    assert world.balance() == -CHARGE


def test_a_charged_call_is_not_kept_when_its_destination_loses_its_price(world: World) -> None:
    world.deliver({})
    after = world.stack.items()
    world.stack.publish(deck_csv({"prefix": "45", "country": "DK"}), "deck-2")
    assert world.deliver({}) == []
    assert world.stack.items() == after


# --- The same call with other facts -----------------------------------------------------------------------------------


def test_in_a_batch_the_message_sent_first_wins_and_the_other_goes_back(world: World) -> None:
    event = delivery({"to": MOBILE}, {})
    event["Records"].reverse()
    assert failures(world.stack.invoke("rate_calls", event)) == ["m_1"]
    assert [entry["to"] for entry in world.entries()] == [MOBILE]
    assert world.balance() == -750_000


def test_across_batches_the_call_that_was_posted_wins_and_nothing_changes(world: World) -> None:
    world.deliver({})
    after = world.stack.items()
    assert world.deliver({"to": MOBILE}) == ["m_0"]
    assert world.deliver({"duration_seconds": 126}, {"duration_seconds": 126}) == ["m_0", "m_1"]
    assert world.stack.items() == after


@pytest.mark.parametrize(
    "changes",
    [
        {"user_id": "user_2"},
        {"from": "+442071838750"},
        {"answered_at": "2026-11-23T10:00:04.500Z"},
        {"line_id": "line_2"},
    ],
    ids=str,
)
def test_facts_that_do_not_decide_the_charge_are_no_conflict(world: World, changes: dict[str, Any]) -> None:
    world.deliver({})
    entries = world.entries()
    assert world.deliver({}, changes) == []
    assert world.deliver(changes) == []
    assert world.entries() == entries


def test_a_conflict_does_not_hold_up_its_neighbours(world: World) -> None:
    world.deliver({})
    assert world.deliver({"to": MOBILE}, {"call_id": "c_2"}, {"call_id": "c_3", "to": JAPAN}) == ["m_0"]
    assert [keys.id_of(entry["SK"]) for entry in world.entries()] == ["c_1", "c_2", "c_3"]
    world.balance()


def test_the_same_call_id_at_another_time_or_account_is_another_call(world: World) -> None:
    world.create_account("acct_2")
    assert world.deliver({}, {"started_at": "2026-11-23T10:00:00.001Z"}, {"account_id": "acct_2"}) == []
    assert (len(world.entries()), len(world.entries("acct_2"))) == (2, 1)
