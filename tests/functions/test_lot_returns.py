"""Charges that are taken back after lots were granted, used, or expired: each call is as if it were never charged."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.charging import correction_store
from calling_credit.lots.returning import LotReturns
from tests.functions.accounts_bench import at_once
from tests.functions.lots_bench import GRACE, STARTED, expired, expiring, granted, lots, spend, sweep
from tests.functions.test_lot_take_backs import take_back
from tests.harness.http import Answer
from tests.harness.world import DECK, World

pytestmark = pytest.mark.dynamodb

HOUR = timedelta(hours=1)


def waive(world: World, call_id: str = "c_1", seconds: int | None = None) -> Answer:
    """Take the charge of a call back, or correct its duration."""
    stated: dict[str, Any] = {"waive": True} if seconds is None else {"duration_seconds": seconds}
    body = stated | {"reason": "A bad line", "started_at": STARTED}
    path = f"/accounts/acct_1/calls/{call_id}/corrections"
    return world.desk("POST", path, body, key=f"k_{call_id}_{seconds}")


def later(world: World) -> None:
    """Let an hour pass."""
    world.clock.now += HOUR


def test_a_call_from_before_a_grant_returns_nothing_to_it(world: World) -> None:
    world.adjust("20.00", "bought")
    spend(world, 3, "c_old")
    later(world)
    granted(world, "10.00", 10)
    spend(world, 10, "c_new")
    later(world)
    assert waive(world, "c_old").status == 201
    assert (expiring(world), world.balance()) == ([], 20_000_000)
    sweep(world, timedelta(days=10))
    sweep(world, GRACE)
    assert (expired(world), world.balance()) == ([], 20_000_000), "the waiver stays with the customer"


def test_calls_after_a_waiver_of_an_older_one_use_the_grant(world: World) -> None:
    world.adjust("20.00", "bought")
    spend(world, 20, "c_old")
    later(world)
    granted(world, "10.00", 10)
    later(world)
    assert waive(world, "c_old").status == 201
    assert expiring(world) == ["10.00"]
    later(world)
    spend(world, 4, "c_new")
    assert (expiring(world), world.balance()) == (["6.00"], 26_000_000)
    sweep(world, timedelta(days=10))
    sweep(world, GRACE)
    assert (expired(world), world.balance()) == ([-6_000_000], 20_000_000)


def test_a_call_of_an_expired_grant_hides_no_later_call(world: World) -> None:
    granted(world, "10.00", 5)
    granted(world, "10.00", 20)
    spend(world, 4, "c_1")
    sweep(world, timedelta(days=5))
    assert sweep(world, GRACE) == {"expired": 1}
    assert (expired(world), expiring(world)) == ([-6_000_000], ["10.00"])
    later(world)
    assert waive(world).status == 201
    assert (expiring(world), world.balance()) == (["10.00"], 14_000_000), "used is not negative, nothing is revived"
    later(world)
    spend(world, 3, "c_2")
    assert expiring(world) == ["7.00"]
    sweep(world, timedelta(days=15))
    sweep(world, GRACE)
    assert (expired(world), world.balance()) == ([-6_000_000, -7_000_000], 4_000_000)


def test_a_call_after_the_grant_returns_to_it_beside_an_older_one(world: World) -> None:
    world.adjust("20.00", "bought")
    spend(world, 3, "c_old")
    later(world)
    granted(world, "10.00", 10)
    later(world)
    spend(world, 4, "c_new")
    later(world)
    assert waive(world, "c_old").status == 201
    assert expiring(world) == ["6.00"]
    assert waive(world, "c_new").status == 201
    assert (expiring(world), world.balance()) == (["10.00"], 30_000_000)


def test_a_shorter_duration_returns_the_difference(world: World) -> None:
    world.adjust("20.00", "bought")
    spend(world, 5, "c_old")
    later(world)
    granted(world, "10.00", 10)
    later(world)
    assert waive(world, "c_old", 1800).status == 201
    later(world)
    assert waive(world, "c_old").status == 201
    spend(world, 4, "c_new")
    assert (expiring(world), world.balance()) == (["6.00"], 26_000_000)


def test_a_raise_that_is_returned_returns_to_the_grant(world: World) -> None:
    """The raise of an older call used the grant; only the older part of the charge returns to bought credit."""
    world.adjust("20.00", "bought")
    spend(world, 5, "c_old")
    later(world)
    granted(world, "10.00", 10)
    later(world)
    assert waive(world, "c_old", 7 * 600).status == 201
    assert expiring(world) == ["8.00"]
    later(world)
    assert waive(world, "c_old").status == 201
    assert (expiring(world), world.balance()) == (["10.00"], 30_000_000)
    sweep(world, timedelta(days=10))
    sweep(world, GRACE)
    assert (expired(world), world.balance()) == ([-10_000_000], 20_000_000)


def test_a_rerating_and_its_return_leave_the_grant_as_it_was(world: World) -> None:
    world.adjust("20.00", "bought")
    for number in range(6):
        spend(world, 1, f"c_{number}")
    later(world)
    granted(world, "10.00", 10)
    asked = {"account_id": "acct_1", "from": "2026-11-01", "to": "2026-11-30", "deck": "active", "by": "ops"}
    for version, rate, left in (("deck-2", b"0.20", "4.00"), ("deck-3", b"0.10", "10.00")):
        later(world)
        world.stack.publish(DECK.replace(b"0.10", rate), version)
        answer = world.stack.invoke("rerate_calls", {"reprice": asked | {"apply": True}}, seconds=300)
        assert (answer["changed"], expiring(world)) == (6, [left])
    sweep(world, timedelta(days=10))
    sweep(world, GRACE)
    assert (expired(world), world.balance()) == ([-10_000_000], 14_000_000)


@pytest.mark.parametrize("step", ["expiry", "take-back", "grant"])
def test_a_waiver_sees_a_step_that_comes_between(world: World, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    world.adjust("20.00", "bought")
    first = granted(world, "10.00", 5)
    granted(world, "10.00", 20)
    later(world)
    spend(world, 4, "c_1")
    sweep(world, timedelta(days=5))
    steps: dict[str, Callable[[], object]] = {
        "expiry": lambda: sweep(world, GRACE),
        "take-back": lambda: take_back(world, first, "6.00"),
        "grant": lambda: granted(world, "1.00", 30),
    }
    waiting = [steps[step]]

    class Slow(LotReturns):
        """Lots that change once after they were read."""

        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            while waiting:
                waiting.pop()()

    monkeypatch.setattr(correction_store, "LotReturns", Slow)
    assert waive(world).status == 201
    later(world)
    spend(world, 6, "c_2")
    left = {"expiry": ["4.00"], "take-back": ["8.00"], "grant": ["4.00", "10.00", "1.00"]}
    assert expiring(world) == left[step]
    for _ in range(8):
        sweep(world, timedelta(hours=100))
    bought = {"expiry": 24_000_000, "take-back": 20_000_000, "grant": 20_000_000}
    assert world.balance() == bought[step]


def test_a_grant_after_a_waiver_starts_at_its_sum(world: World) -> None:
    world.adjust("20.00", "bought")
    spend(world, 5, "c_old")
    later(world)
    first = granted(world, "10.00", 30)
    later(world)
    assert waive(world, "c_old").status == 201
    second = granted(world, "7.00", 10)
    assert lots(world)[second]["charged_at_grant"] == 0
    spend(world, 9, "c_new")
    assert expiring(world) == ["8.00"]
    assert take_back(world, first, "8.00").status == 201
    assert world.balance() == 20_000_000


def test_a_lower_price_of_many_calls_returns_to_each_what_it_paid(world: World) -> None:
    """Six calls of a dollar before the grant and two after it then cost half."""
    world.adjust("20.00", "bought")
    for number in range(6):
        spend(world, 1, f"c_old_{number}")
    later(world)
    granted(world, "10.00", 10)
    later(world)
    for number in range(2):
        spend(world, 1, f"c_new_{number}")
    later(world)
    world.stack.publish(DECK.replace(b"0.10", b"0.05"), "deck-2")
    asked = {"account_id": "acct_1", "from": "2026-11-01", "to": "2026-11-30", "deck": "active", "by": "ops"}
    answer = world.stack.invoke("rerate_calls", {"reprice": asked | {"apply": True}}, seconds=300)
    assert answer["changed"] == 8
    assert (expiring(world), world.balance()) == (["9.00"], 26_000_000)
    sweep(world, timedelta(days=10))
    sweep(world, GRACE)
    assert (expired(world), world.balance()) == ([-9_000_000], 17_000_000)


def test_waivers_beside_grants_and_calls_lose_nothing(world: World) -> None:
    world.adjust("20.00", "bought")
    spend(world, 5, "c_old")
    spend(world, 4, "c_other")
    later(world)
    granted(world, "10.00", 10)
    later(world)
    answers = at_once(
        lambda: waive(world, "c_old"),
        lambda: granted(world, "6.00", 20),
        lambda: waive(world, "c_other"),
        lambda: spend(world, 3, "c_new"),
    )
    assert [answers[0].status, answers[2].status] == [201, 201]
    assert (sum(float(one) for one in expiring(world)), world.balance()) == (13.0, 33_000_000)


def test_without_a_live_grant_nothing_is_recorded(world: World) -> None:
    world.adjust("20.00", "bought")
    spend(world, 5, "c_old")
    assert waive(world, "c_old").status == 201
    spend(world, 3, "c_1")
    later(world)
    granted(world, "1.00", 1)
    sweep(world, timedelta(days=1))
    sweep(world, GRACE)
    assert waive(world, "c_1").status == 201
    assert not world.of_kind("LOT_RETURN")
