"""When the balance falls below the threshold the rule buys credit, once and enough, whatever wakes it; else it does not
even ask Stripe.
"""

from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.harness.cards import CHALLENGED, MASTERCARD, PROCESSING, declining
from tests.harness.recharging import (
    LIFTED,
    a_call,
    automatic,
    bring,
    leave,
    recharges,
    record,
    shown,
    spend,
    talk,
    threshold_watched,
    usd,
)
from tests.harness.table import sample_event
from tests.harness.till import ALWAYS, CONFIRM, RETRIEVE, Till
from tests.harness.world import UNITED_KINGDOM

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


def test_the_sample_event_recharges_the_account_it_names(till: Till) -> None:
    till.world.create_account("acct_meridian")
    leave(till, "8.50", "acct_meridian")
    till.set_rule(till.card(account="acct_meridian"), account="acct_meridian")
    assert bring(till, *sample_event("auto_recharge")["Records"]) == []
    assert recharges(till, "acct_meridian") == [("succeeded", "50.00")]
    assert till.world.balance("acct_meridian") == usd("58.50")


# --- How much ---------------------------------------------------------------------------------------------------------


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


# --- Money on its way -------------------------------------------------------------------------------------------------
#
# The known case is a threshold of 6, a balance of 5.50 and 1.00 on its way: here all of it is ten times as much, since
# one payment is 5.00 at least.


def with_money_on_its_way(till: Till) -> str:
    """A threshold of 60.00, a balance of 55.00, and 10.00 that a bank is still processing; the payment's intent."""
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


# --- What makes it look -----------------------------------------------------------------------------------------------


def test_one_charge_follows_a_call_that_crosses_the_threshold(till: Till) -> None:
    leave(till, "13.50")
    till.set_rule(till.card())
    assert till.stream() == 0
    talk(till, minutes=1)
    assert till.stream() == 0
    talk(till, minutes=1)
    assert till.stream() == 1
    assert till.charged() == [5000]
    assert till.world.balance() == usd("58.50")


def test_many_calls_in_one_delivery_are_one_charge_that_covers_them_all(till: Till) -> None:
    leave(till, "12.00")
    till.set_rule(till.card(), **LIFTED)
    assert till.world.deliver(*[a_call(till, minutes=10) for _ in range(20)]) == []
    till.stream()
    assert till.charged() == [45000]
    assert till.world.balance() == usd("52.00")


def test_a_cheap_call_is_enough_and_exactly_the_threshold_is_not_below_it(till: Till) -> None:
    leave(till, "10.10")
    till.set_rule(till.card())
    talk(till, 1, UNITED_KINGDOM)
    assert till.stream() == 0
    talk(till, 1, UNITED_KINGDOM)
    till.stream()
    assert till.charged() == [5000]


def test_switching_on_while_below_charges_and_while_above_does_not(till: Till) -> None:
    card = till.card()
    leave(till, "5.00")
    till.set_rule(card, enabled=False)
    assert till.stream() == 0
    assert till.charged() == []
    assert till.rule(enabled=True).status == 200
    till.stream()
    assert till.charged() == [5000]
    till.rule(enabled=False)
    till.rule(enabled=True)
    assert till.stream() == 0
    assert till.charged() == [5000]


def test_raising_the_threshold_above_the_balance_charges_once(till: Till) -> None:
    leave(till, "15.00")
    till.set_rule(till.card())
    assert till.stream() == 0
    till.rule(threshold="5.00")
    assert till.stream() == 0
    till.rule(threshold="15.01")
    assert till.stream() == 1
    assert till.charged() == [5000]


def test_setting_the_same_rule_again_while_above_charges_nothing(till: Till) -> None:
    leave(till, "15.00")
    card = till.card()
    for _ in range(3):
        till.set_rule(card)
        assert till.stream() == 0
    assert till.objects("payment_intent") == []


def test_another_card_while_below_charges_that_card(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card(declining("expired_card")))
    till.stream()
    assert till.charged() == []
    till.rule(payment_method_id=till.card(MASTERCARD))
    till.stream()
    assert [(item["status"], item["brand"]) for item in automatic(till)] == [
        ("failed", "visa"),
        ("succeeded", "mastercard"),
    ]


# --- When it does not even ask ----------------------------------------------------------------------------------------


def test_without_a_rule_nothing_is_watched_and_nothing_is_asked(till: Till) -> None:
    till.card()
    leave(till, "-100.00")
    assert threshold_watched(till) is None
    asked = len(till.world.stack.stripe.sent)
    assert till.stream() == 0
    below = record_as_if_watched(till)
    assert bring(till, below) == []
    assert len(till.world.stack.stripe.sent) == asked


def record_as_if_watched(till: Till) -> dict[str, Any]:
    """A record that the filter would not let through, or that is older than what the table says now."""
    made: dict[str, Any] = sample_event("auto_recharge")["Records"][0]
    made["dynamodb"]["Keys"]["PK"] = made["dynamodb"]["NewImage"]["PK"] = {"S": "ACCOUNT#acct_1"}
    return made


@pytest.mark.parametrize("how", ["switched_off", "granted", "threshold_lowered"])
def test_a_record_older_than_the_current_balance_charges_nothing(till: Till, how: str) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    old = record(till)
    if how == "switched_off":
        till.rule(enabled=False)
    elif how == "granted":
        leave(till, "10.00")
    else:
        till.rule(threshold="5.00")
    assert bring(till, old) == []
    assert till.objects("payment_intent") == []


def test_a_closed_account_is_not_charged_and_one_opened_again_is(till: Till) -> None:
    leave(till, "15.00")
    till.set_rule(till.card())
    till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    spend(till, "10.00")
    till.stream()
    assert till.objects("payment_intent") == []
    till.world.operate("PUT", "/accounts/acct_1", {"status": "open"})
    spend(till, "0.01")
    till.stream()
    assert till.charged() == [5000]


def test_a_rule_disabled_during_a_charge_credits_it_as_the_last(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE)
    till.stream()
    assert recharges(till) == [("confirming", "50.00")]
    assert till.rule(enabled=False).body["status"] == "disabled"
    assert till.stream() == 0
    assert till.sweep(minutes=3)["payments"] == 1
    assert recharges(till) == [("succeeded", "50.00")]
    assert till.world.balance() == usd("55.00")
    spend(till, "100.00")
    assert till.stream() == 0
    assert "in_flight" not in till.state()
    assert shown(till) == ("disabled", None, None)


def test_closing_the_account_during_a_charge_loses_no_money(till: Till) -> None:
    leave(till, "5.00")
    till.set_rule(till.card())
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", RETRIEVE)
    till.stream()
    till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    till.sweep(minutes=3)
    assert till.world.balance() == usd("55.00")
