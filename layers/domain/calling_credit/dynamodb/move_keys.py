"""The keys of what staff and clients move: goodwill, claims, refunds, approvals, and what is left of a day's limit."""

from typing import Any, Final

from calling_credit.dynamodb import keys

APPROVAL: Final = "APPROVAL"


def goodwill_sk(happened_at: str, call_key: str) -> str:
    """The goodwill of one call."""
    return f"GOODWILL#{happened_at}#{call_key}"


def move_sk(move_id: str) -> str:
    """The claim of one Idempotency-Key of a goodwill or a transfer."""
    return f"MOVE#{move_id}"


def refund_sk(refund_id: str) -> str:
    """One refund of a payment, which claims its Idempotency-Key."""
    return f"REFUND#{refund_id}"


def item_key(account_id: str, sort_key: str) -> dict[str, Any]:
    """The item key of an item of an account."""
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": sort_key}}


def approval_pk(approval_id: str) -> str:
    """Partition of one approval."""
    return f"APPROVAL#{approval_id}"


def approval_key(approval_id: str) -> dict[str, Any]:
    """The item key of an approval."""
    return {"PK": {"S": approval_pk(approval_id)}, "SK": {"S": APPROVAL}}


def staff_pk(subject: str) -> str:
    """Partition of one member of the staff."""
    return f"STAFF#{subject}"


def client_pk(client_id: str) -> str:
    """Partition of one client of the back office."""
    return f"CLIENT#{client_id}"


def moved_sk(day: str) -> str:
    """What is left of a limit on one day (UTC)."""
    return f"MOVED#{day}"
