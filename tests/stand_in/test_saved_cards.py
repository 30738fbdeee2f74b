"""Cards are saved for a customer, listed, detached permanently, and usable only by their customer."""

from typing import Any

import pytest
import stripe

from tests.stand_in.conftest import Till
from tests.stand_in.test_payments import refused


def test_the_same_card_saved_twice_has_one_fingerprint(till: Till) -> None:
    first, second, other = (
        till.client.v1.payment_methods.retrieve(till.save(card))
        for card in ("pm_card_visa", "pm_card_visa", "pm_card_mastercard")
    )
    assert first.id != second.id
    assert first.card is not None
    assert second.card is not None
    assert other.card is not None
    assert first.card.fingerprint == second.card.fingerprint != other.card.fingerprint
    assert (first.card.brand, first.card.last4, other.card.brand) == ("visa", "4242", "mastercard")
    assert (first.card.exp_year, first.customer) == (2034, till.customer.id)


def test_saved_cards_are_listed_newest_first_page_by_page(till: Till) -> None:
    saved = [till.save() for _ in range(3)]
    methods = till.client.v1.payment_methods
    first = methods.list({"customer": till.customer.id, "type": "card", "limit": 2})
    assert ([card.id for card in first.data], first.has_more) == ([saved[2], saved[1]], True)
    rest = methods.list({"customer": till.customer.id, "starting_after": saved[1]})
    assert [card.id for card in rest.data] == [saved[0]]
    of_customer = till.client.v1.customers.payment_methods.list(till.customer.id)
    assert [card.id for card in of_customer.data] == saved[::-1]
    assert till.client.v1.customers.payment_methods.retrieve(till.customer.id, saved[0]).id == saved[0]


def test_a_detached_card_cannot_be_attached_again(till: Till) -> None:
    card = till.save()
    settings: Any = {"invoice_settings": {"default_payment_method": card}}
    till.client.v1.customers.update(till.customer.id, settings)
    till.stand_in.take_events()
    detached = till.client.v1.payment_methods.detach(card)
    event, updated = till.stand_in.take_events()
    assert detached.customer is None
    assert (event["type"], event["data"]["previous_attributes"]) == (
        "payment_method.detached",
        {"customer": till.customer.id},
    )
    assert updated["type"] == "customer.updated"
    customer = till.client.v1.customers.retrieve(till.customer.id)
    assert customer.invoice_settings is not None
    assert customer.invoice_settings.default_payment_method is None
    assert till.client.v1.payment_methods.list({"customer": till.customer.id}).data == []
    for act in (
        lambda: till.intent(None, payment_method=card),
        lambda: till.save(card),
        lambda: till.client.v1.payment_methods.detach(card),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            act()
        assert refused(caught) == "payment_method_unexpected_state"


def test_an_earlier_intent_cannot_be_paid_with_a_detached_card(till: Till) -> None:
    intent = till.intent()
    till.client.v1.payment_methods.detach(str(intent.payment_method))
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        till.confirm(intent)


def test_another_customers_card_is_refused(till: Till) -> None:
    card = till.save()
    other = till.client.v1.customers.create({"email": "bo@example.com"})
    with pytest.raises(stripe.InvalidRequestError, match="does not belong to the Customer you supplied"):
        till.client.v1.payment_intents.create(
            {"amount": 2500, "currency": "usd", "customer": other.id, "payment_method": card}
        )
    with pytest.raises(stripe.InvalidRequestError, match="belongs to the Customer"):
        till.client.v1.payment_intents.create({"amount": 2500, "currency": "usd", "payment_method": card})
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        till.client.v1.payment_methods.attach(card, {"customer": other.id})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.customers.update(other.id, {"invoice_settings": {"default_payment_method": card}})
    assert refused(caught) == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.customers.payment_methods.retrieve(other.id, card)
    assert caught.value.http_status == 404


def test_a_card_without_a_customer_pays_once(till: Till) -> None:
    card = till.client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id
    assert till.confirm(till.intent(None), payment_method=card).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        till.intent(None, payment_method=card)


def test_an_intent_with_setup_saves_a_card_without_a_customer(till: Till) -> None:
    intent = till.intent(None, setup_future_usage="off_session")
    paid = till.confirm(intent, payment_method="pm_card_visa", off_session=False)
    assert till.client.v1.payment_methods.retrieve(str(paid.payment_method)).customer == till.customer.id


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined"),
        ("pm_card_chargeDeclinedLostCard", "card_declined"),
        ("pm_card_chargeDeclinedStolenCard", "card_declined"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error"),
    ],
)
def test_saving_a_declining_card_is_refused(till: Till, card: str, code: str) -> None:
    with pytest.raises(stripe.CardError) as caught:
        till.save(card)
    assert refused(caught) == code
    assert till.client.v1.payment_methods.list({"customer": till.customer.id}).data == []


def test_a_test_card_can_be_given_by_its_number(till: Till) -> None:
    card: Any = {"number": "378282246310005", "exp_month": 3, "exp_year": 2031, "cvc": "1234"}
    made = till.client.v1.payment_methods.create({"type": "card", "card": card, "billing_details": {"name": "Ana"}})
    assert made.card is not None
    assert (made.card.brand, made.card.exp_month, made.card.exp_year) == ("amex", 3, 2031)
    assert made.billing_details.name == "Ana"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": "4111111111111111"}, "card_declined"),
        ({"exp_year": 2025}, "invalid_expiry_year"),
        ({"exp_month": 13}, "invalid_expiry_month"),
    ],
)
def test_other_numbers_and_past_dates_are_refused(till: Till, change: Any, code: str) -> None:
    card: Any = {"number": "4242424242424242", "exp_month": 3, "exp_year": 2031, "cvc": "123", **change}
    with pytest.raises(stripe.CardError) as caught:
        till.client.v1.payment_methods.create({"type": "card", "card": card})
    assert refused(caught) == code


def test_a_saved_card_that_expired_is_declined(till: Till) -> None:
    card = till.save()
    till.stand_in.account.objects["payment_method"][card]["card"]["exp_year"] = 2025
    with pytest.raises(stripe.CardError) as caught:
        till.confirm(till.intent(None), payment_method=card)
    assert refused(caught) == "expired_card"


def test_a_customer_update_event_names_the_changed_fields(till: Till) -> None:
    updated = till.client.v1.customers.update(till.customer.id, {"name": "Ana", "metadata": {"plan": "x"}})
    (event,) = till.stand_in.take_events()
    assert updated.email == "ana@example.com"
    assert updated.metadata is not None
    assert updated.metadata.to_dict() == {"account_id": "acct_1", "plan": "x"}
    assert event["data"]["previous_attributes"] == {"name": None, "metadata": {"account_id": "acct_1"}}
    till.client.v1.customers.update(till.customer.id, {"name": "Ana"})
    assert till.stand_in.take_events() == []
    assert [found.id for found in till.client.v1.customers.list({"email": "ana@example.com"}).data] == [
        till.customer.id
    ]
