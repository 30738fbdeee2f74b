"""When a card expires, and when its customer hears about it: 30 days ahead, once per card and date."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule

NOTICE: Final = timedelta(days=30)


def expires_at(expires: str) -> datetime:
    """The first moment (UTC) at which a card is no longer valid: after its last month, such as 2034-11."""
    year, month = (int(part) for part in expires.split("-"))
    return datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def has_expired(expires: str, now: datetime) -> bool:
    """Whether a card has expired."""
    return now >= expires_at(expires)


def expires_soon(expires: str, now: datetime) -> bool:
    """Whether a card expires within 30 days."""
    return not has_expired(expires, now) and now >= expires_at(expires) - NOTICE


def notice_of(rule: Rule) -> str:
    """Identifies the notice about a rule's card: its number and its last month."""
    return f"{rule.fingerprint}:{rule.card_expires}"


def notice_at(rule: Rule, state: State, now: datetime) -> datetime | None:
    """When to announce that the rule's card expires; None if there is nothing to announce."""
    if not rule.enabled or state.suspended_reason is not None or not rule.card_expires:
        return None
    if state.expiry_announced == notice_of(rule) or has_expired(rule.card_expires, now):
        return None
    return expires_at(rule.card_expires) - NOTICE


def announce_expiry(rule: Rule, state: State, now: datetime) -> State:
    """Announce that the rule's card expires, if it is time. The state's item becomes an event."""
    at = notice_at(rule, state, now)
    return state if at is None or at > now else replace(state, expiry_announced=notice_of(rule))
