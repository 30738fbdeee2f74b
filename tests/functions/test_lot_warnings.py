"""What a customer learns of credit that expires, and what leaves granted credit alone."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.notifications.from_stream import derive_events
from tests.domain.credit_examples import AT
from tests.functions.lots_bench import GRACE, expiring, granted, lots, spend, sweep
from tests.functions.moves_bench import refund
from tests.functions.test_lot_take_backs import take_back
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


def warnings_of(world: World, lot: str, step: timedelta, rounds: int) -> list[tuple[int, str]]:
    """Run rounds, and derive the warnings from each change of a lot: how many days ahead, and the amount."""
    found = []
    for _ in range(rounds):
        before = lots(world)[lot]
        sweep(world, step)
        for event in derive_events(before, lots(world)[lot], AT):
            data = event.model_dump()["data"]
            found.append((data["days"], data["amount"]))
    return found


def test_a_warning_comes_7_and_2_days_ahead_once_each(world: World) -> None:
    lot = granted(world, "10.00", 9)
    assert warnings_of(world, lot, timedelta(hours=6), 7) == []
    assert warnings_of(world, lot, timedelta(hours=6), 3) == [(7, "10.00")]
    spend(world, 4)
    assert warnings_of(world, lot, timedelta(hours=12), 10) == [(2, "6.00")]
    assert warnings_of(world, lot, timedelta(hours=6), 4) == []


def test_a_late_round_sends_only_the_second_warning(world: World) -> None:
    lot = granted(world, "10.00", 9)
    assert warnings_of(world, lot, timedelta(days=8), 1) == [(2, "10.00")]


def test_used_credit_needs_no_warning(world: World) -> None:
    lot = granted(world, "4.00", 9)
    spend(world, 4)
    assert warnings_of(world, lot, timedelta(days=2), 6) == []
    assert "sweep_sk" not in lots(world)[lot]


def test_credit_that_was_taken_back_is_not_announced(world: World) -> None:
    lot = granted(world, "4.00", 9)
    assert take_back(world, lot, "4.00").status == 201
    assert warnings_of(world, lot, timedelta(days=2), 6) == []
    assert "sweep_sk" not in lots(world)[lot]


def test_a_grant_with_little_time_left_has_no_warning_that_is_past(world: World) -> None:
    lot = granted(world, "4.00", 1)
    assert warnings_of(world, lot, timedelta(hours=8), 3) == []


def test_a_refund_of_a_bought_top_up_touches_no_lot(till: Till) -> None:
    world = till.world
    topup = till.paid("20.00", till.card())["id"]
    lot = granted(world, "30.00", 10)
    before = lots(world)
    assert refund(world, topup, "20.00").status == 201
    assert (lots(world), expiring(world)) == (before, ["30.00"])
    assert sweep(world, timedelta(days=10) + GRACE) == {"expired": 1}
    assert (lots(world)[lot]["expired_micros"], world.balance()) == (30_000_000, 0)


def test_the_desk_shows_what_happened_to_each_lot(world: World) -> None:
    first, second = granted(world, "10.00", 5), granted(world, "20.00", kind="promotional")
    spend(world, 4)
    sweep(world, timedelta(days=5) + GRACE)
    claims: dict[str, Any] = {
        "custom:account_id": None,
        "cognito:groups": ["support"],
        "token_use": "id",
        "sub": "staff-1",
    }
    page = world.ask("read_accounts", "GET", "/operator/accounts/acct_1", **claims).body
    shown = {lot["id"]: (lot["kind"], lot["amount"], lot["used"], lot["expired"]) for lot in page["lots"]}
    assert shown == {
        first: ("granted", "10.00", "4.00", "6.00"),
        second: ("promotional", "20.00", "0.00", "0.00"),
    }
    assert list(shown) == [second, first]
