"""What a payment costs: its credit, the tax, and both together."""

from typing import Final

from ops.contract.schemas import MONEY, described

AMOUNTS: Final = {
    "amount": described(MONEY, "The credit."),
    "tax": described(MONEY, "The tax on it."),
    "total": described(MONEY, "What the card pays: the credit and the tax."),
}
