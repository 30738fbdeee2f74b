"""Creates, confirms, retrieves, finds, and cancels payment intents. Results, also refusals, are values."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import stripe

from calling_credit.payments.stripe_client import MICROS_PER_CENT, NoAnswer, Refused, cents, classify_error
from calling_credit.topups.declines import Decline
from calling_credit.topups.topup import CURRENCY, Card, Intent, TopUpKind

if TYPE_CHECKING:
    from stripe.params import PaymentIntentConfirmParams, PaymentIntentCreateParams, PaymentIntentListParams

StripeResult = Intent | NoAnswer | Refused


def create_request(
    account_id: str, topup_id: str, kind: TopUpKind, gross_micros: int, card: Card, customer_id: str
) -> dict[str, Any]:
    """The complete request for an unconfirmed intent of what the card pays, with this type of payment method, and with
    our ids in its metadata.

    Raises:
        ValueError: the amount is not in whole cents.
    """
    description = "Automatic recharge" if kind == TopUpKind.AUTOMATIC else "Top-up"
    return {
        "amount": cents(gross_micros),
        "currency": CURRENCY,
        "customer": customer_id,
        "payment_method": card.payment_method_id,
        "allowed_payment_method_types": [card.type],
        "description": f"{description} of calling credit",
        "metadata": {"account_id": account_id, "topup_id": topup_id, "kind": kind},
    }


def on_session_request(card: Card, return_url: str) -> dict[str, Any]:
    """The confirmation of a payment whose customer is present and may be sent to their bank. It names the card, because
    Stripe removes a declined card from the intent. A bank account needs nothing more: Stripe uses the mandate that its
    customer gave when saving it.
    """
    return {"payment_method": card.payment_method_id, "return_url": return_url, "expand": ["latest_charge"]}


def off_session_request() -> dict[str, Any]:
    """The confirmation of a payment whose customer is not present."""
    return {"off_session": True, "expand": ["latest_charge"]}


def create(client: stripe.StripeClient, request: dict[str, Any], key: str) -> StripeResult:
    """Create an intent without confirming it."""
    params = cast("PaymentIntentCreateParams", request)
    return _result_of(lambda: client.v1.payment_intents.create(params, {"idempotency_key": key}))


def confirm(client: stripe.StripeClient, intent_id: str, request: dict[str, Any], key: str) -> StripeResult:
    """Confirm an intent, which charges the card. A declined intent is returned with its decline."""
    params = cast("PaymentIntentConfirmParams", request)
    return _result_of(lambda: client.v1.payment_intents.confirm(intent_id, params, {"idempotency_key": key}))


def retrieve(client: stripe.StripeClient, intent_id: str) -> StripeResult:
    """Retrieve an intent."""
    return _result_of(lambda: client.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]}))


def cancel(client: stripe.StripeClient, intent_id: str) -> StripeResult:
    """Cancel an intent. If Stripe refuses because it has ended, return its current state."""
    result = _result_of(lambda: client.v1.payment_intents.cancel(intent_id, {"expand": ["latest_charge"]}))
    return retrieve(client, intent_id) if isinstance(result, Refused) else result


def find(client: stripe.StripeClient, customer_id: str, since: datetime, topup_id: str) -> list[Intent] | NoAnswer:
    """Find a top-up's intents by listing its customer's, because Stripe's search lags behind."""
    params: PaymentIntentListParams = {
        "customer": customer_id,
        "created": {"gte": int(since.timestamp()) - 60},
        "limit": 100,
    }
    try:
        intents = list(client.v1.payment_intents.list(params).auto_paging_iter())
    except stripe.StripeError as error:
        result = classify_error(error)
        return result if isinstance(result, NoAnswer) else []
    return [intent for intent in map(read_intent, intents) if intent.topup_id == topup_id]


def _result_of(request: Callable[[], stripe.PaymentIntent]) -> StripeResult:
    try:
        return read_intent(request())
    except stripe.StripeError as error:
        intent = error.error.payment_intent if error.error is not None else None
        if isinstance(error, stripe.CardError) and intent is not None:
            return read_intent(intent)
        return classify_error(error)


def read_intent(intent: stripe.PaymentIntent) -> Intent:
    """The fields of an intent that decide, and the card of its latest charge if that was expanded."""
    error = intent.last_payment_error
    action = intent.next_action
    redirect = action.redirect_to_url if action is not None and action.type == "redirect_to_url" else None
    charge = intent.latest_charge
    metadata = intent.metadata.to_dict()
    return Intent(
        intent_id=intent.id,
        status=str(intent.status),
        amount_micros=intent.amount * MICROS_PER_CENT,
        received_micros=intent.amount_received * MICROS_PER_CENT,
        currency=intent.currency,
        customer_id=_id(intent.customer),
        topup_id=str(metadata.get("topup_id", "")),
        account_id=str(metadata.get("account_id", "")),
        next_action_url=redirect.url if redirect is not None else None,
        decline=_decline(error) if error is not None else None,
        receipt_url=charge.receipt_url if isinstance(charge, stripe.Charge) else None,
        card=_card(charge) if isinstance(charge, stripe.Charge) else None,
    )


def _card(charge: stripe.Charge) -> Card | None:
    """What a charge was made to; of another payment method than a card, the type is the brand."""
    details, method_id = charge.payment_method_details, _id(charge.payment_method)
    kind = str(getattr(details, "type", ""))
    method = getattr(details, kind, None)
    if method is None or not method_id:
        return None
    last4, fingerprint = (str(getattr(method, name, None) or "") for name in ("last4", "fingerprint"))
    return Card(method_id, str(getattr(method, "brand", None) or kind), last4, fingerprint or method_id)


def _decline(error: "stripe.PaymentIntent.LastPaymentError") -> Decline:
    # Reading an absent attribute of a Stripe object raises an error.
    code = getattr(error, "decline_code", None) or getattr(error, "code", None) or "card_declined"
    if getattr(error, "code", None) == "expired_card":
        code = "expired_card"
    return Decline(code, getattr(error, "advice_code", None))


def _id(value: object) -> str:
    return value if isinstance(value, str) else str(getattr(value, "id", ""))


def parse_request(text: str) -> dict[str, Any]:
    """A stored request to Stripe as its parameters."""
    request: dict[str, Any] = json.loads(text)
    return request


def format_request(request: dict[str, Any]) -> str:
    """The parameters of a request to Stripe as stored text."""
    return json.dumps(request, separators=(",", ":"), sort_keys=True)
