"""The price of a call of which included minutes cover a part.

Covered seconds cost nothing. If any second is covered, no connection fee applies, and the rest is billed by increments
without a minimum. The covered seconds are the first ones of the call, so rate steps that begin within them are passed.
"""

from dataclasses import replace
from typing import Final

from calling_credit.rates.deck import INCLUDED_CATEGORY, RateRow
from calling_credit.rates.pricing import RatedCall, price_by, row_parts

PREMIUM_CATEGORY: Final = "outbound_premium_call"


def costs(row: RateRow) -> bool:
    """Whether calls by a row cost anything, so that included minutes can cover them."""
    has_rate = row.rate_micros_per_minute > 0 or any(step.rate_micros_per_minute for step in row.rate_steps)
    return row.category != INCLUDED_CATEGORY and (has_rate or row.connection_fee_micros > 0)


def rest_row(row: RateRow, covered_seconds: int) -> RateRow:
    """The row that prices the rest of a call after its covered seconds: without fee and minimum, from the rate that is
    in force at that second of the call, with the later rate steps.
    """
    passed = [step for step in row.rate_steps if step.from_second <= covered_seconds]
    later = [step for step in row.rate_steps if step.from_second > covered_seconds]
    return replace(
        row,
        minimum_seconds=0,
        connection_fee_micros=0,
        rate_micros_per_minute=passed[-1].rate_micros_per_minute if passed else row.rate_micros_per_minute,
        increment_seconds=passed[-1].increment_seconds if passed else row.increment_seconds,
        rate_steps=tuple(step._replace(from_second=step.from_second - covered_seconds) for step in later),
    )


def rest_parts(row: RateRow, seconds: int, covered_seconds: int) -> list[int]:
    """Return the seconds that a partly covered call is billed by the row's own rate and by that of each step."""
    rest = rest_row(row, covered_seconds)
    passed = len(row.rate_steps) - len(rest.rate_steps)
    return [0] * passed + row_parts(rest, max(0, seconds - covered_seconds))


def cover(charge: RatedCall, seconds: int, covered_seconds: int, bundle: str) -> RatedCall:
    """A priced call with the first `covered_seconds` of its `seconds` covered; the same charge if none are.

    Args:
        seconds: those that the call is priced by (`seconds_to_bill`).
        bundle: the counter that gives the seconds (`minute_keys`).
    """
    covered = min(covered_seconds, seconds)
    if covered <= 0:
        return charge
    rest = price_by(rest_row(charge.row, covered), "", "", seconds - covered, is_home=False)
    assert isinstance(rest, RatedCall)
    return replace(
        charge,
        billed_seconds=rest.billed_seconds,
        price_micros=rest.price_micros,
        covered_seconds=covered,
        bundle=bundle,
    )
