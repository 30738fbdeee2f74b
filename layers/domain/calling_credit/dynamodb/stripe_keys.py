"""The keys of what the table knows about Stripe: its account, its events, and issues."""

from typing import Any, Final

STRIPE_ACCOUNT: Final = "STRIPE_ACCOUNT"
EVENTS_PK: Final = "STRIPE#EVENTS"
SWEEP_SK: Final = "SWEEP"
"""How far the events of Stripe are listed, and which of them failed."""
CALLBACKS_SK: Final = "CALLBACKS"
"""When the last verified callback arrived."""


def stripe_account_key() -> dict[str, Any]:
    """The item key of the Stripe account that the stack belongs to."""
    return {"PK": {"S": "STRIPE"}, "SK": {"S": STRIPE_ACCOUNT}}


def issue_pk(object_id: str) -> str:
    """Partition of the issue about one Stripe object."""
    return f"STRIPE#{object_id}"


def issue_sk() -> str:
    """The issue itself."""
    return "ISSUE"
