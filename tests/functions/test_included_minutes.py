"""Included minutes cover calls: held with the call, moved by extension and release, used by posting."""

from datetime import timedelta
from typing import Any

import pytest

from tests.domain.examples import deck_csv
from tests.functions.calls_bench import UNANSWERED
from tests.functions.minutes_bench import COUNTER, UK, counters, give, later, left, record, shown
from tests.harness.world import JAPAN, MOBILE, PREMIUM, UNCOVERED, UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

FEE = deck_csv({"rate_per_minute": "0.60", "connection_fee": "0.50", "minimum_seconds": "30", "increment_seconds": "6"})


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Give acct_1 five dollars."""
    world.adjust("5.00", "credit")


# --- Held -------------------------------------------------------------------------------------------------------------


def test_a_hold_takes_minutes_first_and_credit_for_the_rest(world: World) -> None:
    give(world, UK | {"minutes": 4})
    answer = world.authorize(seconds=600).body
    assert (answer["max_seconds"], answer["covered_seconds"], answer["held"]) == (600, 240, "0.60")
    assert counters(world) == {COUNTER: (4, 0, 0)}
    later(world)
    assert world.deliver(record(300)) == []
    [entry] = [one for one in world.entries() if one["kind"] == "call_charged"]
    assert (entry["covered_seconds"], entry["bundle"]) == (240, COUNTER)
    assert (entry["amount_micros"], entry["billed_seconds"]) == (-100_000, 60)
    assert counters(world) == {COUNTER: (4, 0, 240)}


def test_a_covered_call_needs_no_credit_and_leaves_an_entry_of_0(world: World) -> None:
    world.adjust("-5.50", "all of it and more")
    assert world.authorize("c_0").body["reason"] == "insufficient_credit"
    give(world, UK)
    answer = world.authorize(seconds=600).body
    assert (answer["decision"], answer["max_seconds"], answer["covered_seconds"]) == ("allow", 600, 600)
    assert answer["held"] == "0.00"
    assert left(world) == 0
    later(world)
    assert world.deliver(record(125)) == []
    [entry] = [one for one in world.entries() if one["kind"] == "call_charged"]
    assert (entry["amount_micros"], entry["billed_seconds"], entry["covered_seconds"]) == (0, 0, 125)
    assert left(world) == 475


def test_without_credit_a_call_lasts_as_long_as_its_minutes(world: World) -> None:
    world.adjust("-5.00", "all of it")
    give(world, UK | {"minutes": 2})
    answer = world.authorize(seconds=600).body
    assert (answer["max_seconds"], answer["covered_seconds"], answer["limited_by"]) == (120, 120, "insufficient_credit")
    assert world.authorize("c_2").body["reason"] == "insufficient_credit"


@pytest.mark.parametrize(
    ("seconds", "billed", "price"), [(60, 0, 0), (61, 6, 60_000), (66, 6, 60_000), (67, 12, 120_000)]
)
def test_the_rest_has_neither_fee_nor_minimum(world: World, seconds: int, billed: int, price: int) -> None:
    world.stack.publish(FEE, "fee")
    give(world, UK | {"minutes": 1})
    assert world.authorize(seconds=120).body["held"] == "0.60"
    later(world)
    assert world.deliver(record(seconds)) == []
    [entry] = [one for one in world.entries() if one["kind"] == "call_charged"]
    assert (entry["billed_seconds"], -entry["amount_micros"], entry["covered_seconds"]) == (billed, price, 60)
    counters(world)


def test_an_extension_takes_more_minutes(world: World) -> None:
    give(world, UK | {"minutes": 15})
    assert world.authorize(seconds=600).body["covered_seconds"] == 600
    world.clock.now += timedelta(seconds=500)
    answer = world.authorize(seconds=600).body
    assert (answer["max_seconds"], answer["covered_seconds"], answer["held"]) == (1100, 900, "0.40")
    assert left(world) == 0
    again = world.authorize(seconds=600).body
    assert (again["max_seconds"], again["covered_seconds"]) == (1100, 900)
    later(world)
    assert world.deliver(record(950)) == []
    assert counters(world) == {COUNTER: (15, 0, 900)}


def test_returned_seconds_serve_the_extension_of_another_call(world: World) -> None:
    give(world, UK)
    world.authorize("c_1", seconds=480)
    assert world.authorize("c_2", seconds=240).body["covered_seconds"] == 120
    assert world.deliver(UNANSWERED | {"call_id": "c_1", "ended_at": "2026-11-23T12:00:10Z"}) == []
    world.clock.now += timedelta(seconds=200)
    answer = world.authorize("c_2", seconds=240).body
    assert (answer["max_seconds"], answer["covered_seconds"], answer["held"]) == (440, 440, "0.00")
    assert left(world) == 160


def test_a_call_that_began_without_minutes_stays_without(world: World) -> None:
    world.authorize(seconds=600)
    give(world, UK)
    world.clock.now += timedelta(seconds=500)
    answer = world.authorize(seconds=600).body
    assert (answer["max_seconds"], answer["covered_seconds"], answer["held"]) == (1100, 0, "1.90")
    later(world)
    assert world.deliver(record(1100)) == []
    assert counters(world) == {COUNTER: (10, 600, 0)}


@pytest.mark.parametrize("minutes", [0, 1, 10])
def test_an_expired_hold_returns_its_minutes(world: World, minutes: int) -> None:
    give(world, UK | {"minutes": minutes})
    world.authorize(seconds=600)
    world.clock.now += timedelta(hours=2)
    assert world.stack.invoke("expire_holds", {})["holds_expired"] == 1
    assert left(world) == 60 * minutes
    assert world.deliver(record(600)) == []
    assert counters(world) == {COUNTER: (minutes, 0, 60 * minutes)}


def test_two_calls_at_once_share_the_rest(world: World) -> None:
    give(world, UK)
    first, second = (world.authorize(call, seconds=400).body for call in ("c_1", "c_2"))
    assert (first["covered_seconds"], second["covered_seconds"]) == (400, 200)
    assert (first["held"], second["held"]) == ("0.00", "0.40")
    counters(world)


def test_a_line_uses_its_own_minutes_first(world: World) -> None:
    give(world, UK)
    give(world, UK | {"minutes": 1}, line="line_1")
    assert world.authorize("c_1", seconds=60).body["covered_seconds"] == 60
    assert world.authorize("c_2", seconds=60).body["covered_seconds"] == 60
    assert {name: one[1] for name, one in counters(world).items()} == {COUNTER: 540, "2026-11#LINE#line_1#the UK": 0}
    line = {"line_id": "line_1", "line_number": "+14155550100"}
    assert shown(world) == [
        {"name": "the UK", "left_minutes": 9, "left_seconds": 540, "minutes": 10},
        {"name": "the UK", "left_minutes": 0, "left_seconds": 0, "minutes": 1, **line},
    ]


@pytest.mark.parametrize(
    ("bundle", "number", "is_covered"),
    [
        ({"countries": ["GB"]}, UNITED_KINGDOM, True),
        ({"countries": ["GB", "JP"]}, JAPAN, True),
        ({"countries": ["JP"]}, UNITED_KINGDOM, False),
        ({"prefixes": ["4420"]}, UNITED_KINGDOM, True),
        ({"prefixes": ["4420"]}, MOBILE, False),
        ({"prefixes": ["1"]}, PREMIUM, True),
        ({"countries": ["US"]}, PREMIUM, False),
        ({"countries": ["US"]}, "+14155550199", False),
        ({"prefixes": ["9"]}, "911", False),
    ],
)
def test_a_bundle_covers_its_places(world: World, bundle: dict[str, Any], number: str, is_covered: bool) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"high_cost": "10.00"}})
    give(world, {"name": "some", "minutes": 10, **bundle})
    answer = world.authorize(to=number, seconds=60).body
    assert answer.get("covered_seconds", 0) == (60 if is_covered else 0)
    counters(world)


def test_a_call_begins_in_the_local_month_of_its_account(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Kiritimati"})
    give(world, UK)
    world.clock.now = world.clock.now.replace(day=30, hour=9, minute=59)
    world.authorize("c_1", seconds=60)
    world.clock.now += timedelta(minutes=2)
    world.authorize("c_2", seconds=120)
    assert {name: one[1] for name, one in counters(world).items()} == {COUNTER: 540, "2026-12#ACCOUNT#the UK": 480}


# --- Posted without a hold --------------------------------------------------------------------------------------------


def test_calls_without_a_hold_take_the_rest_in_order(world: World) -> None:
    give(world, UK | {"minutes": 3})
    later(world)
    assert world.deliver(record(100), record(100, call_id="c_2"), record(100, call_id="c_3")) == []
    assert [entry.get("covered_seconds", 0) for entry in world.entries()[-3:]] == [100, 80, 0]
    assert [entry["amount_micros"] for entry in world.entries()[-3:]] == [0, -100_000, -200_000]
    assert counters(world) == {COUNTER: (3, 0, 180)}
    assert world.deliver(record(100, call_id="c_2")) == []
    assert counters(world) == {COUNTER: (3, 0, 180)}


def test_posting_uses_only_what_the_hold_took(world: World) -> None:
    give(world, UK | {"minutes": 2})
    world.authorize("c_1", seconds=100)
    world.authorize("c_2", seconds=100)
    assert world.deliver(UNANSWERED | {"call_id": "c_1", "ended_at": "2026-11-23T12:00:10Z"}) == []
    later(world)
    assert world.deliver(record(100, call_id="c_2")) == []
    [entry] = [one for one in world.entries() if one["kind"] == "call_charged"]
    assert (entry["covered_seconds"], entry["amount_micros"]) == (20, -200_000)
    assert left(world) == 100


def test_a_late_call_uses_the_minutes_of_its_own_month(world: World) -> None:
    give(world, UK)
    world.clock.now = world.clock.now.replace(month=12, day=2)
    assert world.deliver(record(60)) == []
    assert counters(world) == {COUNTER: (10, 540, 60)}


def test_a_call_of_a_month_before_the_bundle_is_not_covered(world: World) -> None:
    world.clock.now = world.clock.now.replace(month=12, day=2)
    give(world, UK)
    assert world.deliver(record(60)) == []
    assert counters(world) == {"2026-12#ACCOUNT#the UK": (10, 600, 0)}


def test_a_waiting_call_takes_the_rest_when_it_is_charged(world: World) -> None:
    give(world, {"name": "France", "countries": ["FR"], "minutes": 1})
    later(world)
    assert world.deliver(record(90, to=UNCOVERED)) == []
    world.stack.publish(deck_csv({"prefix": "33", "destination": "France", "country": "FR"}), "France")
    world.stack.invoke("rerate_calls", {})
    [entry] = [one for one in world.entries() if one["kind"] == "call_charged"]
    assert (entry["covered_seconds"], entry["billed_seconds"]) == (60, 60)
    assert counters(world) == {"2026-11#ACCOUNT#France": (1, 0, 60)}


# --- Accounts without bundles -----------------------------------------------------------------------------------------


def test_an_account_without_bundles_reads_and_writes_as_before(world: World) -> None:
    with world.recorded("authorize_call") as requests:
        answer = world.authorize(seconds=600).body
    assert "covered_seconds" not in answer
    assert [name for name, _ in requests] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    assert len(requests[-1][1]["TransactItems"]) == 2
    assert world.deliver({}) == []
    assert not world.of_kind("MINUTES")
    items = [*world.of_kind("HOLD"), *world.entries(), *world.of_kind("ACCOUNT"), *world.of_kind("LINE")]
    assert not {"covered_seconds", "bundle", "bundles"} & set().union(*items)
