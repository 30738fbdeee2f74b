"""Bank accounts (ACH): saved with a mandate, charged in days, failed or returned, and shaped like the SDK's objects."""

from typing import Any

import pytest
import stripe

from local.stripe_stand_in.app import create_app
from local.stripe_stand_in.bank_accounts import BANK_ACCOUNTS
from local.stripe_stand_in.controls import Controls
from tests.stand_in.conftest import Till
from tests.stand_in.sdk_shapes import complaints, fields_of, required_of

BANK = ["us_bank_account"]
SUCCESS = "pm_usBankAccount_success"


def saved(till: Till, controls: Controls, account: str = SUCCESS) -> str:
    """Save a bank account on the page, which gives the mandate; return its id."""
    session = till.session(allowed_payment_method_types=BANK)
    done = controls.complete_checkout(session.id, account)
    return str(till.client.v1.setup_intents.retrieve(done["setup_intent"]).payment_method)


def started(till: Till, controls: Controls, account: str = SUCCESS) -> stripe.PaymentIntent:
    """A confirmed payment with a saved bank account."""
    method = saved(till, controls, account)
    intent = till.intent(None, allowed_payment_method_types=BANK, payment_method=method)
    return till.confirm(intent, expand=["latest_charge"])


def current(till: Till, intent: stripe.PaymentIntent) -> stripe.PaymentIntent:
    """The intent now, with its charge."""
    return till.client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})


def test_a_bank_payment_is_processing_until_the_fourth_day(till: Till, controls: Controls) -> None:
    intent = started(till, controls)
    assert (intent.status, intent.amount_received) == ("processing", 0)
    assert controls.pass_days(3) == {"answered": []}
    assert current(till, intent).status == "processing"
    assert controls.pass_days(1) == {"answered": [intent.id]}
    assert (current(till, intent).status, current(till, intent).amount_received) == ("succeeded", 2500)


@pytest.mark.parametrize(
    ("account", "code", "decline_code"),
    [
        ("insufficientFunds", "insufficient_funds", "insufficient_funds"),
        ("accountClosed", "account_closed", "bank_account_closed"),
        ("noAccount", "no_account", "bank_account_invalid_details"),
        ("debitNotAuthorized", "debit_not_authorized", "debit_not_authorized"),
    ],
)
def test_a_bank_payment_fails_after_days(
    till: Till, controls: Controls, account: str, code: str, decline_code: str
) -> None:
    intent = started(till, controls, f"pm_usBankAccount_{account}")
    controls.pass_days()
    after = current(till, intent)
    error: Any = after.last_payment_error
    assert (after.status, error.code, error.decline_code) == ("requires_payment_method", code, decline_code)
    assert till.event_types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_a_return_is_a_lost_dispute_that_ends_the_mandate(till: Till, controls: Controls) -> None:
    intent = started(till, controls, "pm_usBankAccount_dispute")
    controls.pass_days()
    [dispute] = till.client.v1.disputes.list({"payment_intent": intent.id}).data
    assert (dispute.status, dispute.reason) == ("lost", "debit_not_authorized")
    assert sum(line.amount for line in dispute.balance_transactions) == -2500
    again = till.intent(None, allowed_payment_method_types=BANK, payment_method=str(intent.payment_method))
    with pytest.raises(stripe.InvalidRequestError, match="no existing mandate was found"):
        till.confirm(again)
    assert current(till, again).status == "requires_confirmation"


def test_a_bank_account_without_a_mandate_is_refused(till: Till) -> None:
    intent = till.intent(None, allowed_payment_method_types=BANK, payment_method=till.save(SUCCESS))
    with pytest.raises(stripe.InvalidRequestError, match="no existing mandate was found"):
        till.confirm(intent)


def test_an_intent_for_cards_refuses_a_bank_account(till: Till, controls: Controls) -> None:
    method = saved(till, controls)
    intent = till.intent(None, payment_method=method)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.confirm(intent)
    assert caught.value.code == "payment_intent_incompatible_payment_method"


def test_methods_are_listed_by_type_and_all_without_one(till: Till, controls: Controls) -> None:
    card, bank = till.save(), saved(till, controls)
    methods = till.client.v1.payment_methods
    assert [one.id for one in methods.list({"customer": till.customer.id}).data] == [bank, card]
    assert [one.id for one in methods.list({"customer": till.customer.id, "type": "card"}).data] == [card]
    assert [one.id for one in methods.list({"customer": till.customer.id, "type": "us_bank_account"}).data] == [bank]


def test_one_account_saved_twice_has_one_fingerprint(till: Till, controls: Controls) -> None:
    methods = [till.client.v1.payment_methods.retrieve(saved(till, controls)) for _ in range(2)]
    shown: Any = [one.us_bank_account for one in methods]
    assert shown[0].fingerprint == shown[1].fingerprint
    assert methods[0].id != methods[1].id


@pytest.mark.parametrize("account", [name for one in BANK_ACCOUNTS for name in one.names])
def test_every_object_of_a_bank_payment_has_the_shape_of_its_class(
    till: Till, controls: Controls, account: str
) -> None:
    intent = started(till, controls, f"pm_{account}")
    controls.pass_days()
    after = current(till, intent)
    method = till.client.v1.payment_methods.retrieve(str(intent.payment_method))
    disputes = till.client.v1.disputes.list({"payment_intent": intent.id}).data
    for found in (intent, after, after.latest_charge, method, *disputes):
        assert not list(complaints(found.to_dict(), type(found), type(found).__name__))  # type: ignore[union-attr,arg-type]
    assert set(method.to_dict()) >= required_of(stripe.PaymentMethod) | {"us_bank_account"}
    assert method.us_bank_account is not None
    assert set(method.us_bank_account.to_dict()) == set(fields_of(stripe.PaymentMethod.UsBankAccount))


def test_a_session_and_its_setup_intent_have_the_shape_of_their_classes(till: Till, controls: Controls) -> None:
    options = {"us_bank_account": {"verification_method": "instant"}}
    session = till.session(allowed_payment_method_types=BANK, payment_method_options=options)
    controls.complete_checkout(session.id, SUCCESS)
    done = till.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent"]})
    assert not list(complaints(done.to_dict(), stripe.checkout.Session, "Session"))
    shown: Any = done.payment_method_options
    assert shown.us_bank_account.verification_method == "instant"


def test_the_page_saves_a_bank_account_and_takes_no_card(till: Till) -> None:
    session = till.session(allowed_payment_method_types=BANK)
    page = create_app(till.stand_in).test_client()
    shown = page.get(f"/checkout/pay/{session.id}").text
    assert "Test bank accounts" in shown
    assert "Card number" not in shown
    answer = page.post(f"/checkout/pay/{session.id}", data={"bank": "000123456789"})
    assert (answer.status_code, answer.location) == (303, f"http://localhost/done?session={session.id}")
    [method] = till.client.v1.payment_methods.list({"customer": till.customer.id}).data
    assert method.type == "us_bank_account"


def test_a_refund_of_a_bank_payment_has_the_shape_of_its_class(till: Till, controls: Controls) -> None:
    intent = started(till, controls)
    controls.pass_days()
    refund = till.client.v1.refunds.create({"payment_intent": intent.id})
    assert not list(complaints(refund.to_dict(), stripe.Refund, "Refund"))
