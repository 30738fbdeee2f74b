"""Calls priced with rate steps: authorized, charged, corrected, priced again, and shown, by one and the same price."""

import csv
import io
from typing import Any

import pytest

from calling_credit.dynamodb.attributes import item_bytes
from calling_credit.ledger.call_entries import charge_entry
from calling_credit.ledger.hold_items import hold_from_item, hold_item
from calling_credit.ledger.holds import Hold, HoldStatus
from calling_credit.ledger.posting import entry_item
from calling_credit.rates.pricing import RatedCall
from calling_credit.rates.rate_steps import MAX_STEPS, parse_steps
from tests.domain.admission_examples import row
from tests.domain.examples import NOW, call, deck_csv
from tests.functions.corrections_bench import correct, details
from tests.functions.desk_bench import read
from tests.functions.rerate_bench import RANGE, check_usage, prices
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

STEPS = {"rate_per_minute": "0.2", "connection_fee": "0.4", "rate_steps": "60:0.1:1"}
SHOWN = {"from_second": 60, "rate_per_minute": "0.10", "increment_seconds": 1}
FINER = {"rate_per_minute": "0.4", "connection_fee": "0.8", "minimum_seconds": "0", "increment_seconds": "30"}
COARSER = {"rate_per_minute": "120", "minimum_seconds": "0", "increment_seconds": "1", "rate_steps": "30:60:60"}
MONTH = {"from_": "2026-11-01", "to": "2026-11-30"}
USAGE = "/usage/outbound_international_call"


def publish(world: World, cells: dict[str, str], version: str = "steps") -> None:
    """Let one deck with this row price every call."""
    world.stack.publish(deck_csv(cells), version)


def lasting(seconds: int, **changes: Any) -> dict[str, Any]:
    """A call of this duration."""
    minutes, rest = divmod(seconds, 60)
    ended = f"2026-11-23T10:{minutes:02d}:{rest:02d}.000Z"
    return {"answered_at": "2026-11-23T10:00:00.000Z", "ended_at": ended, "duration_seconds": seconds} | changes


@pytest.mark.parametrize(
    ("cells", "seconds", "price", "billed"),
    [
        (STEPS, 120, "0.70", 120),
        (STEPS, 20, "0.60", 60),
        (STEPS, 85, "0.6417", 85),
        (FINER | {"rate_steps": "60:0.2:10"}, 20, "1.00", 30),
        (FINER | {"rate_steps": "60:0.2:10"}, 85, "1.30", 90),
        (COARSER, 60, "120.00", 90),
    ],
)
def test_a_call_is_charged_what_was_quoted_and_held(
    world: World, cells: dict[str, str], seconds: int, price: str, billed: int
) -> None:
    publish(world, cells)
    world.adjust("500.00", "credit")
    world.operate("PUT", "/accounts/acct_1", {"limits": {"high_cost": "500", "call_price": "500"}})
    answer = world.authorize(seconds=seconds).body
    assert (answer["decision"], answer["max_seconds"], answer["held"]) == ("allow", seconds, price)
    assert world.deliver(lasting(seconds + 1)) == []
    shown = details(world)
    assert (shown["price"], shown["billed_seconds"], shown["duration_seconds"]) == (price, billed, seconds + 1)
    world.balance()


def test_a_held_call_keeps_its_steps_when_another_deck_is_published(world: World) -> None:
    publish(world, STEPS)
    world.adjust("50.00", "credit")
    answer = world.authorize(seconds=85).body
    assert (answer["held"], answer["rate_steps"]) == ("0.6417", [SHOWN])
    publish(world, {"rate_per_minute": "9", "rate_steps": "1:9:60"}, "later")
    assert world.deliver(lasting(85)) == []
    assert (details(world)["price"], details(world)["rate_deck"]) == ("0.6417", "steps")


def test_usage_desk_and_csv_show_the_seconds_of_each_rate(world: World) -> None:
    publish(world, STEPS)
    assert world.deliver(lasting(85)) == []
    assert details(world)["rate_steps"] == [SHOWN | {"billed_seconds": 25}]
    [line] = csv.DictReader(io.StringIO(world.get(USAGE, accept="text/csv", **MONTH).text, newline=""))
    assert (line["rate_steps"], line["price"]) == ("60:0.10:1", "0.6417")
    told = read(world, "/acct_1/calls/c_1")
    assert "billed 85 s, 60 s at 0.20 a minute and 25 s at 0.10 a minute plus a connection fee" in told["sentence"]
    assert (told["row"]["rate_steps"], told["calculation"]["billed_parts"]) == ([SHOWN], [60, 25])
    assert told["calculation"]["exact"] is True


def test_a_correction_prices_by_the_steps_of_the_charge(world: World) -> None:
    publish(world, STEPS)
    assert world.deliver(lasting(85)) == []
    publish(world, {}, "plain")
    assert correct(world, 120).body["after"] == {"duration_seconds": 120, "price": "0.70"}
    assert correct(world, 20, key="again").body["after"] == {"duration_seconds": 20, "price": "0.60"}
    assert correct(world, None, key="waived").body["after"]["price"] == "0.00"
    assert correct(world, 85, key="last").body["after"]["price"] == "0.6417"
    assert details(world)["rate_steps"] == [SHOWN | {"billed_seconds": 25}]
    check_usage(world)


def test_a_rerating_brings_a_call_to_other_steps(world: World) -> None:
    assert world.deliver(lasting(85)) == []
    publish(world, STEPS)
    world.stack.invoke("rerate_calls", {"reprice": RANGE | {"deck": "active", "apply": True}}, seconds=300)
    assert prices(world) == {"c_1": "0.6417"}
    assert world.entries()[-1]["rate_steps"] == "60:0.10:1"
    check_usage(world)


def test_a_waiting_call_is_charged_by_steps_once_a_deck_covers_it(world: World) -> None:
    publish(world, {"prefix": "33", "country": "FR"}, "first")
    assert world.deliver(lasting(85)) == []
    publish(world, STEPS)
    world.stack.invoke("rerate_calls", {"version": "0", "source": "aws.scheduler"}, seconds=300)
    assert prices(world) == {"c_1": "0.6417"}


def test_the_account_sees_the_steps_of_its_prices(world: World) -> None:
    publish(world, STEPS)
    [own] = world.get("/account/rates", number="+442071838750").body["items"]
    assert (own["rate_per_minute"], own["rate_steps"]) == ("0.20", [SHOWN])


LONGEST = ";".join(f"{604_791 + number}:999.999999:3600" for number in range(MAX_STEPS))


def test_items_with_steps_take_one_write_unit_with_usual_ids() -> None:
    price = row(destination="x" * 60, rate_steps=parse_steps(LONGEST))
    ids = {"account_id": "a" * 24, "line_id": "l" * 24, "user_id": "u" * 24, "call_id": "c" * 36}
    item = entry_item(charge_entry(call(**ids), RatedCall(price, "v" * 29, "US", 10**6, 10**13, 86_400), "UTC", NOW))
    assert item["rate_steps"] == {"S": LONGEST}
    at = "2026-11-23T12:00:00.000Z"
    names = ("a" * 24, "c" * 36, "c" * 36, "l" * 24, "+" + "4" * 12, "US")
    hold = Hold(*names, HoldStatus.LIVE, 10**12, 86_400, "v" * 29, price, at, at, 86_400, "insufficient_credit")
    assert max(item_bytes(item), item_bytes(hold_item(hold))) <= 1024
    assert hold_from_item(hold_item(hold)) == hold


def test_items_of_rows_without_steps_have_no_attribute_for_them() -> None:
    charge = RatedCall(row(), "deck-1", "US", 60, 10**6)
    assert "rate_steps" not in entry_item(charge_entry(call(), charge, "UTC", NOW))
