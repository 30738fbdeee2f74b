"""Stripe's webhook on the deployed application accepts only bodies that Stripe signed recently, byte for byte, passed
by the gateway as text or base64.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from local.stack import Stack
from local.stripe_stand_in.faults import Faults
from tests.stack.callbacks import answers_to, deliver, event_about, sign
from tests.stack.conftest import log_lines
from tests.stack.customers import open_customer

EVENT = event_about("customer.updated", {"id": "cus_made_up", "object": "customer", "name": "Zoë 東京"})
LATE, EARLY = timedelta(minutes=6), timedelta(minutes=-6)


@pytest.mark.parametrize(
    ("sign", "code"),
    [
        (lambda: None, "missing_signature"),
        (lambda: "nonsense", "invalid_signature"),
        (lambda: sign(EVENT, "whsec_other"), "invalid_signature"),
        (lambda: sign(EVENT + " "), "invalid_signature"),
        (lambda: sign(EVENT, age=LATE), "stale_signature"),
        (lambda: sign(EVENT, age=EARLY), "future_signature"),
    ],
    ids=["unsigned", "nonsense", "another secret", "other bytes", "stale", "future"],
)
def test_webhook_refuses_missing_invalid_and_stale_signatures(
    deployed: Stack, sign: Callable[[], str | None], code: str
) -> None:
    answer = deliver(deployed, EVENT, sign())
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/octet-stream", None])
def test_webhook_accepts_signed_text_and_base64_bodies(deployed: Stack, content_type: str | None) -> None:
    answer = deliver(deployed, EVENT, sign(EVENT), content_type)
    assert (answer.status_code, answer.json()) == (200, {"received": True, "outcome": "ignored"})
    refused = deliver(deployed, EVENT, sign(EVENT, "whsec_other"), content_type)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_signature")


def test_webhook_refuses_a_signed_body_that_is_not_an_event(deployed: Stack) -> None:
    answer = deliver(deployed, "[]", sign("[]"))
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_event")


def test_webhook_accepts_and_lists_an_unknown_object(deployed: Stack) -> None:
    body = event_about("payment_intent.succeeded", {"id": "pi_made_up", "object": "payment_intent"})
    answer = deliver(deployed, body, sign(body))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "unknown_object")


def test_webhook_requests_redelivery_when_stripe_cannot_be_read(deployed: Stack, faults: Faults) -> None:
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
