"""Checkout takes a payment and saves its card, through the API and through its page, submitted without scripts."""

import re
from typing import Any

import pytest
import stripe
from flask.testing import FlaskClient

from local.stripe_stand_in.app import create_app
from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.stand_in import StandIn
from tests.stand_in.conftest import Till
from tests.stand_in.in_process import Clock
from tests.stand_in.test_checkout import GOOD, error_beside, path_of
from tests.stand_in.test_shapes import assert_shape

CHALLENGED = {**GOOD, "number": "4000 0027 6000 3184"}


@pytest.fixture
def browser(stand_in: StandIn) -> FlaskClient:
    """A client for the hosted pages."""
    return create_app(stand_in).test_client()


def intent_of(till: Till, session_id: str) -> Any:
    """The expanded intent of a session."""
    expand = ["payment_intent.latest_charge", "payment_intent.payment_method"]
    return till.client.v1.checkout.sessions.retrieve(session_id, {"expand": expand}).payment_intent


def test_a_payment_page_is_open_unpaid_and_has_no_intent(till: Till) -> None:
    session = till.payment_page()
    assert_shape(session, stripe.checkout.Session)
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 2500)
    assert (session.payment_intent, session.setup_intent, session.currency) == (None, None, "usd")
    assert session.url == f"http://127.0.0.1:8420/checkout/pay/{session.id}"
    assert till.client.v1.payment_intents.list({"customer": till.customer.id}).data == []


def test_paying_charges_saves_and_sends_the_customer_back(till: Till, browser: FlaskClient) -> None:
    session = till.payment_page()
    page = browser.get(path_of(session.url))
    assert all(words in page.text for words in ("$25.00", "Apple Pay", "Google Pay", "Link", "Pay $25.00"))
    till.stand_in.take_events()
    answer = browser.post(path_of(session.url), data=GOOD)
    assert (answer.status_code, answer.location) == (303, "http://localhost/done")
    assert till.event_types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "payment_method.attached",
        "checkout.session.completed",
    ]
    done = till.client.v1.checkout.sessions.retrieve(session.id)
    assert_shape(done, stripe.checkout.Session)
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    intent = intent_of(till, session.id)
    assert_shape(till.client.v1.payment_intents.retrieve(intent.id), stripe.PaymentIntent)
    assert (intent.status, intent.amount_received, intent.metadata.to_dict()) == (
        "succeeded",
        2500,
        {"topup_id": "tu_1"},
    )
    assert (intent.payment_method.customer, intent.setup_future_usage) == (till.customer.id, "off_session")
    assert "already" in browser.post(path_of(session.url), data=GOOD).text.lower()
    assert len(till.client.v1.charges.list().data) == 1


def test_a_declined_card_leaves_the_page_open_for_another(till: Till, browser: FlaskClient) -> None:
    session = till.payment_page()
    page = browser.post(path_of(session.url), data={**GOOD, "number": "4000 0000 0000 9995"})
    assert (page.status_code, "insufficient funds" in str(error_beside(page, "number"))) == (422, True)
    declined = intent_of(till, session.id)
    assert (declined.status, declined.last_payment_error.decline_code) == (
        "requires_payment_method",
        "insufficient_funds",
    )
    assert till.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert browser.post(path_of(session.url), data=GOOD).status_code == 303
    paid = intent_of(till, session.id)
    assert (paid.id, paid.status) == (declined.id, "succeeded")


@pytest.mark.parametrize(("answer", "status", "back"), [("confirm", "complete", "done"), ("decline", "open", "pay")])
def test_a_challenge_leads_back_to_the_shop_or_to_the_page(
    till: Till, browser: FlaskClient, answer: str, status: str, back: str
) -> None:
    session = till.payment_page()
    asked = browser.post(path_of(session.url), data=CHALLENGED)
    assert re.fullmatch(r"http://127.0.0.1:8420/challenge/pi_\w+", str(asked.location))
    after = browser.post(path_of(asked.location), data={"answer": answer})
    assert (after.status_code, back in str(after.location)) == (303, True)
    assert till.client.v1.checkout.sessions.retrieve(session.id).status == status


def test_an_expired_page_cancels_its_intent(till: Till, browser: FlaskClient, clock: Clock) -> None:
    ended, over = till.payment_page(), till.payment_page()
    for session in (ended, over):
        browser.post(path_of(session.url), data={**GOOD, "number": "4000 0000 0000 9995"})
    assert till.client.v1.checkout.sessions.expire(ended.id).status == "expired"
    clock.forward(hours=24)
    for session in (ended, over):
        assert (intent_of(till, session.id).status, intent_of(till, session.id).cancellation_reason) == (
            "canceled",
            "expired",
        )
        assert "expired" in browser.post(path_of(session.url), data=GOOD).text
    assert till.client.v1.charges.list().data[0].status == "failed"


def test_an_intent_of_a_page_is_only_canceled_by_expiring_it(till: Till, browser: FlaskClient) -> None:
    session = till.payment_page()
    browser.post(path_of(session.url), data=CHALLENGED)
    with pytest.raises(stripe.InvalidRequestError, match="Expire the Checkout Session"):
        till.client.v1.payment_intents.cancel(intent_of(till, session.id).id)


@pytest.mark.parametrize(
    ("succeeds", "event", "paid"),
    [(True, "async_payment_succeeded", "paid"), (False, "async_payment_failed", "unpaid")],
)
def test_a_slow_payment_completes_the_page_and_ends_later(
    till: Till, controls: Controls, succeeds: bool, event: str, paid: str
) -> None:
    session = till.payment_page()
    controls.complete_checkout(session.id, "pm_card_processing")
    done = till.client.v1.checkout.sessions.retrieve(session.id)
    assert (done.status, done.payment_status) == ("complete", "unpaid")
    till.stand_in.take_events()
    (controls.settle if succeeds else controls.fail)(intent_of(till, session.id).id)
    assert f"checkout.session.{event}" in till.event_types()
    assert till.client.v1.checkout.sessions.retrieve(session.id).payment_status == paid


PRICED = {"currency": "usd", "product_data": {"name": "x"}}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"payment_method_types": ["card"]}, "payment_method_types"),
        ({"line_items": []}, "line_items"),
        ({"line_items": [{"price_data": {**PRICED, "unit_amount": 49}, "quantity": 1}]}, "amount"),
        ({"line_items": [{"price_data": {"currency": "usd", "unit_amount": 500}, "quantity": 1}]}, None),
        ({"setup_intent_data": {"description": "x"}}, "setup_intent_data"),
        ({"mode": "subscription"}, "mode"),
        ({"mode": "setup"}, "line_items"),
        ({"expires_at": 1}, "expires_at"),
        ({"payment_intent_data": {"capture_later": "yes"}}, "payment_intent_data[capture_later]"),
    ],
)
def test_a_payment_page_with_wrong_parameters_is_refused(till: Till, change: dict[str, Any], param: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        till.payment_page(**change)
    assert param is None or refused.value.param == param
