"""Verifies Stripe's callbacks and reads which object they name. The object itself is then read from Stripe."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import stripe

from calling_credit.errors import BadRequest, ProblemCode

TOLERANCE_SECONDS: Final = 300
"""The largest difference between a signature's time and ours. Older ones may be replays, later ones are forged."""
UNREADABLE: Final = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
"""What reading an object in another form than Stripe's raises."""


MAX_CREATED: Final = 10**11
"""Seconds of the year 5138; a later time cannot be a date."""
MAX_NAME_CHARACTERS: Final = 255
"""The longest id of Stripe (docs.stripe.com/upgrades, under backward-compatible changes)."""


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """An event about an object. `object_id` is empty for objects without an id, such as a balance. `customer_id` is the
    object's current or previous customer. `intent_id` is the payment of a charge, refund, or dispute. `account_id` is
    our account in the metadata of the object, and `previous_fingerprint` that of a card before it was renewed.
    `created` is when it happened, in seconds; 0 if an earlier release stored the event without it.
    """

    event_id: str
    kind: str
    object_id: str
    customer_id: str
    intent_id: str = ""
    account_id: str = ""
    previous_fingerprint: str = ""
    created: int = field(default=0, compare=False)


def verify_event(body: bytes, signature: str | None, secret: str, now: datetime) -> StripeEvent:
    """Verify a callback's signature over its bytes, and return its event.

    Raises:
        BadRequest: missing_signature, invalid_signature, stale_signature, future_signature, malformed_event.
    """
    if not signature:
        raise BadRequest(
            ProblemCode.MISSING_SIGNATURE, "The Stripe-Signature header is missing; only Stripe calls this address."
        )
    try:
        text = body.decode("utf-8")
        # The SDK would use its own clock for the time; it is checked below with ours, in both directions.
        stripe.WebhookSignature.verify_header(text, signature, secret, None)
        signed_at = int(next(part[2:] for part in signature.split(",") if part.startswith("t=")))
    except (stripe.SignatureVerificationError, ValueError, TypeError, StopIteration) as error:
        raise _invalid_signature() from error
    age = now.timestamp() - signed_at
    if age > TOLERANCE_SECONDS:
        raise BadRequest(
            ProblemCode.STALE_SIGNATURE, "The signature is too old; Stripe sends the event again with a new one."
        )
    if age < -TOLERANCE_SECONDS:
        raise BadRequest(ProblemCode.FUTURE_SIGNATURE, "The signature's time is in the future. Check the clocks.")
    return _parse_body(text)


def verify_event_with_any(body: bytes, signature: str | None, secrets: Iterable[str], now: datetime) -> StripeEvent:
    """Verify a callback with secrets in turn, until one has signed it, and return its event.

    Raises:
        BadRequest: as `verify_event`; invalid_signature if no secret has signed it.
    """
    refused: BadRequest | None = None
    for secret in secrets:
        try:
            return verify_event(body, signature, secret, now)
        except BadRequest as error:
            if error.code != ProblemCode.INVALID_SIGNATURE:
                raise
            refused = error
    raise refused or _invalid_signature()


def _invalid_signature() -> BadRequest:
    detail = "The signature does not match this body and secret. Check the endpoint's signing secret."
    return BadRequest(ProblemCode.INVALID_SIGNATURE, detail)


def _parse_body(text: str) -> StripeEvent:
    try:
        return parse_event(json.loads(text))
    except (*UNREADABLE, RecursionError) as error:
        raise BadRequest(ProblemCode.MALFORMED_EVENT, "The body is not a Stripe event.") from error


def parse_event(event: dict[str, Any]) -> StripeEvent:
    """Parse an event.

    Raises:
        UNREADABLE: it is not an event.
    """
    data = event["data"]
    found: dict[str, Any] = data["object"]
    before = data.get("previous_attributes") or {}
    customer = found.get("customer") or before.get("customer") or ""
    if not found:
        raise KeyError("object")
    object_id, intent_id = str(found.get("id") or ""), str(found.get("payment_intent") or "")
    account_id = str((found.get("metadata") or {}).get("account_id") or "")
    card, card_before = found.get("card") or {}, before.get("card") or {}
    is_renewed = not card_before.keys().isdisjoint(("fingerprint", "exp_month", "exp_year"))
    fingerprint = str(card_before.get("fingerprint") or card.get("fingerprint") or "") if is_renewed else ""
    names = str(event["id"]), str(event["type"]), object_id, str(customer), intent_id, account_id, fingerprint
    if max(len(name) for name in names if name is not account_id) > MAX_NAME_CHARACTERS:
        raise ValueError("no name of Stripe is that long")
    "".join(names).encode()  # Not every text of JSON can be stored.
    created = int(event.get("created") or 0)
    if not 0 <= created <= MAX_CREATED:
        raise ValueError("the event has no possible time")
    return StripeEvent(*names, created)
