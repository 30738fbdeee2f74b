"""Why a rule of automatic recharge is suspended, and which of the reasons end easily."""

from enum import StrEnum
from typing import Final


class SuspensionReason(StrEnum):
    """Why a rule does not charge until the customer acts."""

    AUTHENTICATION = "authentication_required"
    REPEATEDLY = "declined_repeatedly"
    UNUSABLE = "card_unusable"
    REMOVED = "card_removed"
    REFUNDED = "payment_refunded"
    DISPUTED = "payment_disputed"
    LOST = "payment_lost"
    CHARGE_CHANGED = "charge_changed"


SOFT: Final = frozenset({SuspensionReason.REPEATEDLY, SuspensionReason.LOST})
"""Suspensions that end with any paid manual top-up, or when the rule is switched on again."""
ENDED_BY_ARMING: Final = frozenset({SuspensionReason.CHARGE_CHANGED})
"""Suspensions that end when a billing admin arms the rule: enables it, raises threshold or amount, or gives a card."""
