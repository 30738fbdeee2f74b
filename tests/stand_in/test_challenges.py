"""A card that requires authentication: challenged on session, declined off session."""

import pytest
import stripe

from local.stripe_stand_in.controls import Controls
from tests.stand_in.conftest import Till
from tests.stand_in.test_payments import refused


@pytest.mark.parametrize(
    ("card", "code", "decline_code", "advice_code"),
    [
        ("pm_card_chargeCustomerFail", "card_declined", "generic_decline", "try_again_later"),
        ("pm_card_attachesThenDeclines_insufficient_funds", "card_declined", "insufficient_funds", "try_again_later"),
        ("pm_card_attachesThenDeclines_lost_card", "card_declined", "lost_card", "do_not_try_again"),
        (
            "pm_card_attachesThenDeclines_do_not_honor__do_not_try_again",
            "card_declined",
            "do_not_honor",
            "do_not_try_again",
        ),
        ("pm_card_attachesThenDeclines_do_not_honor", "card_declined", "do_not_honor", None),
        ("pm_card_attachesThenDeclines_expired_card", "expired_card", None, "confirm_card_data"),
        ("pm_card_attachesThenDeclines_processing_error", "processing_error", None, "try_again_later"),
        ("pm_card_authenticationRequired", "authentication_required", "authentication_required", None),
        ("pm_card_authenticationRequiredOnSetup", "authentication_required", "authentication_required", None),
        ("pm_card_threeDSecure2Required", "authentication_required", "authentication_required", None),
    ],
)
def test_a_declined_payment_is_an_error_with_its_reason(
    till: Till, card: str, code: str, decline_code: str | None, advice_code: str | None
) -> None:
    error, intent = till.declined(card)
    raised, stored = error.error, intent.last_payment_error
    assert raised is not None
    assert stored is not None
    assert error.http_status == 402
    assert (raised.type, raised.code, raised.decline_code, raised.advice_code) == (
        "card_error",
        code,
        decline_code,
        advice_code,
    )
    assert raised.payment_intent is not None
    assert (raised.payment_intent.id, raised.payment_intent.status) == (intent.id, "requires_payment_method")
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert (raised.charge, stored.charge) == (intent.latest_charge, intent.latest_charge)
    assert raised.payment_method is not None
    assert stored.payment_method is not None
    assert stored.payment_method.id == raised.payment_method.id
    assert stored.to_dict().get("decline_code") == decline_code
    assert stored.to_dict().get("advice_code") == advice_code
    assert till.client.v1.charges.retrieve(str(raised.charge)).failure_code == code
    assert till.event_types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_declined_intent_stays_payable_with_the_same_or_another_card(till: Till) -> None:
    error, intent = till.declined("pm_card_chargeCustomerFail")
    assert error.error is not None
    assert error.error.payment_method is not None
    with pytest.raises(stripe.CardError):
        till.confirm(intent, payment_method=error.error.payment_method.id)
    paid = till.confirm(intent, payment_method=till.save())
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    charges = till.client.v1.charges.list({"payment_intent": intent.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed", "failed"]


def test_a_declined_intent_needs_a_card_to_be_confirmed_again(till: Till) -> None:
    _, intent = till.declined("pm_card_chargeCustomerFail")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.confirm(intent)
    assert refused(caught) == "payment_intent_unexpected_state"


def test_a_present_customer_is_sent_to_a_challenge_and_back(till: Till, controls: Controls) -> None:
    intent = till.intent("pm_card_authenticationRequired")
    confirmed = till.confirm(intent, off_session=False, return_url="http://localhost/back")
    assert confirmed.status == "requires_action"
    assert confirmed.next_action is not None
    assert confirmed.next_action.to_dict() == {
        "type": "redirect_to_url",
        "redirect_to_url": {
            "url": f"http://127.0.0.1:8420/challenge/{intent.id}",
            "return_url": "http://localhost/back",
        },
    }
    controls.answer_challenge(intent.id)
    paid = till.client.v1.payment_intents.retrieve(intent.id)
    assert (paid.status, paid.next_action) == ("succeeded", None)


def test_without_a_return_url_the_challenge_is_left_to_the_sdk(till: Till) -> None:
    confirmed = till.confirm(till.intent("pm_card_authenticationRequired"), off_session=False)
    assert confirmed.next_action is not None
    assert confirmed.next_action.type == "use_stripe_sdk"


def test_a_declined_challenge_keeps_the_intent_payable_and_uncharged(till: Till, controls: Controls) -> None:
    intent = till.confirm(till.intent("pm_card_authenticationRequired"), off_session=False)
    controls.answer_challenge(intent.id, confirmed=False)
    failed = till.client.v1.payment_intents.retrieve(intent.id)
    assert (failed.status, failed.latest_charge) == ("requires_payment_method", None)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert till.confirm(intent, payment_method=till.save()).status == "succeeded"


def test_a_challenge_can_end_in_a_decline(till: Till, controls: Controls) -> None:
    card = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
    intent = till.confirm(till.intent(card), off_session=False)
    controls.answer_challenge(intent.id)
    failed = till.client.v1.payment_intents.retrieve(intent.id)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.decline_code == "insufficient_funds"


def test_error_on_requires_action_declines_instead_of_challenging(till: Till) -> None:
    intent = till.intent("pm_card_authenticationRequired")
    with pytest.raises(stripe.CardError) as caught:
        till.confirm(intent, off_session=False, error_on_requires_action=True)
    assert refused(caught) == "authentication_required"


def test_a_set_up_card_pays_off_session_and_is_challenged_on_session(till: Till, controls: Controls) -> None:
    session = till.session()
    controls.complete_checkout(session.id, "4000002500003155")
    saved = till.client.v1.payment_methods.list({"customer": till.customer.id}).data[0].id
    assert till.confirm(till.intent(None), payment_method=saved).status == "succeeded"
    assert till.confirm(till.intent(None), payment_method=saved, off_session=False).status == "requires_action"


def test_a_challenge_with_setup_for_later_sets_the_card_up(till: Till, controls: Controls) -> None:
    intent = till.intent("pm_card_authenticationRequiredOnSetup", setup_future_usage="off_session")
    controls.answer_challenge(till.confirm(intent, off_session=False).id)
    card = till.client.v1.payment_methods.list({"customer": till.customer.id}).data[0].id
    assert till.confirm(till.intent(None), payment_method=card).status == "succeeded"


@pytest.mark.parametrize("verb", ["confirm", "cancel"])
@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_processing"])
def test_a_paid_or_processing_intent_can_be_neither_confirmed_nor_canceled(till: Till, card: str, verb: str) -> None:
    intent = till.paid(card)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        getattr(till.client.v1.payment_intents, verb)(intent.id)
    assert refused(caught) == "payment_intent_unexpected_state"
    assert caught.value.error is not None
    assert caught.value.error.payment_intent is not None
    assert caught.value.error.payment_intent.id == intent.id


def test_an_intent_in_a_challenge_can_be_canceled_or_get_another_card(till: Till) -> None:
    first, second = (till.confirm(till.intent("pm_card_authenticationRequired"), off_session=False) for _ in range(2))
    canceled = till.client.v1.payment_intents.cancel(first.id)
    assert (canceled.status, canceled.next_action) == ("canceled", None)
    assert till.confirm(second, payment_method=till.save()).status == "succeeded"
