"""Caps of a day on what a new risk may cost: the first calls to a country, and high-cost calls paid by young money.

Both are off until the operator switches them on for an account. Spent and held money counts together.
"""

from dataclasses import dataclass
from typing import Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.money import MICROS_PER_DOLLAR, format_money, parse_money

DEFAULT_CAPS: Final = {
    "first_country_cap_micros": 5 * MICROS_PER_DOLLAR,
    "young_money_cap_micros": 20 * MICROS_PER_DOLLAR,
}
"""What `true` switches on, by the name of the limit."""
CAPS: Final = tuple(DEFAULT_CAPS)
MAX_CAP_MICROS: Final = 1_000_000 * MICROS_PER_DOLLAR


@dataclass(frozen=True, slots=True)
class CapRules:
    """What caps concern, for the whole stack: the countries that are never capped, and for how many days after a card's
    first payment its money is young.
    """

    no_cap_countries: frozenset[str]
    young_days: int


DEFAULT_RULES: Final = CapRules(frozenset({"US", "CA", "MX", "GB"}), 7)


def parse_cap(name: str, value: object) -> int:
    """Parse the cap of a day in US dollars, or true for its default; null, which switches it off, is not a value.

    Raises:
        InvalidValue: invalid_amount, amount_out_of_range.
    """
    if value is True:
        return DEFAULT_CAPS[f"{name}_micros"]
    micros = parse_money(value, field=name, decimals=4)
    if not 0 <= micros <= MAX_CAP_MICROS:
        maximum = format_money(MAX_CAP_MICROS)
        raise InvalidValue(ProblemCode.AMOUNT_OUT_OF_RANGE, f"{name} must lie between 0.00 and {maximum} US dollars.")
    return micros


def show_cap(micros: int | None) -> str | None:
    """A cap as the API shows it; None while it is off."""
    return None if micros is None else format_money(micros)
