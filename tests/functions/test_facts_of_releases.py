"""The entries, waiting calls, and holds of version 1.0.0 recognize their calls."""

from typing import Any

import pytest

from tests.domain.examples import call, deck_csv
from tests.functions.holds_bench import hold
from tests.functions.rerate_bench import COVERING
from tests.harness.releases import RELEASES, Old, cases_of
from tests.harness.till import Till
from tests.harness.world import UNCOVERED

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
[V1] = [folder for folder in RELEASES if folder.name == "v1.0.0"]
OTHER_FACTS: list[dict[str, Any]] = [{"duration_seconds": 126}, {"to": "+442071838751"}, {"user_id": "user_2"}]


def old(till: Till, kind: str, case: str) -> Old:
    """A world with an item of version 1.0.0."""
    return Old(till, V1, cases_of(V1 / f"{kind}.json")[case])


@pytest.mark.parametrize("changes", [{}, {"started_at": "2026-11-23T12:00:00+02:00"}, {"duration_seconds": 125.0}])
def test_a_call_that_version_1_charged_is_not_charged_again(till: Till, changes: dict[str, Any]) -> None:
    world = old(till, "entry", "call_charged").world
    before = [world.of_kind(kind) for kind in ("ENTRY", "BALANCE", "DAY")]
    assert world.deliver(changes, {}) == []
    assert [world.of_kind(kind) for kind in ("ENTRY", "BALANCE", "DAY")] == before


@pytest.mark.parametrize("changes", OTHER_FACTS, ids=str)
def test_other_facts_of_a_call_that_version_1_charged_are_a_conflict(till: Till, changes: dict[str, Any]) -> None:
    world = old(till, "entry", "call_charged").world
    before = world.stack.items()
    assert world.deliver(changes) == ["m_0"]
    assert world.stack.items() == before


def test_a_call_that_waits_since_version_1_is_charged_once(till: Till) -> None:
    bench = old(till, "unrated", "item / 2")
    waiting = {name: value for name, value in bench.item.items() if name not in ("outcome", "settled_at")}
    item = cases_of(V1 / "unrated.json")["item / 2"]
    assert waiting["to"] == UNCOVERED
    sweep = {"sweep_pk": {"S": "UNRATED#1"}, "sweep_sk": {"S": "2026-11-23T10:00:00.000Z#acct_1#c_1"}}
    bench.put({name: value for name, value in item.items() if name in waiting} | sweep)
    world = bench.world
    assert world.deliver({"to": UNCOVERED}) == []
    assert world.deliver({"to": UNCOVERED, "user_id": "user_2"}) == ["m_0"]
    world.stack.publish(COVERING, "covering")
    assert world.stack.invoke("rerate_calls", {"version": "0", "source": "aws.scheduler"}, seconds=300) == {
        "calls_rated": 1
    }
    [entry] = world.entries()
    assert (entry["amount_micros"], entry["origin"], "facts_version" in entry) == (-1_200_000, "US", False)
    assert world.deliver({"to": UNCOVERED}) == []
    assert world.entries() == [entry]


def test_a_live_hold_of_version_1_prices_and_is_released(till: Till) -> None:
    bench = old(till, "hold", "live")
    world = bench.world
    world.stack.publish(deck_csv({"rate_per_minute": "0.90"}), "dearer")
    assert world.deliver({}) == []
    [entry] = world.entries()
    assert (entry["amount_micros"], entry["granted_seconds"], entry["promised"]) == (-300_000, 600, True)
    assert (hold(world)["status"], hold(world)["ended_as"]) == ("released", "answered")


@pytest.mark.parametrize("kind", ["ENTRY", "UNRATED"])
def test_a_call_that_version_1_named_h_is_not_charged_again(till: Till, kind: str) -> None:
    """Version 1.0.0 used such an id as the key; today its hash is the key."""
    bench = old(till, "entry", "call_charged")
    world = bench.world
    world.create_account("acct_2")
    assert world.deliver({"call_id": "h_1", "account_id": "acct_2"}) == []
    [entry] = world.entries("acct_2")
    assert entry["call_id"] == "h_1"
    charged = cases_of(V1 / "entry.json")["call_charged"]
    bench.put(charged | {"facts_hash": {"S": facts_v1("h_1")}}, SK=f"{kind}#2026-11-23T10:00:00.000Z#h_1")
    before = world.stack.items("acct_1")
    assert world.deliver({"call_id": "h_1"}) == []
    assert world.deliver({"call_id": "h_1", "duration_seconds": 126}) == ["m_0"]
    assert world.stack.items("acct_1") == before


def facts_v1(call_id: str) -> str:
    """The hash of version 1 of the example call with another id."""
    return call(call_id=call_id).facts_hash_v1
