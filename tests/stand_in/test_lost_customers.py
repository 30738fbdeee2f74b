"""A deleted customer is only shown as deleted; every use of it is refused, and its cards are detached."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from local.stripe_stand_in.controls import Controls
from tests.stand_in.conftest import Till
from tests.stand_in.test_payments import refused


def deleted(till: Till) -> str:
    """The id of the customer, deleted by the API."""
    return till.client.v1.customers.delete(till.customer.id).id


def test_a_deleted_customer_is_shown_as_deleted_and_not_listed(till: Till) -> None:
    answer = till.client.v1.customers.delete(till.customer.id)
    found = till.client.v1.customers.retrieve(till.customer.id)
    stub = {"id": till.customer.id, "object": "customer", "deleted": True}
    assert answer.to_dict() == found.to_dict() == stub
    assert till.client.v1.customers.list({}).data == []
    (event,) = till.stand_in.take_events()
    assert (event["type"], event["data"]["object"]["email"]) == ("customer.deleted", "ana@example.com")
    assert event["request"]["id"] is not None


USES: dict[str, tuple[Callable[[Till], Any], str, int]] = {
    "delete": (lambda till: till.client.v1.customers.delete(till.customer.id), "id", 404),
    "update": (lambda till: till.client.v1.customers.update(till.customer.id, {"name": "x"}), "id", 404),
    "session": (lambda till: till.session(), "customer", 400),
    "attach": (lambda till: till.save(), "customer", 400),
    "intent": (lambda till: till.intent(None), "customer", 400),
    "list cards": (
        lambda till: till.client.v1.payment_methods.list({"customer": till.customer.id}),
        "customer",
        400,
    ),
    "list cards of customer": (
        lambda till: till.client.v1.customers.payment_methods.list(till.customer.id),
        "customer",
        404,
    ),
}


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("was_there", [True, False])
def test_the_use_of_a_lost_customer_names_the_parameter(till: Till, name: str, was_there: bool) -> None:
    if was_there:
        deleted(till)
    else:
        del till.stand_in.account.objects["customer"][till.customer.id]
    use, param, status = USES[name]
    with pytest.raises(stripe.InvalidRequestError, match="No such customer") as caught:
        use(till)
    assert (refused(caught), caught.value.param, caught.value.http_status) == ("resource_missing", param, status)


def test_a_customer_that_was_never_there_is_not_shown_as_deleted(till: Till) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.customers.retrieve("cus_other")
    assert (refused(caught), caught.value.param, caught.value.http_status) == ("resource_missing", "id", 404)


def test_the_cards_of_a_deleted_customer_are_detached_for_good(till: Till) -> None:
    card = till.save()
    intent = till.intent(None, payment_method=card)
    deleted(till)
    assert till.client.v1.payment_methods.retrieve(card).customer is None
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        till.confirm(intent)
    other = till.client.v1.customers.create({})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.client.v1.payment_methods.attach(card, {"customer": other.id})
    assert refused(caught) == "payment_method_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError) as caught:
        till.confirm(intent, payment_method="pm_card_visa")
    assert (refused(caught), caught.value.param) == ("resource_missing", "customer")


def test_payments_of_a_deleted_customer_stay_refundable(till: Till) -> None:
    intent = till.paid()
    deleted(till)
    found = till.client.v1.payment_intents.retrieve(intent.id, {"expand": ["customer"]})
    assert found.to_dict()["customer"] == {"id": till.customer.id, "object": "customer", "deleted": True}
    assert till.client.v1.refunds.create({"payment_intent": intent.id}).status == "succeeded"


def test_an_open_page_or_challenge_saves_no_card_for_a_deleted_customer(till: Till, controls: Controls) -> None:
    session = till.session()
    intent = till.intent("pm_card_threeDSecure2Required", setup_future_usage="off_session")
    till.confirm(intent, off_session=False)
    controls.delete_customer(till.customer.id)
    with pytest.raises(Exception, match="No such customer"):
        controls.complete_checkout(session.id)
    controls.answer_challenge(intent.id)
    paid = till.client.v1.payment_intents.retrieve(intent.id)
    assert paid.status == "succeeded"
    assert till.client.v1.payment_methods.retrieve(str(paid.payment_method)).customer is None


def test_a_replayed_creation_returns_the_deleted_customer(till: Till) -> None:
    options: Any = {"idempotency_key": "customer of acct_1"}
    first = till.client.v1.customers.create({"email": "bo@example.com"}, options)
    till.client.v1.customers.delete(first.id)
    again = till.client.v1.customers.create({"email": "bo@example.com"}, options)
    assert (again.id, again.email) == (first.id, "bo@example.com")
    options["idempotency_key"] = "customer of acct_1, second"
    assert till.client.v1.customers.create({"email": "bo@example.com"}, options).id != first.id
