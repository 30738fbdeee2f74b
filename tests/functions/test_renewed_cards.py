"""A renewed card stays the card of the rule: shown everywhere, blocked as before, and able to resume the rule."""

from typing import Any

import pytest

from calling_credit.payments.card_store import CardStore
from calling_credit.topups.topup import Card
from local.stripe_stand_in.controls import Controls
from tests.harness.cards import MASTERCARD
from tests.harness.recharging import GOES_ON, becomes, fails_once, leave, shown
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb
EVENTS = ("payment_method.updated", "payment_method.automatically_updated")
HARD = "pm_card_attachesThenDeclines_expired_card"


def listed(till: Till) -> list[dict[str, Any]]:
    """GET /payment-methods."""
    items: list[dict[str, Any]] = till.world.ask("add_funds", "GET", "/payment-methods").body["items"]
    return items


def card_of(till: Till, payment_method_id: str) -> Card:
    """A card as Stripe has it."""
    card = till.stand_in.account.objects["payment_method"][payment_method_id]["card"]
    return Card(payment_method_id, card["brand"], card["last4"], card["fingerprint"])


def cards_of(till: Till) -> CardStore:
    """The cards in the table."""
    return CardStore(till.world.stack.dynamodb, till.world.stack.table_name)


@pytest.mark.parametrize("event", EVENTS)
def test_a_callback_renews_the_card_of_the_rule(till: Till, event: str) -> None:
    leave(till, "50.00")
    card = till.card()
    till.set_rule(card)
    before = till.state()
    Controls(till.stand_in).renew_card(card, event=event)
    assert event in till.call_all_back()
    renewed, state = card_of(till, card), till.state()
    assert state["last4"] == renewed.last4 != before["last4"]
    assert (state["fingerprint"], state["card_expires"]) == (renewed.fingerprint, "2039-11")
    assert state["rule_version"] == before["rule_version"]
    assert [item["last4"] for item in listed(till)] == [till.shown_rule()["payment_method"]["last4"]]


def test_the_list_renews_the_card_of_the_rule_without_a_callback(till: Till) -> None:
    leave(till, "50.00")
    card = till.card()
    till.set_rule(card)
    Controls(till.stand_in).renew_card(card)
    assert [item["last4"] for item in listed(till)] == [till.shown_rule()["payment_method"]["last4"]]
    state = till.state()
    listed(till)
    assert till.state() == state


def test_saving_the_rule_reads_its_card_again(till: Till) -> None:
    leave(till, "50.00")
    card = till.card()
    till.set_rule(card)
    Controls(till.stand_in).renew_card(card)
    assert till.rule(threshold="8.00").status == 200
    assert till.state()["last4"] == card_of(till, card).last4


def test_a_rule_is_tightened_and_switched_off_while_stripe_does_not_answer(till: Till) -> None:
    leave(till, "50.00")
    till.set_rule(till.card())
    till.fault("dropped", "GET /v1/payment_methods/*", count=5)
    assert till.rule(daily_limit="60.00").status == 200
    assert till.rule(enabled=False).status == 200


@pytest.mark.parametrize("same_number", [True, False])
def test_an_expired_card_may_be_tried_again_under_its_new_date(till: Till, same_number: bool) -> None:
    card = fails_once(till, HARD)
    assert till.pay("25.00", card).code == "card_declined_too_often"
    Controls(till.stand_in).renew_card(card, same_number=same_number)
    becomes(till, card, "pm_card_visa")
    till.call_all_back()
    till.paid("25.00", card)
    assert shown(till) == GOES_ON


@pytest.mark.parametrize("is_called_back", [True, False])
def test_a_payment_with_the_renewed_card_resumes_the_rule(till: Till, is_called_back: bool) -> None:
    card = fails_once(till, HARD)
    assert shown(till) == ("suspended", "card_unusable", None)
    Controls(till.stand_in).renew_card(card)
    becomes(till, card, "pm_card_visa")
    if is_called_back:
        till.call_all_back()
    else:
        till.stand_in.take_events()
    assert shown(till) == ("suspended", "card_unusable", None), "a renewal alone charges nothing"
    till.paid("25.00", card)
    assert shown(till) == GOES_ON
    till.check()


def test_a_payment_with_another_card_does_not_resume_the_rule(till: Till) -> None:
    card = fails_once(till, HARD)
    Controls(till.stand_in).renew_card(card)
    till.call_all_back()
    till.paid("25.00", till.card(MASTERCARD))
    assert shown(till) == ("suspended", "card_unusable", None)


@pytest.mark.parametrize("is_the_rules", [True, False])
def test_a_renewed_card_inherits_the_block(till: Till, is_the_rules: bool) -> None:
    leave(till, "50.00")
    card = till.card()
    if is_the_rules:
        till.set_rule(card)
    number = Card("pm_elsewhere", "visa", "4242", card_of(till, card).fingerprint)
    cards_of(till).block(number, "fraudulent", till.world.clock.now)
    Controls(till.stand_in).renew_card(card)
    till.call_all_back()
    assert cards_of(till).is_blocked(Card("pm_again", "visa", "", card_of(till, card).fingerprint))
    assert [item["state"] for item in listed(till)] == ["blocked"]


def test_a_renewed_date_keeps_the_number(till: Till) -> None:
    leave(till, "50.00")
    card = till.card()
    till.set_rule(card)
    before = till.state()
    Controls(till.stand_in).renew_card(card, same_number=True)
    till.call_all_back()
    assert (till.state()["fingerprint"], till.state()["card_expires"]) == (before["fingerprint"], "2039-11")


def test_a_renewed_card_of_another_customer_is_ignored(till: Till) -> None:
    stranger = till.sdk.v1.customers.create({}).id
    card = till.sdk.v1.payment_methods.attach("pm_card_visa", {"customer": stranger}).id
    before = till.world.stack.items("acct_1")
    Controls(till.stand_in).renew_card(card)
    till.call_all_back()
    assert till.world.stack.items("acct_1") == before
    assert not [item for item in till.world.stack.items() if item["SK"] == "CARD"]


def test_a_deleted_customer_suspends_the_rule(till: Till) -> None:
    leave(till, "50.00")
    till.set_rule(till.card())
    Controls(till.stand_in).delete_customer(till.customer())
    assert "customer.deleted" in till.call_all_back()
    assert shown(till) == ("suspended", "card_removed", None)
    assert till.shown_rule()["message"] == "Paused: Visa ending 4242 was removed. Choose a card."


def test_a_deleted_customer_that_was_replaced_leaves_the_rule_alone(till: Till) -> None:
    leave(till, "50.00")
    lost = till.customer()
    Controls(till.stand_in).delete_customer(lost)
    till.stand_in.take_events()
    assert till.world.ask("add_funds", "POST", "/payment-methods").status == 201
    card = till.card()
    till.set_rule(card)
    event = {"id": "evt_1", "object": "event", "type": "customer.deleted"}
    gone = {"id": lost, "object": "customer", "metadata": {"account_id": "acct_1"}}
    till.call_back(event | {"data": {"object": gone}})
    assert shown(till) == GOES_ON
