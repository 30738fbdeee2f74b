"""A saved card gets a new date or number, from the API or from the card network, and stays the same payment method."""

from typing import Any

import pytest
import stripe

from local.stripe_stand_in.controls import Controls
from tests.stand_in.conftest import Till
from tests.stand_in.test_payments import refused


def card_of(till: Till, payment_method_id: str) -> Any:
    """The current card of a payment method."""
    return till.client.v1.payment_methods.retrieve(payment_method_id).card


def test_the_api_changes_the_expiry_date_of_a_saved_card(till: Till) -> None:
    card = till.save()
    before = card_of(till, card)
    till.stand_in.take_events()
    params: Any = {"card": {"exp_month": 3, "exp_year": 2036}, "metadata": {"a": "b"}}
    updated = till.client.v1.payment_methods.update(card, params)
    assert updated.card is not None
    assert (updated.card.exp_month, updated.card.exp_year) == (3, 2036)
    assert (updated.card.fingerprint, updated.card.last4) == (before.fingerprint, "4242")
    (event,) = till.stand_in.take_events()
    assert event["type"] == "payment_method.updated"
    assert event["data"]["previous_attributes"] == {
        "card": {"exp_month": 11, "exp_year": 2034},
        "metadata": {"a": None},
    }


def test_only_a_saved_card_is_updated_and_only_to_a_future_date(till: Till) -> None:
    card = till.save()
    past: Any = {"card": {"exp_year": 2020}}
    with pytest.raises(stripe.CardError) as declined:
        till.client.v1.payment_methods.update(card, past)
    assert refused(declined) == "invalid_expiry_year"
    till.client.v1.payment_methods.detach(card)
    with pytest.raises(stripe.InvalidRequestError, match="must save this PaymentMethod to a customer"):
        till.client.v1.payment_methods.update(card, {"metadata": {"a": "b"}})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.payment_methods.update("pm_other", {"metadata": {"a": "b"}})
    assert (refused(caught), caught.value.param) == ("resource_missing", "payment_method")


def test_the_network_renews_a_card_under_the_same_payment_method(till: Till, controls: Controls) -> None:
    card = till.save()
    before = card_of(till, card)
    till.stand_in.take_events()
    controls.renew_card(card)
    after = card_of(till, card)
    assert after.fingerprint != before.fingerprint
    assert after.last4 != before.last4
    assert (after.exp_month, after.exp_year) == (before.exp_month, before.exp_year + 5)
    (event,) = till.stand_in.take_events()
    assert event["type"] == "payment_method.automatically_updated"
    assert event["data"]["object"]["card"]["last4"] == after.last4
    previous = event["data"]["previous_attributes"]["card"]
    assert previous == {"fingerprint": before.fingerprint, "last4": "4242", "exp_year": before.exp_year}
    assert till.confirm(till.intent(None, payment_method=card)).status == "succeeded"


def test_a_renewal_can_keep_the_number_or_name_a_test_card(till: Till, controls: Controls) -> None:
    card = till.save()
    before = card_of(till, card)
    controls.renew_card(card, exp_month=1, exp_year=2027, same_number=True)
    after = card_of(till, card)
    assert (after.fingerprint, after.exp_month, after.exp_year) == (before.fingerprint, 1, 2027)
    controls.renew_card(card, "5555555555554444", event="payment_method.updated")
    after = card_of(till, card)
    assert (after.brand, after.last4, after.exp_year) == ("mastercard", "4444", 2032)
    assert till.event_types()[-2:] == ["payment_method.automatically_updated", "payment_method.updated"]


def test_the_bank_changes_its_answer_for_a_number_however_often_saved(till: Till, controls: Controls) -> None:
    first, second, other = till.save(), till.save(), till.save("pm_card_mastercard")
    controls.decline_card(first, "some_new_code")
    for card in (first, second):
        with pytest.raises(stripe.CardError) as caught:
            till.confirm(till.intent(None, payment_method=card))
        error = caught.value.error
        assert error is not None
        assert (error.code, error.decline_code, error.advice_code) == ("card_declined", "some_new_code", None)
    assert till.confirm(till.intent(None, payment_method=other)).status == "succeeded"
    controls.accept_card(second)
    assert till.confirm(till.intent(None, payment_method=first)).status == "succeeded"


def test_a_card_can_have_no_fingerprint(till: Till) -> None:
    intent = till.paid("pm_card_noFingerprint")
    charge: Any = till.client.v1.charges.retrieve(str(intent.latest_charge))
    assert card_of(till, str(intent.payment_method)).fingerprint is None
    assert charge.payment_method_details.card.fingerprint is None


@pytest.mark.parametrize("reason", ["lost_card", "fraudulent", "expired_card"])
def test_a_decline_can_come_without_its_usual_advice(till: Till, controls: Controls, reason: str) -> None:
    card = till.save()
    controls.decline_card(card, reason, "no_advice")
    for tried in (card, till.save(f"pm_card_attachesThenDeclines_{reason}__no_advice")):
        with pytest.raises(stripe.CardError) as caught:
            till.confirm(till.intent(None, payment_method=tried))
        error = caught.value.error
        assert error is not None
        assert (error.decline_code or error.code, error.advice_code) == (reason, None)
