"""Included minutes with repeated events and corrections, calls of no seconds, new attempts, and many calls at once;
holds of calls that cost nearly nothing, and the largest usual items.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.accounts.bundles import MAX_NAME_BYTES
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.hold_items import hold_from_item, hold_item
from calling_credit.ledger.holds import Hold, HoldStatus
from calling_credit.ledger.posting import entry_item
from calling_credit.rates.pricing import RatedCall
from calling_credit.rates.rate_steps import parse_steps
from tests.benchmarks.capacity import item_bytes
from tests.domain.admission_examples import row
from tests.domain.examples import NOW, call, deck_csv
from tests.functions.minutes_bench import COUNTER, UK, charged, counters, give, later, left, record
from tests.functions.test_rerate_charged_calls import reprice
from tests.harness.world import PREMIUM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Give acct_1 five dollars."""
    world.adjust("5.00", "credit")


def correct(world: World, key: str, **stated: Any) -> int:
    """Send a correction of c_1 three times; return the price of the call in micro-dollars."""
    body = {"started_at": "2026-11-23T12:00:00.000Z", "reason": "test", **stated}
    for _ in range(3):
        answer = world.operate("POST", "/accounts/acct_1/calls/c_1/corrections", body, key=key)
        assert answer.status == 201, answer.text
    return -int([one for one in world.entries() if one["SK"].split("#")[2] == "c_1"][-1]["amount_micros"])


def test_many_calls_at_once_use_each_second_of_their_counter_once(world: World) -> None:
    give(world, UK | {"minutes": 50})
    later(world)
    calls = [record(60, call_id=f"c_{number}") for number in range(97)]
    for _ in range(2):
        assert world.deliver(*calls) == []
        assert counters(world) == {COUNTER: (50, 0, 3_000)}
        assert world.balance() == 5_000_000 - 47 * 100_000


def test_many_held_calls_return_what_they_did_not_use(world: World) -> None:
    limits = {"simultaneous_calls": 100}
    assert world.operate("PUT", "/accounts/acct_1", {"limits": limits}).status == 200
    give(world, UK | {"minutes": 50})
    for number in range(20):
        assert world.authorize(f"c_{number}", seconds=150).body["covered_seconds"] == 150
    assert left(world) == 0
    later(world)
    assert world.deliver(*(record(100, call_id=f"c_{number}") for number in range(20))) == []
    assert counters(world) == {COUNTER: (50, 1_000, 2_000)}
    assert world.balance() == 5_000_000


def test_an_answered_call_of_no_seconds_returns_its_minutes_once(world: World) -> None:
    give(world, UK | {"minutes": 2})
    world.authorize("c_1", seconds=60)
    later(world)
    for _ in range(3):
        assert world.deliver(record(0, disposition="answered")) == []
        assert left(world) == 120


def test_an_unanswered_attempt_returns_minutes_once_to_the_next_one(world: World) -> None:
    give(world, UK | {"minutes": 2})
    world.authorize("c_1", seconds=60)
    world.clock.now += timedelta(seconds=40)
    busy = {"disposition": "busy", "duration_seconds": 0, "answered_at": None, "ended_at": "2026-11-23T12:00:40Z"}
    for _ in range(3):
        assert world.deliver(busy) == []
        assert left(world) == 120
    world.clock.now += timedelta(seconds=40)
    assert world.authorize("c_1", seconds=120).body["covered_seconds"] == 120
    assert world.deliver(busy) == []
    assert left(world) == 0
    later(world)
    assert world.deliver(record(100)) == []
    assert left(world) == 20


def test_corrections_up_and_down_move_minutes_exactly_once(world: World) -> None:
    give(world, UK | {"minutes": 2})
    charged(world, 90)
    seconds_left = [(correct(world, "none", duration_seconds=0), left(world))]
    seconds_left += [(correct(world, "long", duration_seconds=150), left(world))]
    seconds_left += [(correct(world, "waived", waive=True), left(world))]
    seconds_left += [(correct(world, "waived again", waive=True), left(world))]
    seconds_left += [(correct(world, "short", duration_seconds=30), left(world))]
    assert seconds_left == [(0, 120), (100_000, 0), (0, 120), (0, 120), (0, 90)]


def test_a_correction_of_a_free_call_takes_no_minutes(world: World) -> None:
    give(world, UK | {"prefixes": ["1900"], "countries": [], "minutes": 2})
    charged(world, 90, to=PREMIUM)
    free = {"prefix": "1900", "country": "US", "rate_per_minute": "0", "category": "included"}
    world.stack.publish(deck_csv(free), "free")
    assert (reprice(world)["changed"], left(world)) == (1, 120)
    assert (correct(world, "longer", duration_seconds=120), left(world)) == (0, 120)


def test_a_waived_call_that_is_charged_again_takes_minutes_again(world: World) -> None:
    give(world, UK | {"minutes": 1})
    charged(world, 90)
    assert (correct(world, "waived", waive=True), left(world)) == (0, 60)
    assert reprice(world)["waived"] == 1
    assert reprice(world, even_corrected=True)["change"] == "-0.10"
    assert left(world) == 0
    assert reprice(world, even_corrected=True)["changed"] == 0


def test_calls_of_an_account_that_closes_use_their_minutes(world: World) -> None:
    give(world, UK | {"minutes": 2})
    world.authorize("c_1", seconds=60)
    assert world.operate("PUT", "/accounts/acct_1", {"status": "closed"}).status == 200
    later(world)
    assert world.deliver(record(50), record(50, call_id="c_2")) == []
    assert counters(world) == {COUNTER: (2, 20, 100)}
    assert world.balance() == 5_000_000


def test_a_call_whose_price_rounds_to_0_is_held_and_extended(world: World) -> None:
    """Its minute costs 0.00003, so the first one is quoted as 0; two cost 0.0001, as held, also with the tolerance."""
    tiny = {"rate_per_minute": "0.00003", "minimum_seconds": "1", "increment_seconds": "1"}
    world.stack.publish(deck_csv(tiny), "tiny")
    world.stack.forget()
    first = world.authorize("c_1", seconds=60).body
    assert (first["max_seconds"], first["held"]) == (60, "0.00")
    world.clock.now += timedelta(seconds=60)
    further = world.authorize("c_1", seconds=60).body
    assert (further["max_seconds"], further["held"]) == (120, "0.0001")
    assert world.authorize("c_2", seconds=99).body["held"] == "0.00"
    later(world)
    assert world.deliver(record(122), record(101, call_id="c_2")) == []
    assert [-one["amount_micros"] for one in world.entries() if one["kind"] == "call_charged"] == [100, 0]
    assert world.balance() == 5_000_000 - 100


# --- Sizes ------------------------------------------------------------------------------------------------------------

OWN_PRICES: tuple[dict[str, Any], ...] = (
    {"price_list": "g" * 12, "list_version": "v" * 29},
    {"base_rate_micros_per_minute": 10**6, "base_connection_fee_micros": 10**6, "markup_hundredths": 1_250},
)


@pytest.mark.parametrize("own", OWN_PRICES, ids=("list", "markup"))
def test_own_prices_steps_and_minutes_together_take_one_write_unit(own: dict[str, Any]) -> None:
    """With usual ids, four steps, and the longest name of a bundle; the hold also after it grows."""
    steps = parse_steps(";".join(f"{60 * number}:0.{number:04d}:60" for number in range(1, 5)))
    price = row(destination="x" * 40, connection_fee_micros=10**6, rate_steps=steps, **own)
    ids = {"account_id": "a" * 24, "line_id": "l" * 24, "user_id": "u" * 24, "call_id": "c" * 36}
    counter = f"2026-11#LINE#{'l' * 24}#{'n' * MAX_NAME_BYTES}"
    charge = RatedCall(price, "v" * 29, "US", 86_400, 10**9, 86_400, 3_600, counter)
    entry = charge_entry(replace(call(**ids), duration_seconds=86_400), charge, "UTC", NOW)
    entry = replace(entry, explanation={**entry.explanation, "counted": "LUCY", "young_micros": 10**9})
    at = "2026-11-23T12:00:00.000Z"
    names = ("a" * 24, "c" * 36, "c" * 36, "l" * 24, "+" + "4" * 12, "US")
    held = Hold(*names, HoldStatus.LIVE, 10**9, 86_400, "v" * 29, price, at, at, 86_400, "insufficient_credit")
    minute = 10**8 if "price_list" in own else 0
    held = replace(held, covered_seconds=86_400, bundle=counter, deck_minute=minute, repeated_at=at)
    held = replace(held, counted="LUCY", counted_on="2026-11-23", user_id="u" * 24, young_micros=10**9)
    grown = hold_item(held) | {"repeated_at": {"S": at}}
    assert item_bytes(entry_item(entry)) <= 1024
    assert item_bytes(grown) <= 1024
    assert hold_from_item(grown) == held
