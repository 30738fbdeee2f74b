"""The recharges that count toward a cap, and the caps that bound toll fraud."""

import pytest

from tests.functions.caps_bench import used_up
from tests.harness.cards import DECLINED, VISA
from tests.harness.recharging import (
    automatic,
    leave,
    minutes_pass,
    put_rule,
    recharges,
    shown,
    talk,
    threshold_watched,
    usd,
)
from tests.harness.till import CONFIRM, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


@pytest.mark.parametrize("name", ["hourly_count", "daily_limit", "monthly_limit"])
def test_only_raising_the_cap_charges_at_once(till: Till, name: str) -> None:
    used_up(till, name)
    before = shown(till)
    till.rule(threshold="10.00")
    till.stream()
    assert (shown(till), till.charged()) == (before, [5000])
    put_rule(till, {name: 2 if name == "hourly_count" else "100.00"})
    assert till.stream() == 1
    assert till.charged() == [5000] * 2


@pytest.mark.parametrize("name", ["hourly_count", "daily_limit", "monthly_limit"])
def test_a_payment_by_hand_is_no_recharge_and_uses_up_no_cap(till: Till, name: str) -> None:
    used_up(till, name)
    leave(till, "-30.00")
    till.paid("25.00", till.card())
    till.stream()
    assert till.charged() == [5000, 2500]
    assert shown(till)[:2] == ("paused", name)
    assert threshold_watched(till) is None


def test_a_cap_with_too_little_room_allows_the_remainder(till: Till) -> None:
    leave(till, "-160.00")
    till.set_rule(till.card(), daily_limit="140.00")
    till.stream()
    assert recharges(till) == [("succeeded", "100.00")]
    assert shown(till)[:2] == ("paused", "daily_limit")


# --- What counts toward a cap -----------------------------------------------------------------------------------------


def test_a_recharge_under_way_counts_and_one_that_failed_is_given_back(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(DECLINED), hourly_count=1, daily_limit="50.00", monthly_limit="50.00")
    till.stream()
    assert recharges(till) == [("failed", "50.00")]
    till.rule(payment_method_id=till.card(VISA))
    till.stream()
    assert recharges(till) == [("failed", "50.00"), ("succeeded", "50.00")]
    leave(till, "5.00")
    till.stream()
    assert shown(till)[:2] == ("paused", "hourly_count")


def test_a_claim_counts_from_the_moment_it_is_made(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(), hourly_count=1)
    till.fault("dropped", CONFIRM, count=2)
    till.stream()
    [attempt] = automatic(till)
    assert attempt["status"] == "confirming"
    assert '"claimed"' in till.state()["recent"]
    till.sweep(minutes=3)
    leave(till, "5.00")
    till.stream()
    assert shown(till) == ("paused", "hourly_count", "2026-11-23T13:00:00.000Z")


# --- Toll fraud -------------------------------------------------------------------------------------------------------


def test_hourly_count_and_daily_limit_bound_an_hour_of_toll_fraud(till: Till) -> None:
    leave(till, "40.00")
    till.set_rule(till.card())
    minutes_pass(till, 90, lambda: talk(till, minutes=50), step=5)
    assert till.charged() == [10000, 10000]
    assert till.world.balance() == usd("40.00") + usd("200.00") - 18 * usd("100.50")
    assert shown(till) == ("paused", "daily_limit", "2026-11-24T00:00:00.000Z")


def test_the_hourly_count_bounds_slower_fraud(till: Till) -> None:
    leave(till, "40.00")
    till.set_rule(till.card(), amount="20.00")
    minutes_pass(till, 60, lambda: talk(till, minutes=9), step=5)
    assert till.charged() == [2000] * 3
    assert shown(till)[:2] == ("paused", "hourly_count")
