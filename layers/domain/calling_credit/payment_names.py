"""What people call a payment method: `Visa ending 4242`, or `Bank account ending 6789`.

Items store the brand of a card. For a US bank account, which has none, its type stands there.
"""

from enum import StrEnum


class MethodType(StrEnum):
    """The types of payment methods that customers save and pay with. Stripe's names."""

    CARD = "card"
    BANK_ACCOUNT = "us_bank_account"


def method_type(brand: str) -> MethodType:
    """The type of a payment method with this stored brand."""
    return MethodType.BANK_ACCOUNT if brand == MethodType.BANK_ACCOUNT else MethodType.CARD


def method_name(brand: str, last4: str) -> str:
    """The name of a payment method for people."""
    shown = "Bank account" if brand == MethodType.BANK_ACCOUNT else brand.replace("_", " ").title()
    return f"{shown} ending {last4}"
