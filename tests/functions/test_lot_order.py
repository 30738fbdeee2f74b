"""Granted credit when writers meet: the order of grants, charges, and expiries, and an earlier release beside them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.lots.expiry import LotStep, LotSweep
from calling_credit.lots.lot import Lot, lot_from_item
from tests.functions.accounts_bench import at_once
from tests.functions.lots_bench import GRACE, STARTED, expired, expiring, granted, lots, spend, sweep
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


def lot_of(world: World, lot_id: str) -> Lot:
    """A lot, as a sweep lists it."""
    return lot_from_item(lots(world)[lot_id])


def swept_at(world: World, lot_id: str, before: timedelta = timedelta()) -> LotStep:
    """Take the step of a lot in a round that began some time ago."""
    now = world.clock.now - before
    return LotSweep(world.stack.dynamodb, world.stack.table_name, GRACE, now).step(lot_of(world, lot_id))


def test_a_grant_during_a_slow_round_is_not_used_by_earlier_calls(world: World) -> None:
    """The round began before the grant, and reached the lot that has ended after it."""
    world.adjust("50.00", "bought")
    ended = granted(world, "10.00", 10)
    world.clock.now += timedelta(days=10, seconds=30) + GRACE
    other = granted(world, "8.00", 30)
    spend(world, 4, "c_2")
    assert swept_at(world, ended, timedelta(seconds=30)) == LotStep.EXPIRED
    assert expired(world) == [-6_000_000]
    assert expiring(world) == ["8.00"], "the call used the lot that ended first"
    assert lots(world)[ended]["ended_at"] > lot_of(world, other).granted_at
    spend(world, 9, "c_3")
    assert expiring(world) == []
    assert world.balance() == 49_000_000, "50, 10, and 8 less 13 of calls and 6 that expired"


def test_a_grant_by_a_clock_that_is_behind_keeps_its_order(world: World) -> None:
    world.adjust("50.00", "bought")
    granted(world, "10.00", 20)
    spend(world, 4, "c_1")
    world.clock.now -= timedelta(seconds=2)
    granted(world, "8.00", 10)
    assert expiring(world) == ["8.00", "6.00"]
    world.clock.now += timedelta(seconds=9)
    spend(world, 5, "c_2")
    assert expiring(world) == ["3.00", "6.00"]


def test_two_sweeps_at_once_expire_once(world: World) -> None:
    world.adjust("50.00", "bought")
    lot_id = granted(world, "10.00", 10)
    world.clock.now += timedelta(days=10) + GRACE
    due = lot_of(world, lot_id)

    def step() -> LotStep:
        sweeper = LotSweep(world.stack.dynamodb, world.stack.table_name, GRACE, world.clock.now)
        return sweeper.step(due)

    steps: list[Callable[[], Any]] = [step] * 4
    assert sorted(at_once(*steps)) == ["changed"] * 3 + ["expired"]
    assert (expired(world), world.balance()) == ([-10_000_000], 50_000_000)


def release_before_charges(world: World, dollars: int) -> None:
    """Charge a call as the release before granted credit does: without the running sum and the traced changes."""
    spend(world, dollars, "c_before")
    world.stack.dynamodb.update_item(
        TableName=world.stack.table_name,
        Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "BALANCE"}},
        UpdateExpression="ADD charged_micros :less, traced_micros :more",
        ExpressionAttributeValues={":less": {"N": f"-{dollars}000000"}, ":more": {"N": f"{dollars}000000"}},
    )


def posted(world: World) -> int:
    """The balance, whose charges are not those of the entries after an earlier release."""
    [balance] = world.of_kind("BALANCE")
    return int(balance["posted_micros"])


def test_credit_that_an_earlier_release_may_have_used_is_left(world: World) -> None:
    """After a rollback, no one knows what calls used meanwhile, so the credit stays, and bought credit with it."""
    world.adjust("10.00", "bought")
    lot_id = granted(world, "20.00", 10)
    release_before_charges(world, 20)
    later = granted(world, "5.00", 10)
    rounds = [sweep(world, step) for step in (timedelta(days=10), GRACE, timedelta(days=6), timedelta(days=1))]
    assert rounds == [{"postponed": 2}, {"postponed": 2}, {"postponed": 2}, {"ended": 2}]
    assert (expired(world), posted(world)) == ([], 15_000_000)
    assert set(lots(world)) == {lot_id, later}


def test_credit_that_is_given_after_the_return_expires(world: World) -> None:
    world.adjust("10.00", "bought")
    release_before_charges(world, 4)
    granted(world, "20.00", 10)
    spend(world, 5)
    assert sweep(world, timedelta(days=10)) == {"postponed": 1}
    assert sweep(world, GRACE) == {"expired": 1}
    assert (expired(world), posted(world)) == ([-15_000_000], 6_000_000)


def test_an_account_of_an_earlier_release_has_credit_that_expires(world: World) -> None:
    """Its balance has no running sum and no traced changes yet."""
    world.adjust("10.00", "bought")
    world.stack.dynamodb.update_item(
        TableName=world.stack.table_name,
        Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "BALANCE"}},
        UpdateExpression="REMOVE charged_micros, charged_since, traced_micros",
    )
    granted(world, "20.00", 10)
    spend(world, 5)
    assert expiring(world) == ["15.00"]
    sweep(world, timedelta(days=10))
    assert sweep(world, GRACE) == {"expired": 1}
    assert world.balance() == 10_000_000


def test_a_call_taken_back_after_an_expiry_gives_no_expired_credit_back(world: World) -> None:
    granted(world, "10.00", 10)
    spend(world, 4)
    sweep(world, timedelta(days=10))
    assert sweep(world, GRACE) == {"expired": 1}
    waiver = {"waive": True, "reason": "A bad line", "started_at": STARTED}
    assert world.desk("POST", "/accounts/acct_1/calls/c_1/corrections", waiver, key="k_9").status == 201
    assert (world.balance(), expired(world)) == (4_000_000, [-6_000_000])
    assert sweep(world, timedelta(days=1)) == {}
    other = granted(world, "5.00", 10)
    assert expiring(world) == ["5.00"]
    assert lot_of(world, other).charged_at_grant == 0
