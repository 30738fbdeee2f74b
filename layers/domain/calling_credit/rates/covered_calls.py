"""The price of a call of which included minutes cover a part.

Covered seconds cost nothing. If any second is covered, no connection fee applies, and the rest is billed by increments
without a minimum. The covered seconds are the first ones of the call.
"""

from dataclasses import replace
from typing import Final

from calling_credit.rates.deck import INCLUDED_CATEGORY, RateRow
from calling_credit.rates.pricing import RatedCall, price_by

PREMIUM_CATEGORY: Final = "outbound_premium_call"


def costs(row: RateRow) -> bool:
    """Whether calls by a row cost anything, so that included minutes can cover them."""
    return row.category != INCLUDED_CATEGORY and (row.rate_micros_per_minute > 0 or row.connection_fee_micros > 0)


def rest_row(row: RateRow) -> RateRow:
    """The row that prices the rest of a call after its covered seconds."""
    return replace(row, minimum_seconds=0, connection_fee_micros=0)


def cover(charge: RatedCall, seconds: int, covered_seconds: int, bundle: str) -> RatedCall:
    """A priced call with the first `covered_seconds` of its `seconds` covered; the same charge if none are.

    Args:
        seconds: those that the call is priced by (`seconds_to_bill`).
        bundle: the counter that gives the seconds (`minute_keys`).
    """
    covered = min(covered_seconds, seconds)
    if covered <= 0:
        return charge
    rest = price_by(rest_row(charge.row), "", "", seconds - covered, is_home=False)
    assert isinstance(rest, RatedCall)
    return replace(
        charge,
        billed_seconds=rest.billed_seconds,
        price_micros=rest.price_micros,
        covered_seconds=covered,
        bundle=bundle,
    )
