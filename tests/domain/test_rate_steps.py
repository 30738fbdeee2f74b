"""Rate steps: published cases, and the arithmetic compared with a call billed increment by increment."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.ledger.holds import affordable_seconds, price_of
from calling_credit.money import format_money, parse_money
from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import RatedCall, price_by, row_parts
from calling_credit.rates.rate_steps import MAX_STEPS, InvalidStepsError, RateStep, parse_steps, steps_text
from tests.domain.admission_examples import row


def priced(price: RateRow, seconds: int) -> tuple[int, str]:
    """The billed seconds and the price of a call."""
    rated = price_by(price, "deck-1", "US", seconds)
    assert isinstance(rated, RatedCall)
    return rated.billed_seconds, format_money(rated.price_micros)


def terms(rate: str, minimum: int, increment: int, steps: str, fee: str = "0") -> RateRow:
    """A row with these cells."""
    return row(
        rate_micros_per_minute=parse_money(rate),
        connection_fee_micros=parse_money(fee),
        minimum_seconds=minimum,
        increment_seconds=increment,
        rate_steps=parse_steps(steps),
    )


# --- Known cases ------------------------------------------------------------------------------------------------------

FALLING = terms("0.2", 60, 60, "60:0.1:1", fee="0.4")
FINER = terms("0.4", 0, 30, "60:0.2:10", fee="0.8")
COARSER = terms("120", 0, 1, "30:60:60")
FREE_FIRST_MINUTE = terms("0", 60, 60, "60:0.06:1")
FREE_AFTER_AN_HOUR = terms("0.1", 60, 60, "3600:0:60")
THREE_STEPS = terms("0.6", 0, 1, "10:1.2:10;30:0.3:60;90:0:60")
CROSSING = terms("0.6", 0, 20, "30:0.3:60;35:6:1;100:0.06:1")
LONG_MINIMUM = terms("0.6", 90, 1, "30:0.3:60;60:6:7;200:0.06:1")
AT_THE_MINIMUM = terms("0.6", 30, 60, "30:0.3:6")


@pytest.mark.parametrize(
    ("price", "seconds", "billed", "expected"),
    [
        (FALLING, 0, 0, "0.00"),
        (FALLING, 20, 60, "0.60"),
        (FALLING, 60, 60, "0.60"),
        (FALLING, 61, 61, "0.6017"),
        (FALLING, 85, 85, "0.6417"),
        (FALLING, 120, 120, "0.70"),
        (FINER, 20, 30, "1.00"),
        (FINER, 60, 60, "1.20"),
        (FINER, 61, 70, "1.2333"),
        (FINER, 85, 90, "1.30"),
        (COARSER, 1, 1, "2.00"),
        (COARSER, 30, 30, "60.00"),
        (COARSER, 31, 90, "120.00"),
        (COARSER, 60, 90, "120.00"),
        (COARSER, 91, 150, "180.00"),
        (FREE_FIRST_MINUTE, 60, 60, "0.00"),
        (FREE_FIRST_MINUTE, 61, 61, "0.001"),
        (FREE_AFTER_AN_HOUR, 3_600, 3_600, "6.00"),
        (FREE_AFTER_AN_HOUR, 86_400, 86_400, "6.00"),
        (THREE_STEPS, 9, 9, "0.09"),
        (THREE_STEPS, 11, 20, "0.30"),
        (THREE_STEPS, 30, 30, "0.50"),
        (THREE_STEPS, 31, 90, "0.80"),
        (THREE_STEPS, 5_000, 5_010, "0.80"),
        (CROSSING, 21, 40, "0.40"),  # The increment that begins at second 20 crosses two steps.
        (CROSSING, 41, 41, "0.50"),
        (CROSSING, 101, 101, "6.401"),
        (LONG_MINIMUM, 1, 90, "0.90"),  # The minimum is billed by the row's own rate.
        (LONG_MINIMUM, 91, 97, "1.60"),
        (AT_THE_MINIMUM, 30, 30, "0.30"),
        (AT_THE_MINIMUM, 31, 36, "0.33"),
    ],
)
def test_each_increment_is_billed_by_the_rate_at_its_beginning(
    price: RateRow, seconds: int, billed: int, expected: str
) -> None:
    assert priced(price, seconds) == (billed, expected)


def test_the_price_of_all_steps_is_rounded_once() -> None:
    assert priced(terms("0.0001", 0, 1, "20:0.0001:1;40:0.0001:1"), 60) == (60, "0.0001")
    assert priced(terms("0.000049", 0, 60, "60:0.00005:60"), 120) == (120, "0.0001")


# --- The arithmetic ---------------------------------------------------------------------------------------------------


def walked(price: RateRow, seconds: int) -> tuple[int, Fraction]:
    """The billed seconds and the exact price, increment by increment."""
    position, total = 0, Fraction(price.connection_fee_micros)
    if seconds == 0:
        return 0, Fraction(0)
    while position < seconds:
        rate, length = price.rate_micros_per_minute, price.increment_seconds
        if position == 0 and price.minimum_seconds:
            length = price.minimum_seconds
        elif position:
            for step in price.rate_steps:
                if step.from_second <= position:
                    rate, length = step.rate_micros_per_minute, step.increment_seconds
        total += Fraction(rate * length, 60)
        position += length
    return position, total


def rounded(micros: Fraction) -> int:
    """Half up to the ten-thousandth of a dollar."""
    return int((micros / 100 + Fraction(1, 2)) // 1) * 100


@st.composite
def step_rows(draw: st.DrawFn, rates: int = 40_000) -> RateRow:
    """A row with up to four steps, cheaper or more expensive, with increments that need not fit between them."""
    begins = sorted(draw(st.sets(st.integers(1, 120), max_size=4)))
    rate = st.one_of(st.just(0), st.integers(0, rates))
    length = st.sampled_from((1, 2, 6, 7, 10, 30, 45, 60))
    return row(
        rate_micros_per_minute=draw(rate),
        connection_fee_micros=draw(st.one_of(st.just(0), st.integers(0, 9_000))),
        minimum_seconds=draw(st.sampled_from((0, 0, 1, 30, 60, 90))),
        increment_seconds=draw(length),
        rate_steps=tuple(RateStep(begin, draw(rate), draw(length)) for begin in begins),
    )


@given(step_rows(), st.integers(0, 400))
def test_a_call_costs_what_its_increments_cost_together(price: RateRow, seconds: int) -> None:
    billed, exact = walked(price, seconds)
    rated = price_by(price, "deck-1", "US", seconds)
    assert isinstance(rated, RatedCall)
    assert (rated.billed_seconds, rated.price_micros) == (billed, rounded(exact))
    assert sum(row_parts(price, seconds)) == billed
    assert price_of(price, billed) == rated.price_micros


@given(step_rows(), st.integers(0, 400), st.integers(0, 400))
def test_no_longer_call_is_cheaper(price: RateRow, one: int, other: int) -> None:
    short, long = sorted((one, other))
    assert price_of(price, short) <= price_of(price, long)


@given(step_rows(), st.integers(-500, 60_000), st.integers(1, 300))
def test_affordable_seconds_with_steps_are_the_longest_call(price: RateRow, credit: int, most: int) -> None:
    counted = max([seconds for seconds in range(1, most + 1) if price_of(price, seconds) <= credit], default=0)
    assert affordable_seconds(price, credit, most) == counted


@given(step_rows(10**9), st.integers(0, 10**12))
def test_large_prices_are_exact(price: RateRow, credit: int) -> None:
    seconds = affordable_seconds(price, credit, 604_800)
    assert price_of(price, seconds) <= credit
    assert seconds == 604_800 or price_of(price, seconds + 1) > credit


# --- The text ---------------------------------------------------------------------------------------------------------


@given(step_rows(10**9))
def test_the_text_of_steps_gives_the_same_steps(price: RateRow) -> None:
    assert parse_steps(steps_text(price.rate_steps)) == price.rate_steps


def test_blanks_around_the_values_of_steps_mean_nothing() -> None:
    assert parse_steps(" 60:0.1:1 ; 120 : 0.05:6") == (RateStep(60, 100_000, 1), RateStep(120, 50_000, 6))
    assert parse_steps("  ") == ()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("60:0.1", "step 1 must be from_second:rate_per_minute:increment_seconds"),
        ("60:0.1:1:1", "step 1 must be"),
        ("60;0.1;1", "step 1 must be"),
        ("60:0.1:1;", "step 2 must be"),
        ("60/0.1/1", "step 1 must be"),
        ("0:0.1:1", "step 1: from_second must be a whole number from 1 to 604800"),
        ("-60:0.1:1", "from_second"),
        ("60.5:0.1:1", "from_second"),
        ("060:0.1:1", "from_second"),
        ("604801:0.1:1", "from_second"),
        ("٦٠:0.1:1", "from_second"),
        ("60:0.1:0", "step 1: increment_seconds must be a whole number from 1 to 3600"),
        ("60:0.1:3601", "increment_seconds"),
        ("60:0,1:1", "step 1: rate_per_minute must be a decimal"),
        ("60::1", "rate_per_minute"),
        ("60:0.1234567:1", "at most 6 decimals"),
        ("60:-0.1:1", "from 0 to 1,000 dollars"),
        ("60:1000.01:1", "from 0 to 1,000 dollars"),
        ("60:0.1:1;60:0.2:1", "step 2 begins at second 60, but it must begin after step 1"),
        ("60:0.1:1;30:0.2:1", "step 2 begins at second 30"),
        (";".join(f"{second}:0.1:1" for second in range(1, MAX_STEPS + 2)), "at most 10 steps, not 11"),
    ],
)
def test_steps_of_another_form_are_refused_with_the_part(text: str, part: str) -> None:
    with pytest.raises(InvalidStepsError) as refused:
        parse_steps(text)
    assert part in str(refused.value)
    assert str(refused.value).endswith(".")


def test_the_longest_steps_have_a_text() -> None:
    longest = ";".join(f"{604_791 + number}:999.999999:3600" for number in range(MAX_STEPS))
    assert steps_text(parse_steps(longest)) == longest
