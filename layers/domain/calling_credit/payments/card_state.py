"""The state of a saved card that customers see."""

from datetime import datetime
from enum import StrEnum

from calling_credit.recharge.card_expiry import expires_soon, has_expired
from calling_credit.topups.card_history import CardHistory


class CardState(StrEnum):
    """Whether a saved card can pay. docs/api.md explains each."""

    OK = "ok"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    DECLINED = "declined"
    BLOCKED = "blocked"


def state_of(expires: str, history: CardHistory, now: datetime) -> CardState:
    """The state of a card with this last month (empty for a bank account); the most serious reason first."""
    if history.is_blocked:
        return CardState.BLOCKED
    if expires and has_expired(expires, now):
        return CardState.EXPIRED
    if history.declined_at is not None:
        return CardState.DECLINED
    return CardState.EXPIRING if expires and expires_soon(expires, now) else CardState.OK
