"""When the balance falls below the threshold, the rule buys enough credit once and counts money in flight."""

from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.harness.cards import CHALLENGED, PROCESSING
from tests.harness.recharging import (
    LIFTED,
    bring,
    leave,
    recharges,
    record,
    shown,
    talk,
    usd,
)
from tests.harness.table import sample_event
from tests.harness.till import ALWAYS, CONFIRM, Till
from tests.harness.world import UNITED_KINGDOM

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


def test_the_sample_event_recharges_the_account_it_names(till: Till) -> None:
    till.world.create_account("acct_meridian")
    leave(till, "8.50", "acct_meridian")
    till.set_rule(till.card(account="acct_meridian"), account="acct_meridian")
    assert bring(till, *sample_event("auto_recharge")["Records"]) == []
    assert recharges(till, "acct_meridian") == [("succeeded", "50.00")]
    assert till.world.balance("acct_meridian") == usd("58.50")


# --- The amount -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("threshold", "amount", "posted", "caps", "charged"),
    [
        ("10.00", "50.00", "-429.80", LIFTED, 45000),
        ("10.00", "50.00", "-429.80", {}, 20000),
        ("10.00", "50.00", "9.99", {}, 5000),
        ("10.00", "50.00", "10.00", {}, None),
        ("10.00", "50.00", "10.01", {}, None),
        ("10.00", "5.00", "4.99", {}, 1000),
        ("10.00", "5.00", "5.00", {}, 500),
        ("10.00", "30.00", "-429.80", {"daily_limit": "100.00"}, 9000),
        ("10.00", "30.00", "-429.80", {"monthly_limit": "65.00"}, 6000),
        ("0.00", "50.00", "0.00", {}, None),
        ("0.00", "50.00", "-0.01", {}, 5000),
        ("500.00", "500.00", "-1.00", LIFTED, 50000),
        ("600.00", "150.00", "0.00", LIFTED, 45000),
    ],
)
def test_one_charge_closes_the_gap_within_caps_and_top_up_maximum(
    till: Till, threshold: str, amount: str, posted: str, caps: dict[str, Any], charged: int | None
) -> None:
    leave(till, posted)
    till.set_rule(till.card(), threshold=threshold, amount=amount, **caps)
    if charged is None:
        assert till.stream() == 0
        assert till.charged() == []
        return
    assert bring(till, record(till)) == []
    assert till.charged() == [charged]
    assert till.world.balance() == usd(posted) + charged * 10_000


def test_the_gap_that_a_cap_leaves_is_not_charged_at_once(till: Till) -> None:
    leave(till, "-429.80")
    till.set_rule(till.card())
    till.stream()
    assert till.charged() == [20000]
    assert shown(till) == ("paused", "daily_limit", "2026-11-24T00:00:00.000Z")


# --- Money in flight --------------------------------------------------------------------------------------------------
#
# The known case has a threshold of 6, a balance of 5.50, and 1.00 in flight. All amounts are ten times as large here,
# because the smallest payment is 5.00.


def with_money_on_its_way(till: Till) -> str:
    """Set a threshold of 60.00, a balance of 55.00, and a processing payment of 10.00; its intent."""
    leave(till, "55.00")
    payment = till.paid("10.00", till.card(PROCESSING))
    assert payment["status"] == "processing"
    till.set_rule(till.card(), threshold="60.00")
    till.stream()
    assert recharges(till) == []
    return str(till.intent_of(payment["id"])["id"])


def test_money_in_flight_that_reaches_the_threshold_prevents_a_recharge(till: Till) -> None:
    intent_id = with_money_on_its_way(till)
    Controls(till.stand_in).settle(intent_id)
    till.call_all_back()
    till.stream()
    assert till.charged() == [1000]
    assert till.world.balance() == usd("65.00")


def test_money_that_fails_to_arrive_is_charged_instead(till: Till) -> None:
    intent_id = with_money_on_its_way(till)
    Controls(till.stand_in).fail(intent_id)
    till.call_all_back()
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_money_in_flight_that_exactly_reaches_the_threshold_is_enough(till: Till) -> None:
    with_money_on_its_way(till)
    leave(till, "50.00")
    till.stream()
    assert till.objects("payment_intent")[1:] == []
    leave(till, "49.99")
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]


def test_money_in_flight_that_is_not_enough_makes_the_charge_smaller(till: Till) -> None:
    with_money_on_its_way(till)
    leave(till, "-41.00")
    till.stream()
    assert recharges(till) == [("succeeded", "100.00")]


def test_a_customer_has_fifteen_minutes_to_confirm_at_the_bank(till: Till) -> None:
    leave(till, "5.00")
    waiting = till.paid("25.00", till.card(CHALLENGED))
    assert waiting["status"] == "requires_action"
    till.set_rule(till.card())
    till.later(minutes=14)
    talk(till, 1, UNITED_KINGDOM)
    till.stream()
    assert recharges(till) == []
    till.challenge(waiting["id"])
    till.call_all_back()
    assert (recharges(till), till.charged()) == ([], [2500])


def test_a_payment_abandoned_at_the_bank_is_canceled_first(till: Till) -> None:
    leave(till, "5.00")
    waiting = till.paid("25.00", till.card(CHALLENGED))
    till.set_rule(till.card())
    till.stream()
    till.sweep(minutes=16)
    till.stream()
    assert till.top_up(waiting["id"])["status"] == "canceled"
    assert till.intent_of(waiting["id"])["status"] == "canceled"
    assert recharges(till) == [("succeeded", "50.00")]


def test_money_waiting_too_long_at_the_bank_stops_counting_without_a_call(till: Till) -> None:
    leave(till, "5.00")
    card = till.card(CHALLENGED)
    till.fault("dropped", CONFIRM, count=ALWAYS)
    till.pay("25.00", card)
    till.set_rule(till.card())
    till.stream()
    assert recharges(till) == []
    till.all_well()
    till.sweep(seconds=40)
    assert [item["status"] for item in till.top_ups()] == ["requires_action"]
    till.sweep(minutes=20)
    till.stream()
    assert recharges(till) == [("succeeded", "50.00")]
