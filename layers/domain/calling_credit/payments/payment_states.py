"""The state of a customer's newest payments at Stripe, in one request, for staff who look at an account."""

from dataclasses import dataclass
from typing import Any, Final

import stripe

from calling_credit.errors import Unavailable
from calling_credit.money import format_money
from calling_credit.payments.stripe_client import (
    MICROS_PER_CENT,
    NoAnswer,
    classify_error,
    is_missing,
    payments_unavailable,
    stripe_client,
)

MAX_PAYMENTS: Final = 25
"""More than the payments of a view, because a customer may have intents of other systems."""


@dataclass(frozen=True, slots=True)
class PaymentStates:
    """Stripe's state of payments by intent. `code` is why Stripe was not asked or did not answer; None if it did."""

    by_intent: dict[str, dict[str, Any]]
    code: str | None = None


def read_payment_states(customer_id: str) -> PaymentStates:
    """Read the state of a customer's newest payments. A failure is part of the result: the rest of the view is shown
    without Stripe's part.
    """
    try:
        return PaymentStates(_read(stripe_client(), customer_id))
    except Unavailable as error:
        return PaymentStates({}, error.code)


def _read(client: stripe.StripeClient, customer_id: str) -> dict[str, dict[str, Any]]:
    """Raises: Unavailable: payments_unavailable, stripe_not_configured, stripe_refuses_us."""
    try:
        found = client.v1.payment_intents.list(
            {"customer": customer_id, "limit": MAX_PAYMENTS, "expand": ["data.latest_charge"]}
        )
    except stripe.StripeError as error:
        if is_missing(error):
            return {}
        if isinstance(classify_error(error), NoAnswer):
            raise payments_unavailable() from error
        raise
    return {intent.id: _view(intent) for intent in found.data}


def _view(intent: stripe.PaymentIntent) -> dict[str, Any]:
    charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
    return {
        "status": intent.status,
        "received": format_money(intent.amount_received * MICROS_PER_CENT),
        "refunded": format_money((charge.amount_refunded if charge else 0) * MICROS_PER_CENT),
        "disputed": bool(charge is not None and charge.disputed),
    }
