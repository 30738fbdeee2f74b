"""Corrections and reratings of covered calls, and what customers see of included minutes."""

from dataclasses import replace
from typing import Any

import pytest

from calling_credit.accounts.bundles import MAX_NAME_BYTES
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.hold_items import hold_from_item, hold_item
from calling_credit.ledger.holds import Hold, HoldStatus
from calling_credit.ledger.posting import entry_item
from calling_credit.rates.pricing import RatedCall
from tests.benchmarks.capacity import item_bytes
from tests.domain.admission_examples import row
from tests.domain.examples import NOW, call, deck_csv
from tests.functions.desk_bench import read
from tests.functions.minutes_bench import COUNTER, UK, charged, counters, give, left, shown
from tests.functions.test_rerate_charged_calls import reprice
from tests.harness.actors import erase_number
from tests.harness.world import DECK, UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

DEARER = DECK.replace(b"0.10,", b"0.20,")


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Give acct_1 five dollars."""
    world.adjust("5.00", "credit")


def correct(world: World, call: str = "c_1", **stated: Any) -> dict[str, Any]:
    """The last entry of a call after a correction."""
    body = {"started_at": "2026-11-23T12:00:00.000Z", "reason": "test", **stated}
    key = f"{call} {stated}".encode().hex()[:60]
    answer = world.operate("POST", f"/accounts/acct_1/calls/{call}/corrections", body, key=key)
    assert answer.status == 201, answer.text
    return [one for one in world.entries() if one["SK"].split("#")[2] == call][-1]


# --- Corrections and reratings ----------------------------------------------------------------------------------------


def test_a_shorter_call_returns_seconds_to_later_calls(world: World) -> None:
    give(world, UK | {"minutes": 3})
    charged(world, 180)
    charged(world, 60, call_id="c_2")
    entry = correct(world, duration_seconds=60)
    assert (entry["covered_seconds"], entry["amount_micros"]) == (60, 0)
    assert left(world) == 120
    assert [one for one in world.entries() if "c_2" in one["SK"]][-1]["amount_micros"] == -100_000
    assert charged(world, 60, call_id="c_3")["covered_seconds"] == 60
    assert left(world) == 60


def test_a_longer_call_takes_the_rest(world: World) -> None:
    give(world, UK | {"minutes": 3})
    charged(world, 60)
    entry = correct(world, duration_seconds=300)
    assert (entry["covered_seconds"], entry["billed_seconds"], entry["amount_micros"]) == (180, 120, -200_000)
    assert left(world) == 0


def test_a_waived_call_returns_its_seconds_and_can_take_them_again(world: World) -> None:
    give(world, UK | {"minutes": 1})
    charged(world, 90)
    entry = correct(world, waive=True)
    assert "covered_seconds" not in entry
    assert left(world) == 60
    assert correct(world, duration_seconds=90)["covered_seconds"] == 60
    correct(world, waive=True, reason="again")
    charged(world, 60, call_id="c_2")
    entry = correct(world, duration_seconds=91)
    assert ("covered_seconds" in entry, entry["amount_micros"]) == (False, -200_000)
    counters(world)


def test_a_correction_of_an_uncovered_call_takes_no_minutes(world: World) -> None:
    charged(world, 60)
    give(world, UK)
    assert "covered_seconds" not in correct(world, duration_seconds=120)
    assert left(world) == 600


def test_a_rerated_call_keeps_its_covered_seconds(world: World) -> None:
    give(world, UK | {"minutes": 1})
    charged(world, 90)
    world.stack.publish(DEARER, "dearer")
    assert reprice(world)["changed"] == 1
    entry = world.entries()[-1]
    assert (entry["covered_seconds"], entry["amount_micros"]) == (60, -200_000)
    assert left(world) == 0
    assert reprice(world)["changed"] == 0


@pytest.mark.parametrize("category", ["included", "outbound_international_call"])
def test_a_call_that_a_rerating_makes_free_returns_its_seconds(world: World, category: str) -> None:
    give(world, UK | {"minutes": 1})
    charged(world, 90)
    free = deck_csv({"rate_per_minute": "0", "category": category})
    world.stack.publish(free, "free")
    assert reprice(world)["changed"] == 1
    assert left(world) == 60
    world.stack.publish(DECK, "again")
    assert reprice(world)["changed"] == 1
    entry = world.entries()[-1]
    assert (entry["covered_seconds"], entry["amount_micros"]) == (60, -100_000)
    assert left(world) == 0
    assert reprice(world)["changed"] == 0


def test_returned_seconds_that_are_left_cover_again(world: World) -> None:
    """Two calls become free by mistake and are charged again; a third has taken a minute meanwhile."""
    give(world, UK | {"minutes": 3})
    charged(world, 90)
    charged(world, 90, call_id="c_2")
    world.stack.publish(deck_csv({"rate_per_minute": "0", "category": "included"}), "free")
    assert (reprice(world)["changed"], left(world)) == (2, 180)
    world.stack.publish(DECK, "again")
    world.stack.forget()
    charged(world, 60, call_id="c_3")
    reprice(world)
    of_calls = {one["SK"].split("#")[2]: one for one in world.entries() if one["kind"] == "call_charged"}
    assert [of_calls[name].get("covered_seconds", 0) for name in ("c_1", "c_2", "c_3")] == [90, 30, 60]
    assert left(world) == 0


def test_wholly_covered_calls_that_become_free_return_their_seconds(world: World) -> None:
    """They cost nothing before and after, but minutes are for calls that cost something."""
    give(world, UK | {"minutes": 2})
    charged(world, 60)
    charged(world, 90, call_id="c_2")
    assert left(world) == 0
    world.stack.publish(deck_csv({"rate_per_minute": "0"}), "free")
    assert (reprice(world)["changed"], left(world)) == (2, 120)
    assert reprice(world)["changed"] == 0
    world.stack.publish(DECK, "again")
    assert (reprice(world)["changed"], left(world)) == (2, 0)
    of_calls = {one["SK"].split("#")[2]: one for one in world.entries() if one["kind"] == "call_charged"}
    assert [(one["covered_seconds"], one["amount_micros"]) for one in of_calls.values()] == [(60, 0), (60, -100_000)]
    assert reprice(world)["changed"] == 0


def test_wholly_covered_calls_that_were_waived_take_seconds_again(world: World) -> None:
    give(world, UK | {"minutes": 1})
    charged(world, 60)
    correct(world, waive=True)
    assert left(world) == 60
    assert reprice(world, even_corrected=True)["changed"] == 1
    assert (world.entries()[-1]["covered_seconds"], left(world)) == (60, 0)


def test_an_erased_number_keeps_the_covered_seconds(world: World) -> None:
    give(world, UK)
    world.authorize("c_1", seconds=60)
    charged(world, 60)
    before = counters(world)
    erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", UNITED_KINGDOM)
    assert counters(world) == before
    [entry] = [one for one in world.entries() if one["kind"] == "call_charged"]
    assert (entry["bundle"], UNITED_KINGDOM in str(entry)) == (COUNTER, False)
    assert correct(world, duration_seconds=30)["covered_seconds"] == 30


# --- What customers see -----------------------------------------------------------------------------------------------


def test_details_name_the_bundle_and_its_seconds(world: World) -> None:
    give(world, UK | {"minutes": 1})
    charged(world, 90)
    charged(world, 90, call_id="c_2")
    rows = {row["call_id"]: row for row in world.get("/usage/outbound_international_call").body["items"]}
    assert (rows["c_1"]["covered_seconds"], rows["c_1"]["bundle"]) == (60, "the UK")
    assert "covered_seconds" not in rows["c_2"]
    text = world.get("/usage/outbound_international_call", accept="text/csv").text
    assert ",60,the UK" in text


def test_balance_overview_and_forecast_know_the_minutes(world: World) -> None:
    give(world, UK)
    charged(world, 150)
    [bundle] = shown(world)
    assert bundle == {"name": "the UK", "left_minutes": 7, "left_seconds": 450, "minutes": 10}
    assert world.get("/balance").body["included_minutes"] == [bundle]
    [destination] = world.get("/forecast").body["destinations"]
    assert (destination["included_minutes"], destination["minutes_left"]) == (7, 57)
    assert world.get("/overview").body["forecast"]["destinations"] == [destination]


def test_the_desk_explains_a_covered_call(world: World) -> None:
    give(world, UK | {"minutes": 1})
    charged(world, 90)
    charged(world, 60, call_id="c_2")
    give(world, UK | {"minutes": 3})
    charged(world, 45, call_id="c_3")
    found = read(world, "/acct_1/calls/c_1")
    assert "; included minutes (the UK) cover 1 min 0 s; billed 60 s (in steps of 60 s" in found["sentence"]
    calculation = found["calculation"]
    assert (calculation["covered_seconds"], calculation["bundle"], calculation["exact"]) == (60, "the UK", True)
    assert "covered_seconds" not in read(world, "/acct_1/calls/c_2")["calculation"]
    assert read(world, "/acct_1/calls/c_3")["sentence"].endswith("cover 45 s, so it costs nothing.")


def test_minutes_pass_the_rate_steps_that_begin_within_them(world: World) -> None:
    """The first minute is covered; the rest begins at the rate of the second minute, and ends at that of the third."""
    head, row = deck_csv({"rate_per_minute": "0.60"}).decode().splitlines()
    world.stack.publish(f"{head},rate_steps\n{row},60:0.30:30;120:0.12:1\n".encode(), "steps")
    give(world, UK | {"minutes": 1})
    assert world.authorize(seconds=200).body["held"] == "0.46"
    entry = charged(world, 151)
    assert (entry["billed_seconds"], -entry["amount_micros"]) == (91, 300_000 + 62_000)
    calculation = read(world, "/acct_1/calls/c_1")["calculation"]
    assert (calculation["billed_parts"], calculation["exact"]) == ([0, 60, 31], True)
    [shown_row] = world.get("/usage/outbound_international_call").body["items"]
    assert [step["billed_seconds"] for step in shown_row["rate_steps"]] == [60, 31]


@pytest.mark.parametrize(("length", "units"), [(36, 1), (64, 2)])
def test_a_covered_call_takes_one_write_unit_with_usual_ids(length: int, units: int) -> None:
    ids = {"account_id": "a" * length, "line_id": "l" * length, "user_id": "u" * length, "call_id": "c" * length}
    counter = f"2026-11#LINE#{'l' * length}#{'n' * MAX_NAME_BYTES}"
    price = row(destination="x" * 60, connection_fee_micros=10**8, category="c" * 40)
    charge = RatedCall(price, "v" * 60, "US", 604_800, 10**13, 86_400, 86_400, counter)
    entry = charge_entry(replace(call(**ids), duration_seconds=604_800), charge, "UTC", NOW)
    at = "2026-11-23T12:00:00.000Z"
    names = ("a" * length, "c" * length, "c" * length, "l" * length, "+" + "4" * 15, "US")
    held = Hold(*names, HoldStatus.LIVE, 10**15, 86_400, "v" * 60, price, at, at, 86_400, "insufficient_credit")
    held = replace(held, covered_seconds=86_400, bundle=counter)
    for item in (entry_item(entry), hold_item(held)):
        assert -(-item_bytes(item) // 1024) <= units
    assert hold_from_item(hold_item(held)) == held
