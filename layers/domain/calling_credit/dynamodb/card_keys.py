"""The keys of cards and of the limits on payments. Each card has its own partition, because it may serve several
accounts.
"""

import hashlib
from typing import Any

from calling_credit.dynamodb import keys


def card_hash(identity: str) -> str:
    """The hash under which a card is stored: of its fingerprint, or of its payment method's id."""
    return hashlib.sha256(identity.encode()).hexdigest()


def card_pk(hashed: str) -> str:
    """Partition of one card."""
    return f"CARD#{hashed}"


def card_sk() -> str:
    """The card's tries and block."""
    return "CARD"


def card_key(hashed: str) -> dict[str, Any]:
    """The item key of a card."""
    return {"PK": {"S": card_pk(hashed)}, "SK": {"S": card_sk()}}


def payment_limits_sk() -> str:
    """What an account has used of its limits on manual payments and saved cards."""
    return "PAYMENT_LIMITS"


def payment_limits_key(account_id: str) -> dict[str, Any]:
    """The item key of an account's used limits."""
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": payment_limits_sk()}}
