"""Stripe's callbacks as they reach the deployed application: only what Stripe signed just now is taken, byte for byte,
whether the gateway hands it on as text or in base64.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from local.stack import Stack
from local.stripe_stand_in.faults import Faults
from tests.stack.callbacks import answers_to, call_back, event_about, signed
from tests.stack.conftest import log_lines
from tests.stack.customers import open_customer

EVENT = event_about("customer.updated", {"id": "cus_made_up", "object": "customer", "name": "Zoë 東京"})
LATE, EARLY = timedelta(minutes=6), timedelta(minutes=-6)


@pytest.mark.parametrize(
    ("sign", "code"),
    [
        (lambda: None, "missing_signature"),
        (lambda: "nonsense", "invalid_signature"),
        (lambda: signed(EVENT, "whsec_somebody_else"), "invalid_signature"),
        (lambda: signed(EVENT + " "), "invalid_signature"),
        (lambda: signed(EVENT, age=LATE), "stale_signature"),
        (lambda: signed(EVENT, age=EARLY), "future_signature"),
    ],
    ids=["unsigned", "nonsense", "another secret", "other bytes", "stale", "future"],
)
def test_what_stripe_did_not_sign_just_now_is_refused(
    deployed: Stack, sign: Callable[[], str | None], code: str
) -> None:
    answer = call_back(deployed, EVENT, sign())
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/octet-stream", None])
def test_what_stripe_signed_is_taken_as_text_and_in_base64(deployed: Stack, content_type: str | None) -> None:
    answer = call_back(deployed, EVENT, signed(EVENT), content_type)
    assert (answer.status_code, answer.json()) == (200, {"received": True, "outcome": "ignored"})
    refused = call_back(deployed, EVENT, signed(EVENT, "whsec_somebody_else"), content_type)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_signature")


def test_what_is_signed_and_no_event_is_refused(deployed: Stack) -> None:
    answer = call_back(deployed, "[]", signed("[]"))
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_event")


def test_an_object_that_stripe_does_not_show_us_is_listed_and_taken(deployed: Stack) -> None:
    body = event_about("payment_intent.succeeded", {"id": "pi_made_up", "object": "payment_intent"})
    answer = call_back(deployed, body, signed(body))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "unknown_object")


def test_stripe_is_asked_to_send_again_what_we_could_not_look_at(deployed: Stack, faults: Faults) -> None:
    customer = open_customer(deployed)
    card = customer.save_card()
    deployed.wait_until_callbacks_are_delivered()
    faults.add("dropped", "GET /v1/payment_intents/*")
    assert customer.pay(card, "25.00", "retried").json()["status"] == "succeeded"
    deployed.wait_until_callbacks_are_delivered()
    [intent] = customer.intents()
    assert answers_to(deployed, "payment_intent.succeeded", intent.id) == [503, 200]
    assert customer.credited_micros() == [25_000_000]
    assert any('"code":"payments_unavailable"' in line for line in log_lines("StripeWebhookLogs"))
