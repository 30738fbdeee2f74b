"""Hourly, daily, and monthly caps pause automatic recharge; the needed charge follows when the cap ends."""

from collections.abc import Callable
from datetime import datetime

import pytest

from tests.functions.caps_bench import charge, used_up
from tests.harness.cards import DECLINED, declining
from tests.harness.recharging import (
    image,
    leave,
    remove,
    shown,
    talk,
    threshold_watched,
    usd,
)
from tests.harness.till import CONFIRM, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


LOST = declining("lost_card")


# --- The level that headroom is measured from -------------------------------------------------------------------------


def no_rule(till: Till) -> None:
    """The account has no rule."""


def switched_off(till: Till) -> None:
    """The rule is off."""
    till.set_rule(till.card(), enabled=False)


def armed(till: Till) -> None:
    """The rule is on."""
    till.set_rule(till.card())


def charging(till: Till) -> None:
    """Stripe does not answer a charge."""
    till.set_rule(till.card())
    till.fault("dropped", CONFIRM, count=2)
    till.stream()


def backing_off(till: Till) -> None:
    """The card is declined once."""
    till.set_rule(till.card(DECLINED))
    till.stream()


def suspended(till: Till) -> None:
    """The card is reported lost."""
    till.set_rule(till.card(LOST))
    till.stream()


def removed(till: Till) -> None:
    """The card was removed."""
    card = till.card()
    till.set_rule(card)
    remove(till, card)


def too_small_a_maximum(till: Till) -> None:
    """The amount exceeds the payment maximum that the operator lowered."""
    till.set_rule(till.card())
    item = {"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "AUTO_RECHARGE"}}
    till.world.stack.dynamodb.update_item(
        TableName=till.world.stack.table_name,
        Key=item,
        UpdateExpression="SET amount_micros = :much, daily_limit_micros = :most, monthly_limit_micros = :most",
        ExpressionAttributeValues={":much": {"N": str(usd("600"))}, ":most": {"N": str(usd("10000"))}},
    )
    till.stream()


@pytest.mark.parametrize(
    ("reach", "watched", "status", "reason"),
    [
        (no_rule, None, "disabled", None),
        (switched_off, None, "disabled", None),
        (armed, "10.00", "active", None),
        (charging, "10.00", "charging", "in_flight"),
        (backing_off, None, "paused", "backing_off"),
        (suspended, None, "suspended", "card_unusable"),
        (removed, None, "suspended", "card_removed"),
        (too_small_a_maximum, None, "paused", "top_up_maximum"),
        (lambda till: used_up(till, "hourly_count"), None, "paused", "hourly_count"),
        (lambda till: used_up(till, "daily_limit"), None, "paused", "daily_limit"),
        (lambda till: used_up(till, "monthly_limit"), None, "paused", "monthly_limit"),
    ],
    ids=["none", "off", "on", "charging", "backing", "suspended", "removed", "maximum", "hourly", "daily", "monthly"],
)
def test_every_posting_keeps_headroom_at_the_threshold_or_out_of_reach(
    till: Till, reach: Callable[[Till], None], watched: str | None, status: str, reason: str | None
) -> None:
    leave(till, "5.00")
    reach(till)
    assert threshold_watched(till) == watched
    assert shown(till)[:2] == (status, reason)
    for change in ("-20.00", "100.00", "-7.77"):
        till.world.adjust(change, f"change {change}")
        assert threshold_watched(till) == watched
    talk(till)
    assert threshold_watched(till) == watched


@pytest.mark.parametrize(
    "reach",
    [
        switched_off,
        backing_off,
        suspended,
        removed,
        too_small_a_maximum,
        *[lambda till, name=name: used_up(till, name) for name in ("hourly_count", "daily_limit", "monthly_limit")],
    ],
    ids=["off", "backing_off", "suspended", "removed", "maximum", "hourly", "daily", "monthly"],
)
def test_a_busy_account_that_may_not_charge_invokes_nothing(till: Till, reach: Callable[[Till], None]) -> None:
    leave(till, "5.00")
    reach(till)
    assert till.stream() == 0
    asked = len(till.world.stack.stripe.sent)
    nudges = image(till)["nudge"]
    for _ in range(10):
        talk(till, minutes=10)
        assert till.stream() == 0
    till.sweep(minutes=1)
    assert till.stream() == 0
    assert (len(till.world.stack.stripe.sent), image(till)["nudge"]) == (asked, nudges)


# --- When a cap is over -----------------------------------------------------------------------------------------------


def test_three_recharges_an_hour_and_the_next_an_hour_after_the_first(till: Till) -> None:
    leave(till, "50.00")
    till.set_rule(till.card(), daily_limit="1000.00")
    for _ in range(3):
        charge(till)
        till.later(minutes=10)
    leave(till, "5.00")
    till.stream()
    assert shown(till) == ("paused", "hourly_count", "2026-11-23T13:00:00.000Z")
    till.later(minutes=29)
    till.sweep(seconds=59)
    assert till.stream() == 0
    assert till.sweep(seconds=1)["recharges"] == 1
    till.stream()
    assert till.charged() == [5000] * 4
    leave(till, "5.00")
    till.stream()
    assert shown(till) == ("paused", "hourly_count", "2026-11-23T13:10:00.000Z")


@pytest.mark.parametrize(
    ("time_zone", "midnight"),
    [
        ("UTC", "2026-11-24T00:00:00.000Z"),
        ("America/Denver", "2026-11-24T07:00:00.000Z"),
        ("Asia/Tokyo", "2026-11-23T15:00:00.000Z"),
    ],
)
def test_the_daily_limit_is_over_at_the_accounts_own_midnight(till: Till, time_zone: str, midnight: str) -> None:
    till.world.operate("PUT", "/accounts/acct_1", {"time_zone": time_zone})
    used_up(till, "daily_limit")
    assert shown(till) == ("paused", "daily_limit", midnight)
    left = datetime.fromisoformat(midnight) - till.world.clock.now
    till.sweep(seconds=left.total_seconds() - 1)
    assert till.stream() == 0
    till.sweep(seconds=1)
    till.stream()
    assert till.charged() == [5000] * 2
    assert shown(till) == ("active", None, None)


def test_the_monthly_limit_is_over_on_the_first(till: Till) -> None:
    till.world.operate("PUT", "/accounts/acct_1", {"time_zone": "America/New_York"})
    leave(till, "50.00")
    till.set_rule(till.card(), hourly_count=20, monthly_limit="150.00")
    for _ in range(3):
        charge(till)
        till.later(days=1)
    leave(till, "5.00")
    till.stream()
    first = "2026-12-01T05:00:00.000Z"
    assert shown(till) == ("paused", "monthly_limit", first)
    till.sweep(days=3)
    till.sweep(days=1, hours=16, minutes=59)
    assert till.stream() == 0
    till.sweep(minutes=1)
    till.stream()
    assert till.charged() == [5000] * 4
    charge(till, 2)
    leave(till, "5.00")
    till.stream()
    assert shown(till) == ("paused", "monthly_limit", "2027-01-01T05:00:00.000Z")
