"""Pricing calls again ends in the same ledger after any failure and beside any other run."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from tests.functions.lots_bench import granted
from tests.functions.rerate_bench import COVERING, DEARER, RANGE, charged
from tests.harness.faults import ask_anew, points
from tests.harness.queue import delivery, failures
from tests.harness.table import sample_event
from tests.harness.wire import Sent, Wire
from tests.harness.world import DECK, UNCOVERED, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def timeless(world: World) -> list[dict[str, Any]]:
    """The table without times of writing and without names of runs, after a check of the ledger."""
    world.balance()
    names = {"recorded_at", "updated_at", "settled_at"}
    items = [item for item in world.stack.items() if not item["SK"].startswith("RERATING#")]
    return [
        {name: value for name, value in item.items() if name not in names}
        for item in items
        if item.get("action") != "calls_rerated"
    ]


def meet_each_failure(world: World, wire: Wire, event: dict[str, Any], seen: Callable[[], Any]) -> None:
    """Run `rerate_calls`, then from the same table with a failure at each request, and check that all see the same."""
    raw = world.stack.dynamodb.scan(TableName=world.stack.table_name)["Items"]
    wire.sent.clear()
    world.stack.invoke("rerate_calls", event, seconds=300)
    scenario, expected = list(wire.sent), seen()
    for point in points(scenario):
        put_back(world, raw)
        point.context.seconds = 300
        with wire.interfering(point):
            ask_anew(world.stack, wire, "rerate_calls", event, seconds=300)
        for passed in point.late:
            passed()
        world.stack.let_leases_expire()  # A late request may have taken one.
        assert point.hits, point.name
        assert seen() == expected, point.name


@pytest.mark.parametrize("what", ["sweep", "reprice"])
def test_law_10_a_repeat_after_any_failure_ends_in_the_same_ledger(world: World, wire: Wire, what: str) -> None:
    charged(world)
    world.deliver({"call_id": "c_6", "to": UNCOVERED})
    world.stack.publish(DEARER, "dearer")
    event = {"reprice": RANGE | {"apply": True}} if what == "reprice" else {}
    meet_each_failure(world, wire, event, lambda: timeless(world))


def test_law_10_what_returns_beside_a_grant_is_recorded_once(world: World, wire: Wire) -> None:
    charged(world)
    world.clock.now += timedelta(hours=1)
    granted(world, "10.00", 10)
    world.clock.now += timedelta(hours=1)
    world.stack.publish(DECK.replace(b"0.10", b"0.05"), "cheaper")
    meet_each_failure(world, wire, {"reprice": RANGE | {"apply": True}}, lambda: timeless(world))
    assert world.of_kind("LOT_RETURN")


def put_back(world: World, raw: list[Any]) -> None:
    """Restore the table."""
    client, name = world.stack.dynamodb, world.stack.table_name
    known = {(item["PK"]["S"], item["SK"]["S"]) for item in raw}
    for item in client.scan(TableName=name)["Items"]:
        if (item["PK"]["S"], item["SK"]["S"]) not in known:
            client.delete_item(TableName=name, Key={"PK": item["PK"], "SK": item["SK"]})
    for item in raw:
        client.put_item(TableName=name, Item=item)
    world.stack.forget()


def interrupted(world: World, wire: Wire, event: dict[str, Any], other: Callable[[], Any]) -> None:
    """Run `other` once before each request of an invocation to the table, each time from the same table."""
    raw = world.stack.dynamodb.scan(TableName=world.stack.table_name)["Items"]
    wire.sent.clear()
    world.stack.invoke("rerate_calls", event, seconds=300)
    gaps = sum(sent.service == "dynamodb" for sent in wire.sent)
    put_back(world, raw)
    world.stack.invoke("rerate_calls", event, seconds=300)
    other()
    expected = timeless(world)
    for at in range(gaps):
        put_back(world, raw)
        seen = 0

        def between(sent: Sent, passed: Any, at: int = at) -> Any:
            nonlocal seen
            seen += sent.service == "dynamodb"
            if seen == at + 1 and sent.service == "dynamodb":
                wire.interfere = None
                other()
            return passed()

        with wire.interfering(between):
            world.stack.invoke("rerate_calls", event, seconds=300)
        other()
        world.stack.invoke("rerate_calls", event, seconds=300)
        found = timeless(world)
        assert without_outcomes(found) == without_outcomes(expected), f"gap {at}"


ORDERED = ("outcome", "facts_hash", "run", "correlation_id")


def without_outcomes(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items without what depends on the order: the outcome, and which of the two did it."""
    return [{name: value for name, value in item.items() if name not in ORDERED} for item in items]


def test_a_waiting_call_and_its_redelivery_at_the_same_time_are_one_charge(world: World, wire: Wire) -> None:
    charged(world)
    world.stack.publish(COVERING, "covering")
    again = delivery({"call_id": "c_5", "to": UNCOVERED})
    interrupted(world, wire, {}, lambda: failures(world.stack.invoke("rate_calls", again)))


def test_before_a_deck_is_published_nothing_can_be_rated_and_nothing_fails(world: World) -> None:
    boto3.client("s3").delete_object(Bucket="calling-credit-test-decks", Key="active.json")
    world.stack.forget()
    assert world.stack.invoke("rerate_calls", {}) == {}


def test_two_runs_at_once_take_no_charge_back_twice(world: World, wire: Wire) -> None:
    charged(world)
    world.stack.publish(DEARER, "dearer")
    event = {"reprice": RANGE | {"apply": True}}
    other = {"reprice": RANGE | {"apply": True, "from": "2026-11-01"}}
    interrupted(world, wire, event, lambda: world.stack.invoke("rerate_calls", other, seconds=300))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"from": "2026-11-31"}, "invalid_date"),
        ({"from": "2026-12-01"}, "invalid_date_range"),
        ({"account_id": "acct_nobody"}, "unknown_account"),
        ({"deck": "20200101T000000Z-000000000000"}, "unknown_deck"),
        ({"account_id": "a#b"}, "invalid_request"),
        ({"apply": "yes"}, "invalid_request"),
        ({"by": ""}, "invalid_request"),
        ({"month": "2026-11"}, "invalid_request"),
    ],
)
def test_an_invalid_request_is_reported_and_changes_nothing(world: World, asked: dict[str, Any], code: str) -> None:
    charged(world)
    before = world.stack.items()
    told = world.stack.invoke("rerate_calls", {"reprice": RANGE | {"apply": True} | asked}, seconds=300)
    assert (told["code"], told["detail"][-1]) == (code, ".")
    assert world.stack.items() == before


def test_the_sample_event_is_a_dry_run(world: World) -> None:
    charged(world)
    world.stack.publish(DEARER, "dearer")
    before = world.stack.items()
    assert world.stack.invoke("rerate_calls", sample_event("rerate_calls"), seconds=300)["changed"] == 3
    assert world.stack.items() == before
