"""Which mails are limited: of one kind, the first is sent at once, then none to the same address for an hour. The
Billing page shows everything, so the next mail does not count the mails left out.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mails import Confirmation, needs_confirmation

SILENCE: Final = timedelta(hours=1)
"""How long no other mail of the same kind follows."""
ALWAYS_SENT: Final = frozenset(
    {
        EventType.TOP_UP_SUCCEEDED,
        EventType.AUTO_RECHARGE_SUCCEEDED,
        EventType.CREDIT_REVERSED,
        EventType.CREDIT_RETURNED,
        EventType.ACCOUNT_FROZEN,
        EventType.ACCOUNT_UNFROZEN,
    }
)
"""Receipts, reversals, and freezes: each is news about money or access, and customers keep these mails."""
ALWAYS_SENT_REASONS: Final = frozenset({"payment_refunded", "payment_disputed"})
"""The same for suspensions of automatic recharge by a reversal."""


def limited_kind(event: Mapping[str, Any], confirmation: Confirmation | None) -> str | None:
    """Return the kind of mail within which an event's mail is limited; None if it is never left out.

    Suspensions of automatic recharge differ by reason, because each asks for another action. A link that confirms a
    payment is always sent, because its payment waits for nothing else.
    """
    kind = EventType(event["type"])
    if kind in ALWAYS_SENT:
        return None
    if kind is not EventType.AUTO_RECHARGE_SUSPENDED:
        return kind
    reason = event["data"]["reason"]
    waits = confirmation is not None and needs_confirmation(event)
    return None if waits or reason in ALWAYS_SENT_REASONS else f"{kind}:{reason}"
