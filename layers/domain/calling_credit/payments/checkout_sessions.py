"""Stripe's page for a payment (Checkout in payment mode): creates, reads, and expires its session. Results, also
refusals, are values.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import stripe

from calling_credit.payment_names import MethodType
from calling_credit.payments.intents import read_intent
from calling_credit.payments.stripe_client import NoAnswer, Refused, cents, classify_error
from calling_credit.tax.calculation import NO_TAX, Taxation
from calling_credit.topups.checkout import SESSION_LIFETIME, CheckoutPage, CheckoutRequest
from calling_credit.topups.topup import CURRENCY, TopUpKind

PageResult = CheckoutPage | NoAnswer | Refused
VERIFIED_AT_ONCE: Final[Mapping[str, Any]] = {MethodType.BANK_ACCOUNT: {"verification_method": "instant"}}
"""The options of a page that takes bank accounts. The owner signs in to the bank, which verifies the account at once;
small deposits would take days, and the account could not pay until then.
"""
_EXPAND = ("payment_intent", "payment_intent.latest_charge")


def session_request(
    account_id: str,
    topup_id: str,
    wanted: CheckoutRequest,
    customer_id: str,
    return_url: str,
    now: datetime,
    tax: Taxation = NO_TAX,
) -> dict[str, Any]:
    """The complete request for a session: a fixed amount, with its tax on a line of its own, a payment method that
    Stripe saves for later payments without the customer, and our ids in the metadata of session and intent.

    Raises:
        ValueError: the amount is not in whole cents. Conflict: `tax_unavailable`.
    """
    metadata = {"account_id": account_id, "topup_id": topup_id, "kind": TopUpKind.CHECKOUT}
    options = {"payment_method_options": VERIFIED_AT_ONCE} if MethodType.BANK_ACCOUNT in wanted.methods else {}
    tax_micros = tax.tax_micros(wanted.amount_micros)
    taxes = [_line(f"Tax ({tax.percent} %)", tax_micros)] if tax_micros else []
    return {
        "mode": "payment",
        "customer": customer_id,
        "allowed_payment_method_types": list(wanted.methods),
        **options,
        "line_items": [_line("Calling credit", wanted.amount_micros), *taxes],
        "payment_intent_data": {
            "description": "Top-up of calling credit",
            "metadata": metadata,
            "setup_future_usage": "off_session",
        },
        "metadata": metadata,
        "client_reference_id": topup_id,
        "expires_at": int((now + SESSION_LIFETIME).timestamp()),
        "success_url": return_url,
        "cancel_url": return_url,
    }


def _line(name: str, micros: int) -> dict[str, Any]:
    price = {"currency": CURRENCY, "unit_amount": cents(micros), "product_data": {"name": name}}
    return {"price_data": price, "quantity": 1}


def create_session(client: stripe.StripeClient, request: dict[str, Any], key: str) -> PageResult:
    """Create a session."""
    params: Any = request
    return _result_of(lambda: client.v1.checkout.sessions.create(params, {"idempotency_key": key}))


def read_session(client: stripe.StripeClient, session_id: str) -> PageResult:
    """Read a session with its intent."""
    return _result_of(lambda: client.v1.checkout.sessions.retrieve(session_id, {"expand": list(_EXPAND)}))


def expire_session(client: stripe.StripeClient, session_id: str) -> PageResult:
    """Expire a session. If Stripe refuses because it has ended, return its current state."""
    result = _result_of(lambda: client.v1.checkout.sessions.expire(session_id, {"expand": list(_EXPAND)}))
    return read_session(client, session_id) if isinstance(result, Refused) else result


def _result_of(request: Callable[[], stripe.checkout.Session]) -> PageResult:
    try:
        session = request()
    except stripe.StripeError as error:
        return classify_error(error)
    submitted = session.payment_intent
    intent = read_intent(submitted) if isinstance(submitted, stripe.PaymentIntent) else None
    return CheckoutPage(session.id, str(session.status), session.url, intent)
