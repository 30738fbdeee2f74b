"""What a payment costs as customers see it: credit, tax, and what the card pays."""

from typing import Protocol

from calling_credit.money import format_money


class Taxed(Protocol):
    """A payment, or one that may be made."""

    @property
    def amount_micros(self) -> int:
        """The credit."""

    @property
    def tax_micros(self) -> int:
        """The tax on it."""


def amounts_view(payment: Taxed) -> dict[str, str]:
    """`{amount, tax, total}`: the credit, the tax on it, and what the card pays."""
    return amounts_of(payment.amount_micros, payment.tax_micros)


def amounts_of(net_micros: int, tax_micros: int) -> dict[str, str]:
    """`{amount, tax, total}` of credit and the tax on it."""
    total = net_micros + tax_micros
    return {"amount": format_money(net_micros), "tax": format_money(tax_micros), "total": format_money(total)}
