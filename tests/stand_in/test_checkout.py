"""Checkout saves a card through the API and through its page, submitted without scripts."""

import re
from typing import Any

import pytest
import stripe
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from local.stripe_stand_in.app import create_app
from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.stand_in import StandIn
from tests.stand_in.conftest import Till
from tests.stand_in.in_process import Clock

GOOD = {"number": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123", "name": "Ana", "save": "yes"}


@pytest.fixture
def browser(stand_in: StandIn) -> FlaskClient:
    """A client for the hosted pages."""
    return create_app(stand_in).test_client()


def path_of(url: str | None) -> str:
    """The path of a hosted page."""
    return str(url).removeprefix("http://127.0.0.1:8420")


def error_beside(page: TestResponse, field: str) -> str | None:
    """The error text beside a field."""
    found = re.search(f'<p class="error" id="{field}-error">([^<]*)</p>', page.text)
    assert (f'aria-describedby="{field}-error"' in page.text) == (found is not None)
    return found[1] if found else None


def test_a_new_session_is_open_and_has_its_purpose(till: Till) -> None:
    session = till.session(metadata={"account_id": "acct_1"}, client_reference_id="ref")
    assert (session.status, session.mode, session.customer) == ("open", "setup", till.customer.id)
    assert (session.payment_status, session.currency, session.client_reference_id) == (
        "no_payment_required",
        "usd",
        "ref",
    )
    assert session.url == f"http://127.0.0.1:8420/checkout/pay/{session.id}"
    intent = till.client.v1.setup_intents.retrieve(str(session.setup_intent))
    assert (intent.status, intent.usage, intent.customer) == (
        "requires_payment_method",
        "off_session",
        till.customer.id,
    )


def test_a_session_with_payment_method_types_needs_no_currency(till: Till) -> None:
    params: Any = {"mode": "setup", "success_url": "http://localhost/", "allowed_payment_method_types": ["card"]}
    assert till.client.v1.checkout.sessions.create(params).payment_method_types == ["card"]


def test_the_page_names_itself_and_labels_every_field(till: Till, browser: FlaskClient) -> None:
    page = browser.get(path_of(till.session().url))
    assert page.status_code == 200
    assert "This is a local stand-in for Stripe" in page.text
    assert "ana@example.com" in page.text
    inputs = re.findall(r'<input id="(\w+)"', page.text)
    assert inputs == re.findall(r'<label for="(\w+)"', page.text) == ["number", "expiry", "cvc", "name"]
    assert 'href="http://localhost/back"' in page.text
    assert "<script" not in page.text


def test_a_card_typed_in_is_saved_and_the_browser_goes_back(till: Till, browser: FlaskClient) -> None:
    session = till.session()
    till.stand_in.take_events()
    answer = browser.post(path_of(session.url), data=GOOD)
    assert (answer.status_code, answer.location) == (303, f"http://localhost/done?session={session.id}")
    assert till.event_types() == [
        "payment_method.attached",
        "setup_intent.succeeded",
        "checkout.session.completed",
    ]
    done = till.client.v1.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent.payment_method"]})
    intent: Any = done.setup_intent
    assert (done.status, done.url, intent.status) == ("complete", None, "succeeded")
    assert (intent.payment_method.customer, intent.payment_method.card.last4) == (till.customer.id, "4242")
    assert (intent.payment_method.card.exp_month, intent.payment_method.card.exp_year) == (12, 2034)
    assert intent.payment_method.billing_details.name == "Ana"


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"number": ""}, "number", "12 to 19 digits"),
        ({"number": "4242 4242 4242 4241"}, "number", "number is invalid"),
        ({"number": "4111 1111 1111 1111"}, "number", "Never enter a real card"),
        ({"number": "4000 0000 0000 0002"}, "number", "Your card was declined."),
        ({"number": "4000000000009995"}, "number", "insufficient funds"),
        ({"number": "4000000000000069"}, "expiry", "expired"),
        ({"number": "4000000000000127"}, "cvc", "security code is incorrect"),
        ({"expiry": "13 / 34"}, "expiry", "such as 12 / 34"),
        ({"expiry": "soon"}, "expiry", "such as 12 / 34"),
        ({"expiry": "10 / 26"}, "expiry", "in the past"),
        ({"cvc": "12"}, "cvc", "3 digits"),
        ({"number": "378282246310005"}, "cvc", "4 digits"),
        ({"name": " "}, "name", "Enter the name"),
    ],
)
def test_an_invalid_field_is_explained_and_nothing_is_saved(
    till: Till, browser: FlaskClient, change: dict[str, str], field: str, words: str
) -> None:
    session = till.session()
    page = browser.post(path_of(session.url), data={**GOOD, **change})
    assert page.status_code == 422
    assert words.replace("'", "&#39;") in str(error_beside(page, field))
    assert sum(error_beside(page, name) is not None for name in ("number", "expiry", "cvc", "name")) == 1
    assert till.client.v1.payment_methods.list({"customer": till.customer.id}).data == []
    assert till.client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_after_a_decline_another_card_can_be_given(till: Till, browser: FlaskClient) -> None:
    session = till.session()
    browser.post(path_of(session.url), data={**GOOD, "number": "4000000000000002"})
    failed = till.client.v1.setup_intents.retrieve(str(session.setup_intent))
    assert failed.last_setup_error is not None
    assert failed.last_setup_error.code == "card_declined"
    assert browser.post(path_of(session.url), data=GOOD).status_code == 303


def test_one_click_fills_in_a_test_card_that_can_be_saved(till: Till, browser: FlaskClient) -> None:
    session = till.session()
    page = browser.post(path_of(session.url), data={"fill": "378282246310005"})
    filled = dict(re.findall(r'<input id="(\w+)" name="\w+" value="([^"]*)"', page.text))
    assert filled == {"number": "378282246310005", "expiry": "12 / 34", "cvc": "1111", "name": "Test Customer"}
    assert browser.post(path_of(session.url), data={**filled, "save": "yes"}).status_code == 303


def test_a_completed_or_expired_page_says_so(till: Till, browser: FlaskClient, clock: Clock) -> None:
    done, over, ended = till.session(), till.session(), till.session()
    browser.post(path_of(done.url), data=GOOD)
    assert till.client.v1.checkout.sessions.expire(ended.id).status == "expired"
    clock.forward(hours=24)
    assert "already saved" in browser.post(path_of(done.url), data=GOOD).text
    assert "expired" in browser.get(path_of(over.url)).text
    assert "expired" in browser.get(path_of(ended.url)).text
    assert browser.get("/checkout/pay/cs_test_unknown").status_code == 404
    assert till.client.v1.checkout.sessions.retrieve(over.id).status == "expired"
    assert till.event_types().count("checkout.session.expired") == 2
    with pytest.raises(stripe.InvalidRequestError):
        till.client.v1.checkout.sessions.expire(done.id)


@pytest.mark.parametrize(("answer", "status"), [("confirm", "succeeded"), ("decline", "failed")])
def test_the_challenge_page_asks_and_sends_the_customer_back(
    till: Till, browser: FlaskClient, answer: str, status: str
) -> None:
    intent = till.confirm(
        till.intent("pm_card_authenticationRequired"), off_session=False, return_url="http://localhost/back?a=b"
    )
    path = f"/challenge/{intent.id}"
    page = browser.get(path)
    assert all(words in page.text for words in ("$25.00", "Calling Credit", "Visa ending in 3184", "stand-in"))
    back = browser.post(path, data={"answer": answer})
    assert back.status_code == 303
    assert back.location == (
        f"http://localhost/back?a=b&payment_intent={intent.id}"
        f"&payment_intent_client_secret={intent.client_secret}&redirect_status={status}"
    )
    found = till.client.v1.payment_intents.retrieve(intent.id).status
    assert found == ("succeeded" if answer == "confirm" else "requires_payment_method")
    assert "needs no confirmation" in browser.post(path, data={"answer": "confirm"}).text


def test_a_receipt_shows_the_payment_and_its_refunds(till: Till, browser: FlaskClient) -> None:
    intent = till.paid(description="Calling credit top-up")
    till.client.v1.refunds.create({"payment_intent": intent.id, "amount": 1000})
    charge = till.client.v1.charges.retrieve(str(intent.latest_charge))
    page = browser.get(path_of(charge.receipt_url)).text
    assert all(words in page for words in ("$25.00", "$10.00", "Visa ending in 4242", "23 November 2026", charge.id))
    assert "Calling credit top-up" in page
    assert browser.get("/receipts/ch_unknown").status_code == 404
    assert browser.get("/").status_code == 200


def test_the_controls_save_any_card_for_a_session(till: Till, controls: Controls) -> None:
    controls.complete_checkout(till.session().id, "pm_card_attachesThenDeclines_lost_card")
    assert len(till.client.v1.payment_methods.list({"customer": till.customer.id}).data) == 1
    open_one = till.session().id
    assert controls.expire_sessions() == {"expired": [open_one]}
