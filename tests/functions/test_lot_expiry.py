"""What an expiry may take: the unused rest of its lot, and never credit that came later or was another's."""

from datetime import timedelta

import pytest

from tests.functions.lots_bench import GRACE, call_of, expired, expiring, granted, lots, sweep
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb

HOUR = timedelta(hours=1)


def test_credit_that_is_bought_after_an_expiry_never_expires(world: World) -> None:
    """A debt used up a part of the grant, so that less is there than calls have left of it."""
    world.adjust("-10.00", "in debt")
    granted(world, "30.00", 10)
    sweep(world, timedelta(days=10))
    assert sweep(world, GRACE) == {"expired": 1}
    assert (expired(world), world.balance()) == ([-20_000_000], 0)
    world.adjust("50.00", "bought")
    for _ in range(3):
        assert sweep(world, HOUR) == {}
    assert (expired(world), world.balance()) == ([-20_000_000], 50_000_000)


def test_an_expiry_that_finds_nothing_takes_nothing_later(world: World) -> None:
    granted(world, "30.00", 10)
    world.adjust("-30.00", "taken")
    sweep(world, timedelta(days=10))
    assert sweep(world, GRACE) == {"ended": 1}
    world.adjust("50.00", "bought")
    assert sweep(world, HOUR) == {}
    assert (expired(world), expiring(world), world.balance()) == ([], [], 50_000_000)


def test_only_what_a_hold_kept_back_is_tried_again(world: World) -> None:
    """Of 30 granted, 25 were taken otherwise; a call holds 2 of the other 5."""
    world.operate("PUT", "/accounts/acct_1", {"admission": True})
    lot = granted(world, "30.00", 1)
    world.adjust("-25.00", "taken")
    world.clock.now += timedelta(days=1) + GRACE
    assert world.authorize("c_1", seconds=1200).body["decision"] == "allow"
    assert sweep(world) == {"expired": 1}
    assert (expired(world), expiring(world)) == ([-3_000_000], ["2.00"])
    world.adjust("50.00", "bought")
    world.clock.now += HOUR / 2
    assert world.deliver(call_of(600, started_at="2026-11-24T18:00:00.000Z")) == []
    assert sweep(world, HOUR / 2) == {"expired": 1}
    assert (expired(world), world.balance()) == ([-3_000_000, -1_000_000], 50_000_000)
    assert "sweep_sk" not in lots(world)[lot]


def test_all_of_a_lot_that_is_held_is_tried_again(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"admission": True})
    granted(world, "2.00", 1)
    world.clock.now += timedelta(days=1) + GRACE
    assert world.authorize("c_1", seconds=1200).body["decision"] == "allow"
    rounds = [sweep(world, step) for step in (timedelta(), HOUR / 2, HOUR / 2)]
    assert rounds == [{"postponed": 1}, {}, {"expired": 1}], "the hold has expired by then"
    assert (expired(world), world.balance()) == ([-2_000_000], 0)
