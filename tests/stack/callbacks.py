"""Callbacks as Stripe sends them, delivered by a test: signed with any secret, at any time, as often as it likes."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.stack import Stack
from local.stripe_stand_in.sender import body_of, signature
from local.stripe_stand_in.stand_in import DEFAULT_WEBHOOK_SECRET
from tests.stack.customers import stand_in

NO_AGE = timedelta()


def signed(body: str, secret: str = DEFAULT_WEBHOOK_SECRET, age: timedelta = NO_AGE) -> str:
    """The Stripe-Signature header of a body."""
    return signature(body, secret, datetime.now(UTC) - age)


def event_about(kind: str, subject: dict[str, Any]) -> str:
    """The body of an event that the stand-in never sent."""
    event = {"id": "evt_made_up", "object": "event", "type": kind, "data": {"object": subject}}
    return json.dumps(event, ensure_ascii=False)


def call_back(
    stack: Stack, body: str, header: str | None, content_type: str | None = "application/json; charset=utf-8"
) -> httpx.Response:
    """Deliver a body with a signature, or without one."""
    headers = {"Stripe-Signature": header, "Content-Type": content_type}
    sent = {name: value for name, value in headers.items() if value is not None}
    return stack.api.request("POST", "/stripe/webhook", headers=sent, content=body.encode())


def call_back_again(stack: Stack, kind: str, object_id: str) -> httpx.Response:
    """Deliver the event of that kind about an object once more, as Stripe may."""
    body = body_of(_event(stack, kind, object_id))
    return call_back(stack, body, signed(body))


def answers_to(stack: Stack, kind: str, object_id: str) -> list[int]:
    """What the stand-in's own deliveries of that event were answered with."""
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
