"""Which mails are limited: of one kind, the first is sent at once, then none to the same address for an hour. The
Billing page shows everything, so the next mail does not count the mails left out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mail_link import Confirmation
from calling_credit.notifications.mails import WITH_FREEZE_LINK, needs_confirmation
from calling_credit.topups.declines import FailureCode

SILENCE: Final = timedelta(hours=1)
"""How long no other mail of the same kind follows."""
_ON_TIME: Final = timedelta(seconds=30)
"""How late a mail may be for its silence to begin with its event."""
ALWAYS_SENT: Final = frozenset(
    {
        EventType.TOP_UP_SUCCEEDED,
        EventType.AUTO_RECHARGE_SUCCEEDED,
        EventType.CREDIT_REVERSED,
        EventType.CREDIT_RETURNED,
        EventType.RECEIPT_ISSUED,
        EventType.CREDIT_NOTE_ISSUED,
        EventType.CREDIT_EXPIRING,
        EventType.CREDIT_EXPIRED,
        EventType.ACCOUNT_FROZEN,
        EventType.ACCOUNT_UNFROZEN,
        EventType.ACCOUNT_CHANGED,
        EventType.ADDRESS_CONFIRMATION_REQUESTED,
        EventType.RATE_CHANGE_ANNOUNCED,
        EventType.BUDGET_REACHED,
        EventType.BUDGET_INCREASE_REQUESTED,
    }
)
"""Payments, receipts, reversals, credit that expires, freezes, changed addresses, and rises of prices: each is news
about money or access, and customers keep these mails. Those that ask to confirm an address are limited when they are
asked for, and so are those about budgets: by month and percentage, and by day.
"""
ALWAYS_SENT_REASONS: Final = frozenset({"payment_refunded", "payment_disputed"})
"""The same for suspensions of automatic recharge by a reversal."""


def silence_end(event: Mapping[str, Any], now: datetime) -> datetime:
    """The end of the silence after an event's mail that is sent now. The silence of a mail in time begins with its
    event: refused calls are reported each hour, and a report is no repetition because it is mailed faster than the one
    before.
    """
    occurred_at = event.get("occurred_at")
    begins = datetime.fromisoformat(occurred_at) if occurred_at else now
    return (begins if now - _ON_TIME <= begins <= now else now) + SILENCE


def limited_kind(
    event: Mapping[str, Any], confirmation: Confirmation | None, unfrozen_at: str | None = None
) -> str | None:
    """Return the kind of mail within which an event's mail is limited; None if it is never left out.

    Suspensions of automatic recharge differ by reason, because each asks for another action. A link that confirms a
    payment is always sent, because its payment waits for nothing else; so is news of a lost payment. What offers a
    freeze link is reported again after an unfreezing, because the unfreezing withdrew the links in earlier reports.
    """
    kind = EventType(event["type"])
    if kind in ALWAYS_SENT or _is_lost(event["data"].get("failure")):
        return None
    if kind in WITH_FREEZE_LINK and unfrozen_at is not None and event["occurred_at"] > unfrozen_at:
        return f"{kind}:{unfrozen_at}"
    if kind is not EventType.AUTO_RECHARGE_SUSPENDED:
        return kind
    reason = event["data"]["reason"]
    waits = confirmation is not None and needs_confirmation(event)
    return None if waits or reason in ALWAYS_SENT_REASONS else f"{kind}:{reason}"


def _is_lost(failure: Mapping[str, Any] | None) -> bool:
    """Whether a payment may have been charged, but is not credited, because Stripe no longer knows it."""
    return failure is not None and failure["code"] == FailureCode.PAYMENT_LOST
