"""The state of a saved card that customers see."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from calling_credit.recharge.card_expiry import expires_soon, has_expired


class CardState(StrEnum):
    """Whether a saved card can pay. docs/api.md explains each."""

    OK = "ok"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    DECLINED = "declined"
    BLOCKED = "blocked"


class History(Protocol):
    """The record of the card's attempts."""

    @property
    def is_blocked(self) -> bool:
        """Whether no path may try the card."""

    @property
    def declined_at(self) -> str | None:
        """When an issuer last declined the card, unless it has paid since."""


def state_of(expires: str, history: History | None, now: datetime) -> CardState:
    """The state of a card with this last month; the most serious reason first."""
    if history is not None and history.is_blocked:
        return CardState.BLOCKED
    if has_expired(expires, now):
        return CardState.EXPIRED
    if history is not None and history.declined_at is not None:
        return CardState.DECLINED
    return CardState.EXPIRING if expires_soon(expires, now) else CardState.OK
