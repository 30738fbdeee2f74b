"""Test cards of Stripe by the behavior of their bank, and the numbers of cards and bank accounts."""

from typing import Any

VISA, MASTERCARD = "pm_card_visa", "pm_card_mastercard"
DECLINED, CHALLENGED = "pm_card_chargeCustomerFail", "pm_card_threeDSecure2Required"
PROCESSING = "pm_card_processing"


def declining(reason: str) -> str:
    """A card that can be saved and is declined for this reason when it is charged."""
    return f"pm_card_attachesThenDeclines_{reason}"


def bank_account(behavior: str) -> str:
    """The test bank account with this behavior, such as insufficientFunds."""
    return f"pm_usBankAccount_{behavior}"


def is_bank_account(details: dict[str, Any]) -> bool:
    """Whether a payment method, or the details of a charge, are those of a bank account."""
    return str(details["type"]) == "us_bank_account"


def fingerprint_of(details: dict[str, Any]) -> str:
    """The fingerprint of a payment method, or of the details of a charge: of a card, or of a bank account."""
    return str(details[details["type"]]["fingerprint"])


PAYMENT_FIELDS = frozenset(
    {
        *("id", "kind", "status", "amount", "tax", "total", "created_at", "payment_method", "refunded", "disputed"),
        *("receipt", "credit_notes"),
    }
)
"""The fields of every payment that customers see."""
