"""Calls that included minutes cover in part: the price, the hold, and the affordable time, compared with a call walked
second by second.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.ledger.holds import affordable_with_minutes, price_of, price_of_covered
from calling_credit.rates.covered_calls import costs, cover, rest_parts
from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import RatedCall, price_by
from calling_credit.rates.rate_steps import RateStep
from tests.domain.admission_examples import row
from tests.domain.test_rate_steps import COARSER, FALLING, FINER, terms


def walked(price: RateRow, seconds: int, covered: int) -> tuple[int, int]:
    """The billed seconds and the price: each second after the covered ones belongs to an increment, or begins one."""
    total, billed, paid_until = Fraction(0), 0, covered
    for second in range(covered, seconds):
        if second < paid_until:
            continue
        rate, length = price.rate_micros_per_minute, price.increment_seconds
        for step in price.rate_steps:
            if step.from_second <= second:
                rate, length = step.rate_micros_per_minute, step.increment_seconds
        if second == 0:
            total += price.connection_fee_micros
            rate, length = price.rate_micros_per_minute, price.minimum_seconds or price.increment_seconds
        total += Fraction(rate * length, 60)
        billed += length
        paid_until = second + length
    return billed, int((total / 100 + Fraction(1, 2)) // 1) * 100


@st.composite
def priced_rows(draw: st.DrawFn) -> RateRow:
    """A row with up to four steps, cheaper or more expensive, free, or of a millionth, whose increments cross them."""
    begins = sorted(draw(st.sets(st.integers(1, 120), max_size=4)))
    rate = st.one_of(st.sampled_from((0, 1, 49)), st.integers(0, 10**6))
    length = st.sampled_from((1, 2, 6, 7, 10, 30, 45, 60, 90))
    return row(
        rate_micros_per_minute=draw(rate),
        connection_fee_micros=draw(st.sampled_from((0, 0, 1, 49, 50, 400_000))),
        minimum_seconds=draw(st.sampled_from((0, 0, 1, 30, 60, 90))),
        increment_seconds=draw(length),
        rate_steps=tuple(RateStep(begin, draw(rate), draw(length)) for begin in begins),
    )


LENGTHS = st.integers(0, 300)


@given(priced_rows(), LENGTHS, LENGTHS)
def test_the_rest_costs_what_its_seconds_cost(price: RateRow, seconds: int, minutes: int) -> None:
    covered = min(seconds, minutes)
    billed, micros = walked(price, seconds, covered)
    rated = price_by(price, "deck-1", "US", seconds)
    assert isinstance(rated, RatedCall)
    charge = cover(rated, seconds, minutes, "2026-11#ACCOUNT#the UK")
    assert (charge.billed_seconds, charge.price_micros, charge.covered_seconds) == (billed, micros, covered)
    assert price_of_covered(price, seconds, covered) == micros
    assert not covered or sum(rest_parts(price, seconds, covered)) == billed


@given(priced_rows(), LENGTHS, st.integers(1, 300))
def test_no_call_within_its_hold_costs_more_than_is_held(price: RateRow, minutes: int, granted: int) -> None:
    covered = min(granted, minutes)
    held = price_of_covered(price, granted, covered)
    charges = [walked(price, seconds, min(seconds, covered))[1] for seconds in range(granted + 1)]
    assert charges == sorted(charges)
    assert charges[-1] == held


@given(priced_rows(), st.integers(-500, 60_000), st.integers(1, 300), LENGTHS)
def test_credit_and_minutes_grant_the_longest_call(price: RateRow, credit: int, wanted: int, minutes: int) -> None:
    covered = min(wanted, minutes)
    paid = [seconds for seconds in range(covered + 1, wanted + 1) if walked(price, seconds, covered)[1] <= credit]
    assert affordable_with_minutes(price, credit, wanted, minutes) == max(paid, default=covered)


@given(priced_rows(), st.integers(1, 300))
def test_only_a_row_that_costs_nothing_is_free_at_any_length(price: RateRow, seconds: int) -> None:
    if not costs(price):
        assert price_of(price, seconds) == price_of(price, 604_800) == 0


@pytest.mark.parametrize(
    ("price", "seconds", "covered", "billed", "micros"),
    [
        (FALLING, 85, 85, 0, 0),
        (FALLING, 85, 60, 25, 41_700),  # The step begins with the rest.
        (FALLING, 85, 1, 84, 240_000),  # One increment of 60 s, and 24 s of the step.
        (FALLING, 85, 0, 85, 641_700),
        (FINER, 85, 20, 70, 433_300),  # Two increments of 30 s from second 20 on, then 10 s.
        (COARSER, 60, 30, 60, 60_000_000),
        (COARSER, 60, 29, 61, 62_000_000),
        (terms("0.6", 30, 6, "", fee="0.5"), 61, 60, 6, 60_000),
        (terms("0.6", 30, 6, "", fee="0.5"), 60, 60, 0, 0),
    ],
)
def test_known_rests_cost_their_increments(
    price: RateRow, seconds: int, covered: int, billed: int, micros: int
) -> None:
    assert walked(price, seconds, covered) == (billed, micros)
    rated = price_by(price, "deck-1", "US", seconds)
    assert isinstance(rated, RatedCall)
    charge = cover(rated, seconds, covered, "2026-11#ACCOUNT#the UK")
    assert (charge.billed_seconds, charge.price_micros) == (billed, micros)
