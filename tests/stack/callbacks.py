"""Webhook events in Stripe's form, delivered by a test: signed with any secret, at any time, any number of times."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.stack import Stack
from local.stripe_stand_in.sender import body_of, signature
from local.stripe_stand_in.stand_in import DEFAULT_WEBHOOK_SECRET
from tests.stack.customers import stand_in

NO_AGE = timedelta()


def sign(body: str, secret: str = DEFAULT_WEBHOOK_SECRET, age: timedelta = NO_AGE) -> str:
    """Return the Stripe-Signature header of a body."""
    return signature(body, secret, datetime.now(UTC) - age)


def event_about(kind: str, subject: dict[str, Any]) -> str:
    """Return the body of an event that the stand-in never sent."""
    event = {"id": "evt_made_up", "object": "event", "type": kind, "data": {"object": subject}}
    return json.dumps(event, ensure_ascii=False)


def deliver(
    stack: Stack, body: str, header: str | None, content_type: str | None = "application/json; charset=utf-8"
) -> httpx.Response:
    """Deliver a body, with or without a signature."""
    headers = {"Stripe-Signature": header, "Content-Type": content_type}
    sent = {name: value for name, value in headers.items() if value is not None}
    return stack.api.request("POST", "/stripe/webhook", headers=sent, content=body.encode())


def redeliver(stack: Stack, kind: str, object_id: str) -> httpx.Response:
    """Deliver an event about an object again, as Stripe may."""
    body = body_of(_event(stack, kind, object_id))
    return deliver(stack, body, sign(body))


def redeliver_all(stack: Stack, *kinds: str) -> None:
    """Deliver all events of these kinds again, one after the other."""
    events = [event for event in stand_in(stack).account.objects["event"].values() if event["type"] in kinds]
    for event in events:
        body = body_of(event)
        assert deliver(stack, body, sign(body)).status_code == 200, event["type"]


def answers_to(stack: Stack, kind: str, object_id: str) -> list[int]:
    """Return the answers to the stand-in's own deliveries of an event."""
    assert stack.stripe is not None
    assert stack.stripe.sender is not None
    return stack.stripe.sender.results.get(_event(stack, kind, object_id)["id"], [])


def _event(stack: Stack, kind: str, object_id: str) -> dict[str, Any]:
    account = stand_in(stack).account
    [event] = [
        event
        for event in account.objects["event"].values()
        if (event["type"], event["data"]["object"]["id"]) == (kind, object_id)
    ]
    return event
