"""From a carrier's rate to a price: markup, rounding up, and floor, in exact decimals."""

from decimal import ROUND_CEILING, Decimal, localcontext
from typing import Final

from calling_credit.rates.pricing import billed_seconds, price_micros
from ops.rate_sheets.rate_map import PriceRules

CALL_SECONDS: Final = 60
"""The call whose price margins compare."""

MICRO: Final = Decimal("0.000001")
_MICROS: Final = Decimal(1_000_000)
_PERCENT: Final = Decimal(100)


def rate_micros(rate: Decimal, rules: PriceRules) -> int:
    """Return the price a minute in micro-dollars: the rate with its markup, rounded up, and at least the floor.

    >>> rate_micros(Decimal("0.0415"), PriceRules(markup_percent=Decimal(11)))
    46065
    """
    return max(_marked_up(rate, rules), _micros(rules.floor))


def fee_micros(fee: Decimal, rules: PriceRules) -> int:
    """Return a connection fee in micro-dollars: the carrier's with its markup, rounded up."""
    return _marked_up(fee, rules)


def _marked_up(amount: Decimal, rules: PriceRules) -> int:
    with localcontext() as context:
        context.prec = 50
        price = amount * (_PERCENT + rules.markup_percent) / _PERCENT
        steps = (price / rules.round_up_to).to_integral_value(ROUND_CEILING)
        return _micros(steps * rules.round_up_to)


def _micros(amount: Decimal) -> int:
    return int((amount * _MICROS).to_integral_value(ROUND_CEILING))


def call_price(minimum: int, increment: int, rate_micros_per_minute: int, connection_fee_micros: int) -> int:
    """Return the price of a call of 60 s in micro-dollars."""
    billed = billed_seconds(CALL_SECONDS, minimum, increment)
    return price_micros(billed, rate_micros_per_minute, connection_fee_micros)


def dollars(micros: int) -> str:
    """Return micro-dollars as text with four to six decimals, as a deck has them."""
    text = f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
    return text[:-2] + text[-2:].rstrip("0")
