"""One run of a kind works at a time, and no dead run keeps a lease for longer than it asked for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from calling_credit.dynamodb.leases import Lease, take_lease
from calling_credit.dynamodb.positions import read_position, store_position
from calling_credit.errors import Unavailable
from tests.harness.faults import URL
from tests.harness.table import TABLE
from tests.harness.threads import at_once
from tests.harness.wire import Pass, Sent, Wire, refusal
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
SWEEP = "expire_holds"


def take(world: World, seconds: float = 60.0, name: str = SWEEP) -> Lease | None:
    """Take a lease at the time of the test's clock, with the client of a function."""
    return take_lease(world.stack.apps[SWEEP].dynamodb, TABLE, name, world.clock.now, seconds)


def taken(world: World, seconds: float = 60.0) -> Lease:
    """The same, if it is free."""
    lease = take(world, seconds)
    assert lease is not None
    return lease


def leases(world: World) -> list[dict[str, Any]]:
    """The stored leases."""
    return [item for item in world.stack.stored_items() if item["SK"].startswith("LEASE#")]


def losing(operation: str, *, count: int = 1) -> Callable[[Sent, Pass], Any]:
    """Execute requests of an operation, and lose the first answers."""
    lost: list[Sent] = []

    def lose(sent: Sent, passed: Pass) -> Any:
        answer = passed()
        if sent.operation == operation and len(lost) < count:
            lost.append(sent)
            raise ReadTimeoutError(endpoint_url=URL)
        return answer

    return lose


def test_one_run_at_a_time_holds_a_lease(world: World) -> None:
    first = taken(world)
    assert take(world) is None
    assert take(world, name="reconcile_payments") is not None, "another kind of run is free"
    first.release()
    assert take(world) is not None


def test_one_of_two_runs_at_once_gets_the_lease(world: World) -> None:
    for _ in range(5):
        results = at_once(*[lambda: take(world)] * 4)
        [holder] = [lease for lease in results if lease is not None]
        assert (len(results), leases(world)[0]["holder"]) == (4, holder.holder)
        holder.release()
        assert leases(world) == []


def test_the_lease_of_a_dead_run_expires(world: World) -> None:
    taken(world, seconds=55.5)
    world.clock.now += timedelta(seconds=55.5)
    assert take(world) is None, "the run may still work"
    world.clock.now += timedelta(seconds=2)
    assert take(world) is not None


def test_a_lease_has_a_holder_a_whole_second_and_a_schema(world: World) -> None:
    lease = taken(world, seconds=0.25)
    expires_at = int(world.clock.now.timestamp()) + 1
    key = {"PK": "LEASE", "SK": f"LEASE#{SWEEP}"}
    assert leases(world) == [{**key, "holder": lease.holder, "expires_at": expires_at, "schema": 1}]


def test_a_release_by_an_earlier_holder_changes_nothing(world: World) -> None:
    dead = taken(world, seconds=1)
    world.clock.now += timedelta(seconds=3)
    alive = taken(world)
    before = leases(world)
    dead.release()
    assert leases(world) == before
    assert take(world) is None
    alive.release()
    alive.release()
    assert leases(world) == []


def test_a_lost_answer_does_not_lock_a_run_out_of_its_lease(world: World, wire: Wire) -> None:
    with wire.interfering(losing("PutItem")):
        lease = taken(world)
    assert leases(world)[0]["holder"] == lease.holder
    with wire.interfering(losing("DeleteItem")):
        lease.release()
    assert leases(world) == []


def test_a_lease_without_an_answer_expires_without_a_holder(world: World, wire: Wire) -> None:
    with wire.interfering(losing("PutItem", count=99)), pytest.raises(Unavailable):
        take(world, seconds=60)
    assert take(world) is None
    world.clock.now += timedelta(seconds=61)
    assert take(world) is not None


def test_a_release_without_an_answer_leaves_a_lease_that_expires(world: World, wire: Wire) -> None:
    lease = taken(world)
    with wire.interfering(lambda sent, passed: refusal(500, "InternalServerError")):
        lease.release()
    world.clock.now += timedelta(seconds=61)
    assert take(world) is not None


def test_a_refused_request_is_an_error_and_no_lease(world: World, wire: Wire) -> None:
    lease = taken(world)
    with wire.interfering(lambda sent, passed: refusal(400, "AccessDeniedException")):
        with pytest.raises(ClientError):
            take(world)
        with pytest.raises(ClientError):
            lease.release()


def test_a_position_is_read_as_it_was_stored(world: World) -> None:
    table = (world.stack.dynamodb, TABLE, "waiting_calls")
    assert read_position(*table) is None
    for position in ("UNRATED#1|2026-11-23", "UNRATED#2|", None):
        store_position(*table, position, world.clock.now)
        assert read_position(*table) == position
    assert read_position(world.stack.dynamodb, TABLE, "recharges") is None
    [item] = [item for item in world.stack.stored_items() if item["SK"].startswith("POSITION#")]
    key = {"PK": "LEASE", "SK": "POSITION#waiting_calls"}
    assert item == {**key, "stored_at": "2026-11-23T12:00:00.000Z", "schema": 1}
