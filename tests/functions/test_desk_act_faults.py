"""Every act of staff with each fault at each of its requests, twice at once, and again: it happens once, with its
recorded change.
"""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.functions.desk_bench import desk_event
from tests.harness.bench import Bench
from tests.harness.faults import CRASHES, DONE_UNHEARD, NOT_DONE, Point, ask_until_answered
from tests.harness.wire import Pass, Sent, Wire
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

LONG = {
    "duration_seconds": 43_201,
    "started_at": "2026-11-22T22:00:00.000Z",
    "answered_at": "2026-11-22T22:00:00.000Z",
    "ended_at": "2026-11-23T10:00:01.000Z",
}
ACTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "close": ("POST", "/close", {"reason": "Moved"}),
    "confirm": ("POST", "/calls/c_long/confirm", {}),
    "country": ("POST", "/countries/JP/confirm", {}),
    "erase": ("POST", "/numbers/erase", {"number": UNITED_KINGDOM}),
    "export": ("POST", "/exports", {"reason": "Asked for"}),
    "limits": ("PUT", "/limits", {"daily_spend": "50.00"}),
}
IN_STEPS = "erase"
"""An act of several transactions: each request that erases anything records a change."""


class Desk:
    """An account with calls, over a table that can be put back."""

    def __init__(self, world: World, wire: Wire) -> None:
        self.world = world
        self.bench = Bench(world.stack, wire)
        assert world.deliver({}, {"call_id": "c_2"}, LONG | {"call_id": "c_long"}) == []
        self.bench.keep()

    def request(self, name: str) -> tuple[str, dict[str, Any]]:
        """The function of an act, and its event."""
        method, address, body = ACTS[name]
        return desk_event(method, f"/operator/accounts/acct_1{address}", body, key="k_1")

    def changes(self) -> list[dict[str, Any]]:
        """The recorded changes since the beginning."""
        kept = {item["SK"]["S"] for item in self.bench.images}
        return [item for item in self.world.of_kind("ACTIVITY") if item["SK"] not in kept]

    def outcome(self, name: str) -> list[dict[str, Any]]:
        """The table, of an act in steps without its recorded changes, of which there is at least one."""
        changes = self.changes() if name == IN_STEPS else []
        assert bool(changes) == (name == IN_STEPS)
        return [item for item in self.world.stack.items() if item not in changes]


@pytest.fixture
def desk(world: World, wire: Wire) -> Desk:
    """The desk of acct_1."""
    return Desk(world, wire)


def alone(desk: Desk, name: str) -> tuple[list[Sent], list[dict[str, Any]]]:
    """The requests of an act without faults, and the table after it."""
    function, event = desk.request(name)
    desk.bench.put_back()
    with desk.bench.wire.recording() as sent:
        answer = desk.world.stack.invoke(function, event)
    assert answer["statusCode"] in (200, 201), answer["body"]
    assert len(desk.changes()) == 1
    return sent, desk.outcome(name)


@pytest.mark.parametrize("name", ACTS)
def test_an_act_that_fails_anywhere_and_is_repeated_happens_once(desk: Desk, name: str) -> None:
    scenario, expected = alone(desk, name)
    function, event = desk.request(name)
    for at, sent in enumerate(scenario):
        for fault in (*CRASHES, *DONE_UNHEARD, *NOT_DONE):
            desk.bench.put_back()
            point = Point(at, fault.__name__, fault)
            with desk.bench.wire.interfering(point):
                answer = ask_until_answered(desk.world.stack, desk.bench.wire, function, copy.deepcopy(event))
            for late in point.late:
                late()
            label = f"{sent.operation} {at}: {fault.__name__}"
            assert answer["statusCode"] in (200, 201), label
            assert desk.outcome(name) == expected, label


@pytest.mark.parametrize("name", ACTS)
def test_two_requests_at_once_have_the_effect_of_a_single_one(desk: Desk, name: str) -> None:
    scenario, expected = alone(desk, name)
    function, event = desk.request(name)
    for at in range(len(scenario)):
        desk.bench.put_back()
        run = between(at, lambda: desk.world.stack.invoke(function, copy.deepcopy(event)), desk.bench.wire)
        with desk.bench.wire.interfering(run):
            answer = desk.world.stack.invoke(function, copy.deepcopy(event))
        assert answer["statusCode"] in (200, 201), answer["body"]
        assert desk.outcome(name) == expected, f"gap {at}"


def between(at: int, other: Callable[[], Any], wire: Wire) -> Callable[[Sent, Pass], Any]:
    """Run another request before the `at`-th of this one."""
    seen = 0

    def interfere(_: Sent, passed: Pass) -> Any:
        nonlocal seen
        seen += 1
        if seen == at + 1:
            wire.interfere = None
            assert other()["statusCode"] in (200, 201)
        return passed()

    return interfere
