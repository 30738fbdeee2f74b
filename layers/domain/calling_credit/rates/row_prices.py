"""The price of a call by one row, for comparisons and reports."""

from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import billed_seconds, price_micros


def unrounded_price(row: RateRow, seconds: int) -> int:
    """Return the price of a call before rounding, fee included, in sixtieths of a micro-dollar."""
    billed = billed_seconds(seconds, row.minimum_seconds, row.increment_seconds)
    return row.connection_fee_micros * 60 + billed * row.rate_micros_per_minute


def rounded_price(row: RateRow, seconds: int) -> int:
    """Return what a call of this length is charged, in micro-dollars."""
    billed = billed_seconds(seconds, row.minimum_seconds, row.increment_seconds)
    return price_micros(billed, row.rate_micros_per_minute, row.connection_fee_micros)
