"""Sweeps of Stripe's events: when they run, what Stripe lists, and which requests fail."""

from typing import Any

import pytest
import requests

from calling_credit.payments import sweep_state
from calling_credit.payments.sweep_store import SweepStore
from calling_credit.payments.webhook_events import StripeEventHandler
from local.stripe_stand_in.account_controls import AccountControls
from tests.harness.cards import VISA
from tests.harness.stripe import Pass, StripeRequest, response
from tests.harness.till import Till


def at_minute(till: Till, minute: int) -> None:
    """Advance the clock to the next time with this minute, modulo 5."""
    now = till.world.clock.now
    till.later(seconds=60 - now.second)
    while till.world.clock.now.minute % 5 != minute:
        till.later(minutes=1)


def swept(till: Till) -> dict[str, int]:
    """Advance the clock to the next sweep of events, and run it."""
    at_minute(till, 2)
    return till.sweep()


def without_endpoint(till: Till, how: str = "deleted") -> None:
    """Let Stripe send nothing anymore: the endpoint is deleted, disabled, or wants too few events."""
    controls = AccountControls(till.stand_in)
    if how == "deleted":
        controls.delete_endpoint()
    elif how == "disabled":
        controls.change_endpoint(disabled=True)
    else:
        controls.change_endpoint(enabled_events=["balance.available"])
    till.stand_in.outbox.clear()


@pytest.fixture
def deaf(till: Till) -> Till:
    """A till whose endpoint no longer exists: Stripe tries to deliver no event, so none is undelivered."""
    at_minute(till, 1)
    swept(till)
    without_endpoint(till)
    return till


def asked(till: Till) -> list[str]:
    """The requests to Stripe since the last call."""
    names = [sent.name for sent in till.wire.sent]
    till.wire.sent.clear()
    return names


def stored(till: Till) -> sweep_state.SweepState:
    """The stored state of the sweep."""
    state, _ = SweepStore(till.world.stack.dynamodb, till.world.stack.table_name).read()
    assert state is not None
    return state


def listed_later(till: Till, *kinds: str) -> list[dict[str, Any]]:
    """Hide the events of these types, as if they were not visible yet; return them."""
    events = till.stand_in.account.objects["event"]
    hidden = [event for event in events.values() if event["type"] in kinds]
    for event in hidden:
        del events[event["id"]]
    return hidden


def watch(monkeypatch: pytest.MonkeyPatch, handled: list[str]) -> None:
    """Record the types of the events that are handled."""
    patched = StripeEventHandler.handle

    def handle(handler: StripeEventHandler, event: Any) -> str:
        handled.append(event.kind)
        return patched(handler, event)

    monkeypatch.setattr(StripeEventHandler, "handle", handle)


def crowd(till: Till, count: int, seconds: int) -> None:
    """Add events about foreign customers' cards over a period that ends now."""
    account, now = till.stand_in.account, till.stand_in.account.timestamp()
    for number in range(count):
        event = account.add(
            "event",
            {
                "api_version": "2026-10-28.endive",
                "data": {"object": {"id": f"pm_{number:06d}", "customer": None}},
                "livemode": False,
                "pending_webhooks": 0,
                "request": {"id": None, "idempotency_key": None},
                "type": "payment_method.detached",
            },
        )
        event["created"] = now - seconds + number * seconds // count


def refused_for(till: Till, *parts: str) -> None:
    """Let Stripe answer 500 to every request about these objects."""

    def through(sent: StripeRequest, passed: Pass) -> requests.Response:
        named = f"{sent.path} {sent.form}"
        if any(part in named for part in parts):
            return response(500, b'{"error": {"type": "api_error", "message": "no"}}', {})
        return passed()

    till.wire.through = through


def payments_with_refunds(till: Till, count: int) -> list[str]:
    """The intents of payments that were each refunded in part, oldest first."""
    intents = []
    for number in range(count):
        till.paid("100.00", till.card(VISA), key=f"payment {number}")
        intents.append(till.objects("payment_intent")[-1]["id"])
        till.sdk.v1.refunds.create({"payment_intent": intents[-1], "amount": 1_000})
        till.later(seconds=2)
    return intents
