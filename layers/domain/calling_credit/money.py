"""Money as integer micro-dollars (10^-6 USD) inside, decimal strings at the edges. Supports only USD, and no
float.
"""

import re
from dataclasses import dataclass

from calling_credit.errors import InvalidValue, ProblemCode

MICROS_PER_DOLLAR = 1_000_000
MAX_AMOUNT_MICROS = 999_999_999 * MICROS_PER_DOLLAR

_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,6}))?")


def parse_money(text: object, *, field: str = "amount", decimals: int = 6) -> int:
    """Read a decimal string such as `"25.00"` or `"-0.0123"` as integer micro-dollars.

    Only plain decimals are money: no exponent, no sign but a leading minus, no spaces, no JSON number (a JSON
    number has already been through a float somewhere). `decimals` is how many places the field allows.

    Raises:
        InvalidValue: `invalid_amount`, naming the field and the accepted form.
    """
    match = _DECIMAL.fullmatch(text) if isinstance(text, str) else None
    if match is None or len(match[3] or "") > decimals:
        raise InvalidValue(
            ProblemCode.INVALID_AMOUNT,
            f'{field} must be a decimal string such as "25.00" with at most {decimals} decimals; send it quoted, '
            "without sign, exponent or spaces.",
        )
    sign, whole, fraction = match.groups()
    micros = int(whole) * MICROS_PER_DOLLAR + int((fraction or "").ljust(6, "0"))
    return -micros if sign else micros


def format_money(micros: int) -> str:
    """Write micro-dollars as a decimal string: two decimals at least, six at most, never rounded (`"25.00"`,
    `"0.0123"`).
    """
    sign = "-" if micros < 0 else ""
    whole, fraction = divmod(abs(micros), MICROS_PER_DOLLAR)
    digits = f"{fraction:06d}"
    return f"{sign}{whole}.{digits[:2]}{digits[2:].rstrip('0')}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that one payment may be."""

    minimum_micros: int
    maximum_micros: int

    def check(self, amount_micros: int) -> int:
        """An amount within them.

        Raises:
            InvalidValue: `amount_out_of_range`.
        """
        if not self.minimum_micros <= amount_micros <= self.maximum_micros:
            least, most = format_money(self.minimum_micros), format_money(self.maximum_micros)
            raise InvalidValue(
                ProblemCode.AMOUNT_OUT_OF_RANGE, f"amount must lie between {least} and {most} US dollars."
            )
        return amount_micros
