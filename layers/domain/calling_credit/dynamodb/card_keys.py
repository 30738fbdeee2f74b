"""The keys of cards. A card has a partition of its own, because one card may serve several accounts."""

import hashlib
from typing import Any


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
