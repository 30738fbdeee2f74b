"""Payment intents go through Stripe's statuses: paid, challenged, declined and payable again, canceled."""

from typing import Any

import pytest
import stripe

from local.stripe_stand_in.controls import Controls
from tests.stand_in.conftest import Till
from tests.stand_in.in_process import Clock

Code = str


def refused(error: Any) -> Code:
    """The code of a refusal; the text beside it for those that have none."""
    return str(error.value.error.code or error.value.user_message)


def test_an_intent_waits_for_a_card_and_then_for_confirmation(till: Till) -> None:
    intent = till.intent(None)
    assert (intent.status, intent.payment_method, intent.latest_charge) == ("requires_payment_method", None, None)
    updated = till.client.v1.payment_intents.update(intent.id, {"payment_method": till.save()})
    assert updated.status == "requires_confirmation"


def test_a_confirmed_intent_is_paid_by_one_charge(till: Till) -> None:
    intent = till.paid(metadata={"topup_id": "t_1"}, description="Calling credit", receipt_email="ana@example.com")
    charge = till.client.v1.charges.retrieve(str(intent.latest_charge))
    assert (intent.status, intent.amount_received, intent.last_payment_error) == ("succeeded", 2500, None)
    assert (charge.paid, charge.amount, charge.payment_intent, charge.customer) == (
        True,
        2500,
        intent.id,
        till.customer.id,
    )
    assert (charge.metadata.to_dict(), charge.description) == ({"topup_id": "t_1"}, "Calling credit")
    assert charge.receipt_url == f"http://127.0.0.1:8420/receipts/{charge.id}"
    assert [item.id for item in till.client.v1.charges.list({"payment_intent": intent.id}).data] == [charge.id]


def test_an_intent_can_be_confirmed_as_it_is_created(till: Till) -> None:
    params: Any = {"amount": 5000, "currency": "USD", "customer": till.customer.id, "payment_method": till.save()}
    params |= {"confirm": True, "off_session": True, "automatic_payment_methods": {"enabled": True}}
    params["automatic_payment_methods"]["allow_redirects"] = "never"
    intent = till.client.v1.payment_intents.create(params)
    assert (intent.status, intent.currency) == ("succeeded", "usd")


def test_a_paid_intent_tells_of_itself_and_its_charge(till: Till) -> None:
    till.paid()
    assert till.event_types() == [
        "payment_method.attached",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]


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
    told, kept = error.error, intent.last_payment_error
    assert told is not None
    assert kept is not None
    assert error.http_status == 402
    assert (told.type, told.code, told.decline_code, told.advice_code) == (
        "card_error",
        code,
        decline_code,
        advice_code,
    )
    assert told.payment_intent is not None
    assert (told.payment_intent.id, told.payment_intent.status) == (intent.id, "requires_payment_method")
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert (told.charge, kept.charge) == (intent.latest_charge, intent.latest_charge)
    assert told.payment_method is not None
    assert kept.payment_method is not None
    assert kept.payment_method.id == told.payment_method.id
    assert kept.to_dict().get("decline_code") == decline_code
    assert kept.to_dict().get("advice_code") == advice_code
    assert till.client.v1.charges.retrieve(str(told.charge)).failure_code == code
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


def test_a_customer_who_is_there_is_sent_to_a_challenge_and_back(till: Till, controls: Controls) -> None:
    intent = till.intent("pm_card_authenticationRequired")
    asked = till.confirm(intent, off_session=False, return_url="http://localhost/back")
    assert asked.status == "requires_action"
    assert asked.next_action is not None
    assert asked.next_action.to_dict() == {
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
    asked = till.confirm(till.intent("pm_card_authenticationRequired"), off_session=False)
    assert asked.next_action is not None
    assert asked.next_action.type == "use_stripe_sdk"


def test_a_declined_challenge_leaves_the_intent_payable_and_without_a_charge(till: Till, controls: Controls) -> None:
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


def test_a_card_that_was_set_up_pays_off_session_and_is_challenged_when_its_holder_is_there(
    till: Till, controls: Controls
) -> None:
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


def test_a_payment_in_processing_is_settled_or_fails_later(till: Till, controls: Controls) -> None:
    first, second = till.paid("pm_card_processing"), till.paid("pm_card_processing")
    assert (first.status, till.client.v1.charges.retrieve(str(first.latest_charge)).status) == ("processing", "pending")
    controls.settle(first.id)
    controls.fail(second.id, "insufficient_funds")
    paid, failed = (till.client.v1.payment_intents.retrieve(intent.id) for intent in (first, second))
    assert (paid.status, paid.amount_received, paid.latest_charge) == ("succeeded", 2500, first.latest_charge)
    assert (failed.status, failed.latest_charge) == ("requires_payment_method", second.latest_charge)
    assert failed.last_payment_error is not None
    assert failed.last_payment_error.decline_code == "insufficient_funds"
    assert "payment_intent.processing" in till.event_types()


def test_a_canceled_intent_says_why_and_cannot_be_paid(till: Till) -> None:
    intent = till.intent()
    canceled = till.client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert till.event_types()[-1] == "payment_intent.canceled"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.confirm(intent)
    assert refused(caught) == "payment_intent_unexpected_state"
    assert caught.value.error is not None
    assert caught.value.error.payment_intent is not None
    assert caught.value.error.payment_intent.status == "canceled"


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


def test_an_intent_that_waits_for_a_challenge_can_be_canceled_or_given_another_card(till: Till) -> None:
    first, second = (till.confirm(till.intent("pm_card_authenticationRequired"), off_session=False) for _ in range(2))
    canceled = till.client.v1.payment_intents.cancel(first.id)
    assert (canceled.status, canceled.next_action) == ("canceled", None)
    assert till.confirm(second, payment_method=till.save()).status == "succeeded"


def test_a_paid_intent_changes_only_in_what_describes_it(till: Till) -> None:
    intent = till.paid(metadata={"a": "1", "b": "2"})
    changed = till.client.v1.payment_intents.update(intent.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    with pytest.raises(stripe.InvalidRequestError):
        till.client.v1.payment_intents.update(intent.id, {"amount": 100})


@pytest.mark.parametrize(("amount", "code"), [(49, "amount_too_small"), (100_000_000, "amount_too_large")])
def test_an_amount_out_of_bounds_is_refused(till: Till, amount: int, code: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.intent(None, amount=amount)
    assert refused(caught) == code


def test_an_intent_that_might_redirect_needs_a_return_url(till: Till) -> None:
    params: Any = {"amount": 2500, "currency": "usd", "customer": till.customer.id, "payment_method": till.save()}
    intent = till.client.v1.payment_intents.create(params)
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        till.confirm(intent)
    assert till.confirm(intent, return_url="http://localhost/back").status == "succeeded"


def test_the_list_is_newest_first_by_customer_and_time_page_by_page(till: Till, clock: Clock) -> None:
    made = []
    for _ in range(5):
        clock.forward(minutes=1)
        made.append(till.intent(None))
    till.client.v1.payment_intents.create({"amount": 2500, "currency": "usd"})
    intents = till.client.v1.payment_intents
    newest = [intent.id for intent in reversed(made)]
    first = intents.list({"customer": till.customer.id, "limit": 2})
    assert ([intent.id for intent in first.data], first.has_more) == (newest[:2], True)
    rest = intents.list({"customer": till.customer.id, "limit": 10, "starting_after": newest[1]})
    assert ([intent.id for intent in rest.data], rest.has_more) == (newest[2:], False)
    assert [intent.id for intent in first.auto_paging_iter()] == newest
    within = {"gte": made[1].created, "lt": made[3].created}
    found = intents.list({"customer": till.customer.id, "created": within})  # type: ignore[arg-type]  # A range it is.
    assert [intent.id for intent in found.data] == [made[2].id, made[1].id]
