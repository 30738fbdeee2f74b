"""Converts a top-up to its DynamoDB item and back. The sweep index lists it until it has ended."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.correlation import CORRELATION_ID, correlation_of
from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.instants import format_instant
from calling_credit.payment_names import MethodType
from calling_credit.topups import documents
from calling_credit.topups.topup import LEASE, Card, TopUp, TopUpKind, TopUpStatus

_RARE: Final = ("is_backup", "is_disputed", "tax_micros")
"""What only the items of few payments have."""
TOPUP_KIND: Final = "topup"
CARD_FIELDS: Final = ("payment_method_id", "brand", "last4", "fingerprint")
_PLAIN: Final = (
    "topup_id",
    "kind",
    "status",
    "amount_micros",
    "created_at",
    "created_by",
    "customer_id",
    "create_request",
    "confirm_request",
    "confirm_number",
    "attempt",
    "intent_id",
    "lease_until",
    "next_action_url",
    "failure_code",
    "failure_advice",
    "receipt_url",
    "is_finished",
    "reversed_micros",
    "reversals",
    "shown_at",
    "suspended_recharge",
    "session_id",
    "page_expires_at",
    "is_backup",
    "refunded_micros",
    "is_disputed",
    "tax_micros",
    "tax_percent",
    "billing",
    "settled_at",
    "reversed_gross_micros",
    "receipt_due",
    "receipt",
    "notes_due",
    "credit_notes",
    CORRELATION_ID,
)


def topup_key(account_id: str, topup_id: str) -> dict[str, Any]:
    """The item key of a top-up."""
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.topup_sk(topup_id)}}


def topup_item(topup: TopUp) -> dict[str, Any]:
    """The item of a new top-up. The sweep index returns it once its lease ends, or its page at Stripe expires."""
    values = asdict(topup)
    plain = {name: values[name] for name in _PLAIN} | {name: values[name] or None for name in _RARE}
    return to_attributes(
        {
            "PK": keys.account_pk(topup.account_id),
            "SK": keys.topup_sk(topup.topup_id),
            **plain,
            **{name: values["card"][name] for name in CARD_FIELDS},
            "updated_at": topup.created_at,
            "sweep_pk": sweep_keys.sweep_pk(TOPUP_KIND, topup.account_id),
            "sweep_sk": sweep_sk(topup, topup.page_expires_at or topup.lease_until or topup.created_at),
        }
    )


def payment_key(topup: TopUp) -> dict[str, Any]:
    """The key of the item that lists a top-up by time. While a document of the top-up is due, it also carries the keys
    of the sweep index.
    """
    return {
        "PK": {"S": keys.account_pk(topup.account_id)},
        "SK": {"S": keys.payment_sk(topup.created_at, topup.topup_id)},
    }


def payment_item(topup: TopUp) -> dict[str, Any]:
    """The item that lists a top-up by time."""
    return to_attributes(
        {
            "PK": keys.account_pk(topup.account_id),
            "SK": keys.payment_sk(topup.created_at, topup.topup_id),
            "topup_id": topup.topup_id,
        }
    )


@decoder
def topup_from_item(attributes: dict[str, Any]) -> TopUp:
    """The top-up of an item."""
    item = from_attributes(attributes)
    if item["amount_micros"] <= 0 or min(item.get("reversed_micros", 0), item.get("tax_micros", 0)) < 0:
        raise ValueError("a payment has an amount, and neither its tax nor its reversed part is negative")
    documents.due_notes(item.get("notes_due"))
    documents.issued_notes(item.get("credit_notes"))
    card = Card(*(item[name] for name in CARD_FIELDS))
    plain = {name: item[name] for name in _PLAIN if name in item}
    plain |= {"kind": TopUpKind(item["kind"]), "status": TopUpStatus(item["status"])}
    plain[CORRELATION_ID] = correlation_of(item)
    return TopUp(account_id=keys.account_of(item["PK"]), card=card, **plain)


def sweep_sk(topup: TopUp, check_at: str) -> str:
    """The sort key of the sweep index: the time of the next check first."""
    return f"{check_at}#{topup.account_id}#{topup.topup_id}"


def next_check(topup: TopUp, now: datetime) -> str:
    """When to ask Stripe again: after a quarter of the payment's age, at least the lease and at most an hour, or six
    hours for a bank account, which takes days.
    """
    longest = timedelta(hours=6 if topup.card.type is MethodType.BANK_ACCOUNT else 1)
    wait = min(max(LEASE, topup.age(now) // 4), longest)
    return format_instant(now + wait)
