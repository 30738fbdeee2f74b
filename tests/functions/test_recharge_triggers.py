"""Calls, a changed rule, or a changed account trigger a recharge; without need Stripe receives no request."""

from typing import Any

import pytest

from tests.harness.cards import MASTERCARD, declining
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
from tests.harness.till import CONFIRM, RETRIEVE, Till
from tests.harness.world import UNITED_KINGDOM

pytestmark = [pytest.mark.dynamodb, pytest.mark.usefixtures("law_six")]


# --- Triggers ---------------------------------------------------------------------------------------------------------


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


# --- Without a request to Stripe --------------------------------------------------------------------------------------


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
    """A record that the filter rejects or that is older than the table."""
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


def test_a_closed_account_is_not_charged_until_its_rule_is_on_again(till: Till) -> None:
    leave(till, "15.00")
    till.set_rule(till.card())
    till.world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    spend(till, "10.00")
    till.stream()
    assert till.objects("payment_intent") == []
    till.world.operate("PUT", "/accounts/acct_1", {"status": "open"})
    spend(till, "0.01")
    till.stream()
    assert till.objects("payment_intent") == []
    till.rule(enabled=True)
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
    till.closed_before()
    till.sweep(minutes=3)
    assert till.world.balance() == usd("55.00")
