"""Links that act without a sign-in. Each has one purpose, one account, and an expiry. Stores nothing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from calling_credit.instants import format_instant
from calling_credit.topups.topup import CHALLENGE_LIFETIME, TopUp

FREEZE_LINK_LIFETIME: Final = timedelta(days=7)
"""How long the link in an alert can freeze the account, because its reader may be away."""


class LinkPurpose(StrEnum):
    """The action of a link."""

    CONFIRM_PAYMENT = "confirm_payment"
    FREEZE_ACCOUNT = "freeze_account"


@dataclass(frozen=True, slots=True)
class Link:
    """The purpose of a link, its account, its target (the id of a payment or an alert), and its expiry (RFC 3339)."""

    purpose: LinkPurpose
    account_id: str
    target: str
    expires_at: str


def confirmation_link(topup: TopUp) -> Link:
    """Return the link that confirms a waiting payment, valid for as long as the payment may wait."""
    expires_at = format_instant(datetime.fromisoformat(topup.created_at) + CHALLENGE_LIFETIME)
    return Link(LinkPurpose.CONFIRM_PAYMENT, topup.account_id, topup.topup_id, expires_at)


def freeze_link(account_id: str, event_id: str, occurred_at: str) -> Link:
    """Return the link in an alert that freezes the account."""
    expires_at = format_instant(datetime.fromisoformat(occurred_at) + FREEZE_LINK_LIFETIME)
    return Link(LinkPurpose.FREEZE_ACCOUNT, account_id, event_id, expires_at)


def hash_of(token: str) -> str:
    """Return the stored hash of a link's token (SHA-256, hexadecimal)."""
    return hashlib.sha256(token.encode()).hexdigest()
