"""The level of an account below which a balance is announced."""

from typing import Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.money import MICROS_PER_DOLLAR, format_money, parse_money

MAX_LOW_BALANCE_MICROS: Final = 10_000 * MICROS_PER_DOLLAR


def parse_low_balance(value: object) -> int | None:
    """Parse the level below which a balance is announced; None: never.

    Raises:
        InvalidValue: invalid_amount, amount_out_of_range.
    """
    if value is None:
        return None
    micros = parse_money(value, field="low_balance", decimals=2)
    if not 0 <= micros <= MAX_LOW_BALANCE_MICROS:
        maximum = format_money(MAX_LOW_BALANCE_MICROS)
        raise InvalidValue(
            ProblemCode.AMOUNT_OUT_OF_RANGE, f"low_balance must lie between 0.00 and {maximum} US dollars."
        )
    return micros
