"""A top-up as its item and back; where the sweep index keeps it until it has ended. Writes nothing."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.instants import format_instant
from calling_credit.topups.topup import LEASE, Card, TopUp

TOPUP_KIND: Final = "topup"
_CARD: Final = ("payment_method_id", "brand", "last4", "fingerprint")
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
)


def topup_key(account_id: str, topup_id: str) -> dict[str, Any]:
    """The key of a top-up as DynamoDB writes it."""
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.topup_sk(topup_id)}}


def topup_item(topup: TopUp) -> dict[str, Any]:
    """The item of a new top-up; the index shows it from the moment its lease ends."""
    said = asdict(topup)
    plain = {name: said[name] for name in _PLAIN}
    return to_attributes(
        {
            "PK": keys.account_pk(topup.account_id),
            "SK": keys.topup_sk(topup.topup_id),
            **plain,
            **{name: said["card"][name] for name in _CARD},
            "updated_at": topup.created_at,
            "sweep_pk": sweep_keys.sweep_pk(TOPUP_KIND, topup.account_id),
            "sweep_sk": sweep_sk(topup, topup.lease_until or topup.created_at),
        }
    )


def payment_item(topup: TopUp) -> dict[str, Any]:
    """What lists a top-up by time."""
    return to_attributes(
        {
            "PK": keys.account_pk(topup.account_id),
            "SK": keys.payment_sk(topup.created_at, topup.topup_id),
            "topup_id": topup.topup_id,
        }
    )


def read_topup_item(attributes: dict[str, Any]) -> TopUp:
    """The top-up behind its item."""
    item = from_attributes(attributes)
    card = Card(*(item[name] for name in _CARD))
    plain = {name: item[name] for name in _PLAIN if name in item}
    return TopUp(account_id=keys.account_of(item["PK"]), card=card, **plain)


def sweep_sk(topup: TopUp, look_at: str) -> str:
    """Sorts what is to be looked at by when."""
    return f"{look_at}#{topup.account_id}#{topup.topup_id}"


def next_look(topup: TopUp, now: datetime) -> str:
    """When to ask Stripe again: after the lease at the soonest, later the older the payment is, hourly at most."""
    wait = min(max(LEASE, topup.age(now) // 4), timedelta(hours=1))
    return format_instant(now + wait)
