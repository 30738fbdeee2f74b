"""Quote = hold >= charge with real switches: they hang up with timers of whole seconds, and withhold caller ids."""

import io
from typing import Any

import pytest

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.sweep import read_listed
from tests.domain.examples import deck_csv
from tests.functions.calls_bench import lines_of, log
from tests.harness.world import World

__all__ = ["log"]

pytestmark = pytest.mark.dynamodb

CENTS = deck_csv({"rate_per_minute": "0.014"})
SECONDS = deck_csv({"rate_per_minute": "0.179", "minimum_seconds": "1", "increment_seconds": "6"})


def record(seconds: int, **changes: Any) -> dict[str, Any]:
    """A call of this duration, without a time of answering; it began as late as possible."""
    times = {"started_at": "2026-11-15T10:00:00.000Z", "ended_at": "2026-11-22T10:00:00.000Z", "answered_at": None}
    return times | {"duration_seconds": seconds} | changes


def charged(world: World) -> list[dict[str, Any]]:
    """The entries of calls."""
    return [entry for entry in world.entries() if entry["kind"] == "call_charged"]


@pytest.mark.parametrize(("seconds", "charge"), [(60, 14_000), (61, 14_000), (62, 14_000), (63, 28_000)])
def test_a_call_that_ends_a_little_late_costs_the_held_amount(world: World, seconds: int, charge: int) -> None:
    """The limit of 0.02 for a call grants 60 seconds; Kamailio records 61."""
    world.stack.publish(CENTS, "cents")
    world.adjust("5.00", "credit")
    world.operate("PUT", "/accounts/acct_1", {"limits": {"call_price": "0.02"}})
    answer = world.authorize().body
    assert (answer["max_seconds"], answer["held"], answer["limited_by"]) == (60, "0.014", "call_price_limit")
    assert world.deliver(record(seconds)) == []
    [entry] = charged(world)
    assert (-entry["amount_micros"], entry["billed_seconds"]) == (charge, 60 if charge == 14_000 else 120)
    assert (entry["duration_seconds"], entry["granted_seconds"], entry["promised"]) == (seconds, 60, True)
    world.balance()


def test_a_call_that_ends_a_little_late_never_takes_the_balance_below_zero(world: World) -> None:
    world.stack.publish(SECONDS, "seconds")
    world.adjust("0.2311", "credit")
    answer = world.authorize().body
    granted, held = answer["max_seconds"], int(answer["held"].replace(".", "")) * 100
    assert world.deliver(record(granted + 1)) == []
    [entry] = charged(world)
    assert -entry["amount_micros"] == held
    assert world.balance() == 231_100 - held >= 0


def test_a_call_without_a_hold_is_billed_as_recorded(world: World) -> None:
    assert world.deliver(record(61)) == []
    [entry] = charged(world)
    assert entry["billed_seconds"] == 120
    assert not {"granted_seconds", "promised", "suspicious"} & set(entry)


# --- The origin -------------------------------------------------------------------------------------------------------

BY_ORIGIN = deck_csv({}, {"origin": "US", "rate_per_minute": "0.10"}, {"origin": "GB", "rate_per_minute": "0.90"})


@pytest.mark.parametrize("caller", ["+442071838750", "+14155550100", None, "anonymous", "", 7, {"sip": "x"}])
@pytest.mark.parametrize("is_held", [True, False])
def test_the_line_decides_the_price_under_any_caller_id(world: World, caller: Any, is_held: bool) -> None:
    world.stack.publish(BY_ORIGIN, "by origin")
    world.adjust("5.00", "credit")
    if is_held:
        assert world.authorize().body["rate_per_minute"] == "0.10"
    assert world.deliver(record(60, from_=caller)) == []
    [entry] = charged(world)
    assert (entry["origin"], entry["amount_micros"]) == ("US", -100_000)


@pytest.mark.parametrize(("caller", "price"), [("+442071838750", 900_000), (None, 20_000)])
def test_the_caller_id_decides_only_for_an_unknown_line(world: World, caller: str | None, price: int) -> None:
    world.stack.publish(BY_ORIGIN, "by origin")
    assert world.deliver(record(60, from_=caller, line_id="line_x")) == []
    [entry] = charged(world)
    assert -entry["amount_micros"] == price


def test_calls_from_another_number_than_the_lines_are_counted(world: World, log: io.StringIO) -> None:
    callers = ["+14155550100", "+14155550199", "+442071838750", None, "anonymous"]
    assert world.deliver(*(record(60, call_id=f"c_{n}", from_=caller) for n, caller in enumerate(callers))) == []
    [batch] = [line for line in lines_of(log) if line["message"] == "batch"]
    assert batch["calls_from_other_number"] == 2


# --- Suspicious calls -------------------------------------------------------------------------------------------------


def listed(world: World) -> list[dict[str, Any]]:
    """The suspicious calls on the operator's list."""
    return list(read_listed(world.stack.dynamodb, world.stack.table_name, "suspicious"))


def test_a_call_of_days_is_charged_and_listed_once(world: World) -> None:
    assert world.deliver(record(14_400), record(14_401, call_id="c_2"), record(604_800, call_id="c_3")) == []
    assert [entry.get("suspicious") for entry in charged(world)] == [None, True, True]
    assert world.balance() == -(24_000_000 + 24_100_000 + 1_008_000_000)
    items = listed(world)
    assert world.deliver(record(14_401, call_id="c_2")) == []
    assert listed(world) == items
    assert sorted((keys.id_of(item["SK"]), item["duration_seconds"]) for item in items) == [
        ("c_2", 14_401),
        ("c_3", 604_800),
    ]


@pytest.mark.parametrize(("seconds", "is_listed"), [(4_200, False), (4_201, True)])
def test_a_call_over_an_hour_longer_than_granted_is_listed(world: World, seconds: int, is_listed: bool) -> None:
    world.adjust("5.00", "credit")
    world.authorize()
    assert world.deliver(record(seconds)) == []
    assert [item["granted_seconds"] for item in listed(world)] == ([600] if is_listed else [])


def test_a_long_free_call_is_not_suspicious(world: World) -> None:
    assert world.deliver(record(604_800, to="+14155550199"), record(604_800, call_id="c_2", direction="inbound")) == []
    assert listed(world) == []
