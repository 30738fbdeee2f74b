"""Fixtures: a stand-in with a frozen clock, an SDK client, and one customer."""

from typing import Any

import pytest
import stripe

from local.stripe_stand_in.controls import Controls
from local.stripe_stand_in.stand_in import StandIn
from tests.stand_in.in_process import Clock, client_of

Json = dict[str, Any]


@pytest.fixture
def clock() -> Clock:
    """A Monday in November 2026."""
    return Clock()


@pytest.fixture
def slept() -> list[float]:
    """The sleeps of the stand-in in seconds."""
    return []


@pytest.fixture
def stand_in(clock: Clock, slept: list[float]) -> StandIn:
    """A stand-in with an empty account."""
    return StandIn(now=clock, sleep=slept.append, seed=7)


@pytest.fixture
def controls(stand_in: StandIn) -> Controls:
    """The controls of the stand-in."""
    return Controls(stand_in)


@pytest.fixture
def client(stand_in: StandIn) -> stripe.StripeClient:
    """An SDK client of the stand-in."""
    return client_of(stand_in)


@pytest.fixture
def customer(client: stripe.StripeClient) -> stripe.Customer:
    """A customer."""
    return client.v1.customers.create({"email": "ana@example.com", "metadata": {"account_id": "acct_1"}})


class Till:
    """Shortcuts for common steps."""

    def __init__(self, client: stripe.StripeClient, stand_in: StandIn, customer: stripe.Customer) -> None:
        self.client = client
        self.stand_in = stand_in
        self.customer = customer

    def save(self, card: str = "pm_card_visa") -> str:
        """Attach a card to the customer."""
        return self.client.v1.payment_methods.attach(card, {"customer": self.customer.id}).id

    def intent(self, card: str | None = "pm_card_visa", **more: Any) -> stripe.PaymentIntent:
        """An unconfirmed intent of $25.00 with a saved card."""
        params: Any = {"amount": 2500, "currency": "usd", "customer": self.customer.id, **more}
        params.setdefault("allowed_payment_method_types", ["card"])
        if card is not None:
            params["payment_method"] = self.save(card)
        return self.client.v1.payment_intents.create(params)

    def confirm(self, intent: stripe.PaymentIntent, **more: Any) -> stripe.PaymentIntent:
        """Confirm an intent, off session by default."""
        params: Any = {"off_session": True, **more}
        return self.client.v1.payment_intents.confirm(intent.id, params)

    def paid(self, card: str = "pm_card_visa", **more: Any) -> stripe.PaymentIntent:
        """A paid intent."""
        return self.confirm(self.intent(card, **more))

    def declined(self, card: str) -> tuple[stripe.CardError, stripe.PaymentIntent]:
        """The error of a declined payment, and the intent after it."""
        intent = self.intent(card)
        with pytest.raises(stripe.CardError) as caught:
            self.confirm(intent)
        return caught.value, self.client.v1.payment_intents.retrieve(intent.id)

    def session(self, **more: Any) -> stripe.checkout.Session:
        """An open Checkout Session."""
        params: Any = {
            "mode": "setup",
            "currency": "usd",
            "customer": self.customer.id,
            "success_url": "http://localhost/done?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://localhost/back",
            **more,
        }
        return self.client.v1.checkout.sessions.create(params)

    def payment_page(self, **more: Any) -> stripe.checkout.Session:
        """An open Checkout Session that asks for 25.00 and saves the card."""
        price = {"currency": "usd", "unit_amount": 2500, "product_data": {"name": "Calling credit"}}
        intent = {"metadata": {"topup_id": "tu_1"}, "setup_future_usage": "off_session", "description": "A top-up"}
        params: Any = {
            "mode": "payment",
            "customer": self.customer.id,
            "line_items": [{"price_data": price, "quantity": 1}],
            "payment_intent_data": intent,
            "allowed_payment_method_types": ["card"],
            "success_url": "http://localhost/done",
            "cancel_url": "http://localhost/back",
            **more,
        }
        return self.client.v1.checkout.sessions.create(params)

    def event_types(self) -> list[str]:
        """The types of the events since the last call."""
        return [event["type"] for event in self.stand_in.take_events()]

    def post(self, path: str, key: str | None = None, **params: Any) -> tuple[int, Json]:
        """Send one POST without the SDK."""
        headers = {"Authorization": f"Bearer {self.stand_in.api_key}"} | ({"Idempotency-Key": key} if key else {})
        answer = self.stand_in.handle("POST", path, params, headers)
        return answer.status, answer.json()


@pytest.fixture
def till(client: stripe.StripeClient, stand_in: StandIn, customer: stripe.Customer) -> Till:
    """The shortcuts, after discarding earlier events."""
    stand_in.take_events()
    return Till(client, stand_in, customer)
