"""Links that act without a sign-in: each is for one purpose and one account, and good for its time only. Makes no token
and stores nothing.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from calling_credit.instants import format_instant
from calling_credit.topups.topup import CHALLENGE_LASTS, TopUp

Purpose = Literal["confirm_payment", "freeze_account"]
PURPOSES: Final[tuple[Purpose, ...]] = ("confirm_payment", "freeze_account")
FREEZES_FOR: Final = timedelta(days=7)
"""How long the link in an alert freezes an account: somebody may be away."""


@dataclass(frozen=True, slots=True)
class Link:
    """What one link is for: its one purpose, the account, what of it (a payment's id, or the alert's), and when it ends
    (RFC 3339).
    """

    purpose: Purpose
    account_id: str
    target: str
    expires_at: str


def confirmation_link(topup: TopUp) -> Link:
    """The link that finishes a payment which waits for its customer, for as long as the payment may wait."""
    expires_at = format_instant(datetime.fromisoformat(topup.created_at) + CHALLENGE_LASTS)
    return Link("confirm_payment", topup.account_id, topup.topup_id, expires_at)


def freeze_link(account_id: str, event_id: str, occurred_at: str) -> Link:
    """The link that freezes an account from an alert about it."""
    expires_at = format_instant(datetime.fromisoformat(occurred_at) + FREEZES_FOR)
    return Link("freeze_account", account_id, event_id, expires_at)


def hash_of(token: str) -> str:
    """What is stored of a link (SHA-256, hexadecimal)."""
    return hashlib.sha256(token.encode()).hexdigest()
