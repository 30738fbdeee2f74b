"""What a payment's card pays, spelled here without the code that charges it."""

from fractions import Fraction
from typing import Any


def gross(item: dict[str, Any]) -> int:
    """The credit of a stored payment and the tax on it."""
    return int(item["amount_micros"]) + int(item.get("tax_micros", 0))


def half_up(numerator: int, denominator: int) -> int:
    """A positive fraction of cents, rounded half up to whole cents, in micro-dollars."""
    return (2 * numerator + denominator) // (2 * denominator) * 10_000


def tax_of(item: dict[str, Any]) -> int:
    """The tax on a stored payment by its rate, in micro-dollars."""
    rate = Fraction(item.get("tax_percent", "0")) / 100
    exact = Fraction(item["amount_micros"], 10_000) * rate
    return half_up(exact.numerator, exact.denominator)


def credit_of(item: dict[str, Any], kept_micros: int) -> int:
    """What remains of a payment's credit if Stripe kept this much of what its card paid."""
    net, paid = int(item["amount_micros"]), gross(item)
    return net - half_up(net * (paid - kept_micros) // 10_000, paid)
