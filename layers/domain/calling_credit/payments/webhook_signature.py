"""Stripe's callbacks: is it really Stripe, is it from now, and which object does it speak of. What the object is, is
asked of Stripe itself.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import stripe

from calling_credit.errors import BadRequest, ProblemCode

TOLERANCE_SECONDS: Final = 300
"""How far a signature's time may be from ours, either way: older ones may be replayed, later ones are made up."""


@dataclass(frozen=True, slots=True)
class Notice:
    """That something happened to an object. `object_id` is empty for objects that have none, such as a balance;
    `customer_id` is the object's customer, or was before it; `intent_id` is the payment a charge, refund or dispute is
    of.
    """

    event_id: str
    kind: str
    object_id: str
    customer_id: str
    intent_id: str = ""


def read_notice(body: bytes, signature: str | None, secret: str, now: datetime) -> Notice:
    """The notice in a callback whose signature holds for these very bytes.

    Raises:
        BadRequest: missing_signature, invalid_signature, stale_signature, future_signature, malformed_event.
    """
    if not signature:
        raise BadRequest(
            ProblemCode.MISSING_SIGNATURE, "The Stripe-Signature header is missing; only Stripe calls this address."
        )
    try:
        text = body.decode("utf-8")
        # The SDK compares times with its own clock; both ways are compared below, with ours.
        stripe.WebhookSignature.verify_header(text, signature, secret, None)
        signed_at = int(next(part[2:] for part in signature.split(",") if part.startswith("t=")))
    except (stripe.SignatureVerificationError, ValueError, TypeError, StopIteration) as error:
        detail = "The signature does not belong to this body and secret; see that the endpoint's secret is ours."
        raise BadRequest(ProblemCode.INVALID_SIGNATURE, detail) from error
    age = now.timestamp() - signed_at
    if age > TOLERANCE_SECONDS:
        raise BadRequest(
            ProblemCode.STALE_SIGNATURE, "The signature is too old; Stripe sends the event again with a new one."
        )
    if age < -TOLERANCE_SECONDS:
        raise BadRequest(ProblemCode.FUTURE_SIGNATURE, "The signature's time lies ahead; compare the clocks.")
    return _notice(text)


def _notice(text: str) -> Notice:
    try:
        return notice_of(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadRequest(ProblemCode.MALFORMED_EVENT, "The body is not an event of Stripe.") from error


def notice_of(event: dict[str, Any]) -> Notice:
    """The notice in an event.

    Raises:
        KeyError, TypeError, AttributeError: it is none.
    """
    data = event["data"]
    found: dict[str, Any] = data["object"]
    before = data.get("previous_attributes") or {}
    customer = found.get("customer") or before.get("customer") or ""
    if not found:
        raise KeyError("object")
    object_id, intent_id = str(found.get("id") or ""), str(found.get("payment_intent") or "")
    return Notice(str(event["id"]), str(event["type"]), object_id, str(customer), intent_id)
