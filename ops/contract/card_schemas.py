"""Cards and bank accounts as answers show them."""

from typing import Final

from ops.contract.schemas import LAST_FOUR, TEXT, Schema, described, record

PAYMENT_METHOD_ID: Final[Schema] = {
    "type": "string",
    "pattern": "^[A-Za-z0-9_]{1,255}$",
    "description": "A saved card or bank account, as GET /payment-methods lists it.",
    "examples": ["pm_1TZexampleAdasVisa"],
}
BRAND: Final = described(TEXT, "The brand of a card, or us_bank_account.")
CARD: Final = record("Card", "A card or bank account as a person recognizes it.", {"brand": BRAND, "last4": LAST_FOUR})
