"""Money: integer micro-dollars (10^-6 USD) inside, decimal strings at the edges. USD only, without floats."""

import re
from dataclasses import dataclass

from calling_credit.errors import InvalidValue, ProblemCode

MICROS_PER_DOLLAR = 1_000_000
MICROS_PER_CENT = 10_000

_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,6}))?")


def parse_money(text: object, *, field: str = "amount", decimals: int = 6) -> int:
    """Parse a decimal string such as `"25.00"` or `"-0.0123"` as integer micro-dollars.

    Only plain decimals are valid: no exponent, no sign except a leading minus, no spaces, and no JSON number (a JSON
    number may already have passed through a float). `decimals` is the number of decimals that the field allows.

    Raises:
        InvalidValue: `invalid_amount`, naming the field and the accepted form.
    """
    match = _DECIMAL.fullmatch(text) if isinstance(text, str) else None
    if match is None or len(match[3] or "") > decimals:
        raise InvalidValue(
            ProblemCode.INVALID_AMOUNT,
            f'{field} must be a decimal string such as "25.00" with at most {decimals} decimals, in quotes, '
            "without a plus sign, an exponent, or spaces.",
        )
    sign, whole, fraction = match.groups()
    micros = int(whole) * MICROS_PER_DOLLAR + int((fraction or "").ljust(6, "0"))
    return -micros if sign else micros


def format_money(micros: int) -> str:
    """Format micro-dollars as a decimal string with two to six decimals, never rounded (`"25.00"`, `"0.0123"`)."""
    sign = "-" if micros < 0 else ""
    whole, fraction = divmod(abs(micros), MICROS_PER_DOLLAR)
    digits = f"{fraction:06d}"
    return f"{sign}{whole}.{digits[:2]}{digits[2:].rstrip('0')}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The minimum and the maximum of one payment."""

    minimum_micros: int
    maximum_micros: int

    def check(self, amount_micros: int) -> int:
        """Return the amount if it is within the bounds.

        Raises:
            InvalidValue: `amount_out_of_range`.
        """
        if not self.minimum_micros <= amount_micros <= self.maximum_micros:
            minimum, maximum = format_money(self.minimum_micros), format_money(self.maximum_micros)
            raise InvalidValue(
                ProblemCode.AMOUNT_OUT_OF_RANGE, f"amount must lie between {minimum} and {maximum} US dollars."
            )
        return amount_micros
