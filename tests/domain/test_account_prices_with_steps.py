"""Calls of accounts with a price list, a markup, and rate steps: the price compared with a search over all rows and a
call billed increment by increment; and what is shown compared with the charge.
"""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from calling_credit.ledger.holds import affordable_seconds, price_of
from calling_credit.rates.account_prices import AccountPrices, with_markup, without_markup
from calling_credit.rates.compiled_deck import compile_deck, read_compiled
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.pricing import unrounded_price
from calling_credit.rates.rate_steps import RateStep

TIMES = ("2026-01-01T00:00:00.000Z", "2026-06-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z")
INSTANTS = ("2026-01-01T00:00:00.000Z", "2026-07-01T12:00:00.000Z", "2026-12-01T00:00:00.000Z")
ORIGINS = ("US", "FR")
NUMBERS = ("85597123456", "85523123456", "8559")
MARKUPS = st.sampled_from([0, 1, -5_000, -1, 1_250, 100_000])
SECONDS = st.sampled_from([1, 30, 31, 60, 61, 85, 600, 3_601])
steps = st.lists(
    st.builds(RateStep, st.integers(1, 120), st.integers(0, 10**6), st.sampled_from((1, 7, 30, 60))),
    max_size=3,
    unique_by=lambda step: step.from_second,
).map(lambda some: tuple(sorted(some)))
rows = st.lists(
    st.builds(
        RateRow,
        prefix=st.sampled_from(("8", "85", "855", "8559", "85597")),
        destination=st.just("Cambodia"),
        country=st.just("KH"),
        origin=st.sampled_from(("*", "US", "GB")),
        rate_micros_per_minute=st.integers(0, 10**6),
        connection_fee_micros=st.sampled_from((0, 1, 33_333)),
        minimum_seconds=st.sampled_from((0, 30, 60)),
        increment_seconds=st.sampled_from((1, 6, 60)),
        effective_from=st.sampled_from(TIMES),
        category=st.sampled_from(("calls", "calls", "included")),
        rate_steps=steps,
    ).map(lambda row: row if row.category == "calls" else RateRow(*plain(row), "included")),
    max_size=10,
    unique_by=lambda row: (row.prefix, row.origin, row.effective_from),
)


def plain(row: RateRow) -> tuple[str, str, str, str, int, int, int, int, str]:
    """The cells of an included row, without its category."""
    return row.prefix, row.destination, row.country, row.origin, 0, 0, 60, 60, row.effective_from


def prices_of(deck_rows: list[RateRow], own_rows: list[RateRow], markup: int) -> AccountPrices:
    """The prices of an account, from compiled files."""
    own = read_compiled(compile_deck(Deck("gold-1", own_rows)), "gold-1")
    own.price_list = "gold"
    return AccountPrices(read_compiled(compile_deck(Deck("deck-1", deck_rows)), "deck-1"), own, markup)


def best(deck: list[RateRow], own: list[RateRow], digits: str, origin: str, at: str) -> tuple[RateRow, bool] | None:
    """The row that prices a number abroad, and whether it is the list's."""
    able = [
        (len(row.prefix), is_own, row.origin != "*", row.effective_from, row)
        for is_own, listed in ((False, deck), (True, own))
        for row in listed
        if digits.startswith(row.prefix) and row.origin in ("*", origin) and row.effective_from <= at
    ]
    found = max(able, key=lambda one: one[:4], default=None)
    return None if found is None else (found[4], found[1])


def exact(row: RateRow, markup: int, seconds: int) -> Fraction:
    """The price of a call before rounding, in micro-dollars: each marked price is rounded up by itself."""

    def marked(micros: int) -> int:
        return -int(-Fraction(micros) * (10_000 + markup) / 10_000 // 1)

    total, position = Fraction(marked(row.connection_fee_micros)), 0
    while position < seconds:
        rate, length = row.rate_micros_per_minute, row.increment_seconds
        if not position and row.minimum_seconds:
            length = row.minimum_seconds
        for step in row.rate_steps if position else ():
            if step.from_second <= position:
                rate, length = step.rate_micros_per_minute, step.increment_seconds
        total += Fraction(marked(rate) * length, 60)
        position += length
    return total


@given(rows, rows, MARKUPS, SECONDS)
def test_an_account_pays_the_marked_steps_of_the_best_row(
    deck_rows: list[RateRow], own_rows: list[RateRow], markup: int, seconds: int
) -> None:
    prices = prices_of(deck_rows, own_rows, markup)
    for digits, origin, at in ((digits, origin, at) for digits in NUMBERS for origin in ORIGINS for at in INSTANTS):
        found, expected = prices.find(digits, origin, at), best(deck_rows, own_rows, digits, origin, at)
        assert (found is None) == (expected is None)
        if found is None or expected is None:
            continue
        row, is_own = expected
        price = exact(row, 0 if is_own or row.category == "included" else markup, seconds)
        assert Fraction(unrounded_price(found, seconds), 60) == price
        assert found.price_list == ("gold" if is_own else "")
        assert affordable_seconds(found, price_of(found, seconds), 7_200) >= seconds


@given(rows, rows, MARKUPS)
def test_announced_rows_are_those_that_will_price(
    deck_rows: list[RateRow], own_rows: list[RateRow], markup: int
) -> None:
    prices = prices_of(deck_rows, own_rows, markup)
    for digits, origin, at in ((digits, origin, at) for digits in NUMBERS for origin in ORIGINS for at in INSTANTS):
        later = [prices.find(digits, origin, at)]
        for instant in TIMES:
            row = prices.find(digits, origin, instant)
            if instant > at and row is not None and row != later[-1]:
                later.append(row)
        assert prices.announced(digits, origin, at) == later[1:]


@given(rows, rows, MARKUPS)
def test_rows_of_a_country_hold_every_row_that_still_prices(
    deck_rows: list[RateRow], own_rows: list[RateRow], markup: int
) -> None:
    prices = prices_of(deck_rows, own_rows, markup)
    for at in INSTANTS:
        shown = prices.rows_of("KH", at)
        assert set(shown) <= set(prices.rows)
        for digits in NUMBERS:
            for origin in ORIGINS:
                paid = {prices.find(digits, origin, then) for then in (at, *TIMES) if then >= at}
                assert paid - {None} <= set(shown)


@given(st.integers(0, 10**9), MARKUPS, steps)
def test_the_price_without_its_markup_is_no_lower_than_the_decks(rate: int, markup: int, some: tuple[RateStep]) -> None:
    row = RateRow("855", "Cambodia", "KH", "*", rate, rate, 60, 60, TIMES[0], "calls", some)
    marked = with_markup(row, markup)
    deck = without_markup(marked) if markup else row
    assert (deck.rate_micros_per_minute, deck.connection_fee_micros) == (rate, rate)
    for step, base in zip(deck.rate_steps, some, strict=True):
        assert step.rate_micros_per_minute >= base.rate_micros_per_minute
    assert with_markup(deck, markup).rate_steps == marked.rate_steps
