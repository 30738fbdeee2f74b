"""Every object of the stand-in has exactly the fields of its SDK class, with allowed values."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
from stripe import StripeObject

from local.stripe_stand_in.controls import Controls
from tests.stand_in.conftest import Till
from tests.stand_in.sdk_shapes import complaints, fields_of, required_of

LEFT_OUT: dict[type[StripeObject], str] = {
    stripe.Customer: "business_name cash_balance deleted individual_name invoice_credit_balance sources subscriptions "
    "tax tax_ids",
    stripe.PaymentIntent: "hooks managed_payments payment_details payment_record presentment_details",
    stripe.Charge: "authorization_code level3 presentment_details refunds transfer",
    stripe.Refund: "description failure_balance_transaction failure_reason instructions_email next_action "
    "pending_reason presentment_details",
    stripe.SetupIntent: "attach_to_self managed_payments",
    stripe.checkout.Session: "line_items managed_payments name_collection optional_items presentment_details "
    "redirect_on_completion return_url tax_id_collection",
    stripe.Dispute: "intended_submission_method",
    stripe.BalanceTransaction: "",
    stripe.radar.EarlyFraudWarning: "",
    stripe.WebhookEndpoint: "deleted secret",
    stripe.Account: "business_profile business_type company created deleted external_accounts groups individual "
    "tos_acceptance",
    stripe.Event: "account context",
}
"""Fields that Stripe omits from these objects: not expanded, or not for cards."""


def _declined_challenge(till: Till, controls: Controls) -> str:
    intent = till.confirm(till.intent("pm_card_threeDSecure2Required"), off_session=False)
    return str(controls.answer_challenge(intent.id, confirmed=False)["id"])


STATUSES: dict[str, Callable[[Till, Controls], str]] = {
    "requires_payment_method": lambda till, _: till.intent(None).id,
    "requires_confirmation": lambda till, _: till.intent().id,
    "requires_action": lambda till, _: (
        till.confirm(
            till.intent("pm_card_threeDSecure2Required"), off_session=False, return_url="http://localhost/back"
        ).id
    ),
    "requires_action in the SDK": lambda till, _: (
        till.confirm(till.intent("pm_card_authenticationRequired"), off_session=False).id
    ),
    "processing": lambda till, _: till.paid("pm_card_processing").id,
    "succeeded": lambda till, _: till.paid().id,
    "canceled": lambda till, _: till.client.v1.payment_intents.cancel(till.intent().id).id,
    "requires_payment_method after a decline": lambda till, _: till.declined("pm_card_chargeCustomerFail")[1].id,
    "requires_payment_method after a challenge": _declined_challenge,
}


def assert_shape(found: StripeObject, cls: type[StripeObject]) -> None:
    """Assert that an object has its class's fields except the omitted ones, and allowed values at every depth."""
    assert type(found) is cls
    fields = found.to_dict()
    assert not list(complaints(fields, cls, cls.__name__))
    if cls in LEFT_OUT:
        left_out = set(LEFT_OUT[cls].split())
        assert left_out <= fields_of(cls).keys() - required_of(cls)
        assert set(fields) == fields_of(cls).keys() - left_out


@pytest.mark.parametrize("name", STATUSES)
def test_a_payment_intent_has_the_fields_of_its_class_in_every_status(
    till: Till, controls: Controls, name: str
) -> None:
    intent_id = STATUSES[name](till, controls)
    intent = till.client.v1.payment_intents.retrieve(intent_id, {"expand": ["customer", "payment_method"]})
    assert intent.status == name.split(maxsplit=1)[0]
    assert_shape(intent, stripe.PaymentIntent)


def test_a_customer_has_the_fields_of_its_class(till: Till) -> None:
    assert_shape(till.client.v1.customers.retrieve(till.customer.id), stripe.Customer)


def test_a_payment_method_has_a_card_and_no_other_type(till: Till) -> None:
    found = till.client.v1.payment_methods.retrieve(till.save())
    fields = found.to_dict()
    assert not list(complaints(fields, stripe.PaymentMethod, "PaymentMethod"))
    assert set(fields) == required_of(stripe.PaymentMethod) | {
        "allow_redisplay",
        "card",
        "customer",
        "customer_account",
        "metadata",
        "radar_options",
    }
    assert found.card is not None
    assert set(found.card.to_dict()) == fields_of(stripe.PaymentMethod.Card).keys() - {"description", "iin", "issuer"}


@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_amex", "pm_card_createDispute"])
def test_a_paid_charge_has_the_fields_of_its_class(till: Till, card: str) -> None:
    intent = till.paid(card, expand=["latest_charge.balance_transaction"])
    charge = till.client.v1.charges.retrieve(str(intent.latest_charge), {"expand": ["balance_transaction"]})
    assert_shape(charge, stripe.Charge)
    assert_shape(object_of(charge.balance_transaction), stripe.BalanceTransaction)


@pytest.mark.parametrize("card", ["pm_card_chargeCustomerFail", "pm_card_attachesThenDeclines_expired_card"])
def test_a_failed_charge_has_the_fields_of_its_class(till: Till, card: str) -> None:
    _, intent = till.declined(card)
    assert_shape(till.client.v1.charges.retrieve(str(intent.latest_charge)), stripe.Charge)


def test_a_charge_after_a_challenge_records_it(till: Till, controls: Controls) -> None:
    intent = till.confirm(till.intent("pm_card_threeDSecure2Required"), off_session=False)
    controls.answer_challenge(intent.id)
    paid = till.client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    charge = object_of(paid.latest_charge)
    assert_shape(charge, stripe.Charge)
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_a_refund_has_the_fields_of_its_class_and_two_more_when_it_failed(till: Till, controls: Controls) -> None:
    refund = till.client.v1.refunds.create({"payment_intent": till.paid().id, "reason": "requested_by_customer"})
    assert_shape(refund, stripe.Refund)
    controls.fail_refund(refund.id)
    failed = till.client.v1.refunds.retrieve(refund.id)
    assert not list(complaints(failed.to_dict(), stripe.Refund, "Refund"))
    assert failed.to_dict().keys() - refund.to_dict().keys() == {"failure_balance_transaction", "failure_reason"}


@pytest.mark.parametrize("more", [{}, {"currency": "usd", "allowed_payment_method_types": ["card"]}])
def test_a_session_and_setup_intent_have_the_fields_of_their_classes(
    till: Till, controls: Controls, more: dict[str, Any]
) -> None:
    session = till.session(**more)
    assert_shape(session, stripe.checkout.Session)
    assert_shape(till.client.v1.setup_intents.retrieve(str(session.setup_intent)), stripe.SetupIntent)
    controls.complete_checkout(session.id)
    done = till.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent"]})
    assert_shape(done, stripe.checkout.Session)
    assert_shape(object_of(done.setup_intent), stripe.SetupIntent)


@pytest.mark.parametrize("decide", ["open", "win", "lose", "submit", "inquire", "escalate"])
def test_a_dispute_has_the_fields_of_its_class(till: Till, controls: Controls, decide: str) -> None:
    charge = str(till.paid().latest_charge)
    dispute = controls.dispute(charge, inquiry=decide in ("inquire", "escalate"))["id"]
    if decide == "escalate":
        controls.escalate_inquiry(dispute)
    if decide == "win":
        controls.win_dispute(dispute)
    if decide == "lose":
        controls.lose_dispute(dispute)
    if decide == "submit":
        till.client.v1.disputes.update(dispute, {"evidence": {"customer_name": "Ana"}, "metadata": {"case": "7"}})
    assert_shape(till.client.v1.disputes.retrieve(dispute), stripe.Dispute)


def test_an_early_fraud_warning_has_the_fields_of_its_class(till: Till, controls: Controls) -> None:
    warning = controls.warn(str(till.paid().latest_charge))["id"]
    params: Any = {"expand": ["charge", "payment_intent"]}
    assert_shape(till.client.v1.radar.early_fraud_warnings.retrieve(warning, params), stripe.radar.EarlyFraudWarning)


def test_the_endpoint_and_the_account_have_the_fields_of_their_classes(till: Till) -> None:
    (endpoint,) = till.client.v1.webhook_endpoints.list({}).data
    assert_shape(endpoint, stripe.WebhookEndpoint)
    assert_shape(till.client.v1.accounts.retrieve_current(), stripe.Account)


def test_every_event_has_the_fields_of_its_class_and_its_own_object(till: Till, controls: Controls) -> None:
    till.client.v1.refunds.create({"payment_intent": till.paid().id})
    till.declined("pm_card_chargeCustomerFail")
    till.paid("pm_card_createDispute")
    controls.complete_checkout(till.session().id)
    till.client.v1.payment_methods.detach(till.save())
    till.paid("pm_card_createIssuerFraudRecord")
    controls.renew_card(till.save())
    controls.delete_customer(till.customer.id)
    events = till.client.v1.events.list({"limit": 100}).data
    assert len({event.type for event in events}) > 15
    for event in events:
        assert_shape(event, stripe.Event)
        about = event.data.object.to_dict()
        cls = next(kind for kind in SUBJECTS if about["object"] == kind.OBJECT_NAME)
        assert not list(complaints(about, cls, event.type))


SUBJECTS: tuple[Any, ...] = (
    stripe.Customer,
    stripe.PaymentMethod,
    stripe.PaymentIntent,
    stripe.Charge,
    stripe.Refund,
    stripe.SetupIntent,
    stripe.checkout.Session,
    stripe.Dispute,
    stripe.radar.EarlyFraudWarning,
)


def test_a_list_has_the_fields_of_its_class(till: Till) -> None:
    till.save()
    found = till.client.v1.payment_methods.list({"customer": till.customer.id})
    assert found.to_dict().keys() == {"object", *fields_of(stripe.ListObject)}
    assert (found.to_dict()["object"], found.url, found.has_more) == ("list", "/v1/payment_methods", False)


@pytest.mark.parametrize(
    "card", ["pm_card_chargeCustomerFail", "pm_card_authenticationRequired", "pm_card_attachesThenDeclines_lost_card"]
)
def test_an_error_has_only_the_fields_that_apply(till: Till, card: str) -> None:
    error, _ = till.declined(card)
    body: Any = error.json_body
    assert not list(complaints(body["error"], stripe.ErrorObject, "error"))
    assert None not in body["error"].values()


def object_of(value: Any) -> Any:
    """An expanded field."""
    assert isinstance(value, StripeObject)
    return value


def test_the_comparison_notices_missing_unknown_and_wrong_fields(till: Till) -> None:
    fields = till.intent(None).to_dict()
    del fields["amount"]
    wrong = {**fields, "status": "paid", "livemode": 0, "invented": None, "automatic_payment_methods": {}}
    assert sorted(text.split(" is ")[0] for text in complaints(wrong, stripe.PaymentIntent, "intent")) == [
        "intent.amount",
        "intent.automatic_payment_methods.enabled",
        "intent.invented",
        "intent.livemode",
        "intent.status",
    ]
