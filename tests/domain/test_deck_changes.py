"""The differences between two decks: changed prefixes, the direction of each price, and warnings."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_diff import SECONDS_COMPARED, DeckChanges, compare, warnings_of
from calling_credit.rates.deck_report import check_deck, report
from calling_credit.rates.pricing import RatedCall, late_row, rate_call
from tests.domain.examples import deck, deck_csv, seconds_call

NOW = "2026-11-23T12:00:00.000Z"
OLD = deck(
    {"rate_per_minute": "0.10"},
    {"prefix": "33", "destination": "France", "country": "FR", "rate_per_minute": "0.05"},
    {"prefix": "81", "destination": "Japan", "country": "JP", "rate_per_minute": "0.30"},
)


def changed(**cells: str) -> DeckChanges:
    """The changes to the example deck if its UK row has these cells."""
    return compare(deck({"rate_per_minute": "0.10"}), deck({"rate_per_minute": "0.10", **cells}), NOW)


def test_prefixes_are_added_removed_raised_and_lowered() -> None:
    new = deck(
        {"rate_per_minute": "0.11"},
        {"prefix": "81", "destination": "Japan", "country": "JP", "rate_per_minute": "0.29"},
        {"prefix": "49", "destination": "Germany", "country": "DE"},
    )
    found = compare(OLD, new, NOW)
    assert [row.prefix for row in found.added] == ["49"]
    assert [row.prefix for row in found.removed] == ["33"]
    assert [(one.after.prefix, one.way) for one in found.repriced] == [("44", "raised"), ("81", "lowered")]


def test_the_same_deck_changes_nothing_and_the_first_adds_everything() -> None:
    assert not compare(OLD, OLD, NOW).any
    assert len(compare(None, OLD, NOW).added) == 3


@pytest.mark.parametrize(
    ("cells", "way"),
    [
        ({"connection_fee": "0.01"}, "raised"),
        ({"increment_seconds": "1"}, "lowered"),
        ({"minimum_seconds": "0", "increment_seconds": "1"}, "lowered"),
        ({"rate_per_minute": "0.09", "connection_fee": "0.05"}, "mixed"),
        ({"category": "outbound_premium_call"}, "mixed"),
    ],
)
def test_a_price_is_raised_or_lowered_if_any_call_length_is(cells: dict[str, str], way: str) -> None:
    [one] = changed(**cells).repriced
    assert one.way == way


def test_a_new_destination_name_does_not_change_the_price() -> None:
    assert not changed(destination="Great Britain").any


def test_a_future_price_is_announced_and_changes_nothing_now() -> None:
    found = compare(
        deck({"rate_per_minute": "0.10"}),
        deck({"rate_per_minute": "0.10"}, {"rate_per_minute": "0.20", "effective_from": "2026-12-01"}),
        NOW,
    )
    assert [one.way for one in found.repriced] == ["later"]
    assert [row.effective_from[:10] for row in found.announced] == ["2026-12-01"]
    assert found.uncovered == ()


def test_a_prefix_whose_first_row_starts_later_has_no_price_until_then() -> None:
    found = compare(None, deck({}, {"prefix": "447", "effective_from": "2026-12-01"}), NOW)
    assert [row.prefix for row in found.uncovered] == ["447"]


prices = st.integers(0, 500).map(lambda micros: f"0.{micros:04d}")
steps = st.sampled_from(["0", "1", "6", "30", "60"])


@given(prices, prices, steps, prices, prices, steps)
def test_raised_is_never_cheaper_for_any_compared_call(
    rate: str, fee: str, minimum: str, new_rate: str, new_fee: str, new_minimum: str
) -> None:
    def cost(book: Deck, seconds: int) -> int:
        rated = rate_call(seconds_call(seconds), book, "US")
        return rated.price_micros if isinstance(rated, RatedCall) else 0

    old = deck({"rate_per_minute": rate, "connection_fee": fee, "minimum_seconds": minimum})
    new = deck({"rate_per_minute": new_rate, "connection_fee": new_fee, "minimum_seconds": new_minimum})
    for one in compare(old, new, NOW).repriced:
        differences = [cost(new, seconds) - cost(old, seconds) for seconds in SECONDS_COMPARED]
        if one.way == "raised":
            assert min(differences) >= 0
        if one.way == "lowered":
            assert max(differences) <= 0


# --- Warnings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "country"),
    [
        ("44", "GB"),
        ("44", "GG"),
        ("4477", "JE"),
        ("447781", "GG"),
        ("1", "CA"),
        ("1", "JM"),
        ("7", "KZ"),
        ("870", "001"),
        ("383", "XK"),
    ],
)
def test_a_plausible_prefix_gives_no_warning(prefix: str, country: str) -> None:
    assert warnings_of(deck({"prefix": prefix, "country": country})) == []


@pytest.mark.parametrize(
    ("prefix", "country", "code"),
    [
        ("44", "FR", "other_country"),
        ("447781", "GB", "other_country"),
        ("1876", "US", "other_country"),
        ("77", "RU", "other_country"),
        ("999", "GB", "unassigned_prefix"),
    ],
)
def test_a_prefix_of_another_country_gives_a_warning(prefix: str, country: str, code: str) -> None:
    [warning] = warnings_of(deck({"prefix": prefix, "country": country}))
    assert (warning.prefix, warning.code) == (prefix, code)


# --- A large deck -----------------------------------------------------------------------------------------------------

PLANTED = (
    ({"rate_per_minute": "1000.000001"}, "rate_per_minute", "price_out_of_range"),
    ({"rate_per_minute": "-1"}, "rate_per_minute", "price_out_of_range"),
    ({"connection_fee": "1e3"}, "connection_fee", "invalid_price"),
    ({"country": "XX"}, "country", "unknown_country"),
    ({"origin": "usa"}, "origin", "unknown_origin"),
    ({"effective_from": "2026-02-30"}, "effective_from", "invalid_effective_from"),
    ({"prefix": "044"}, "prefix", "invalid_prefix"),
    ({"increment_seconds": "0"}, "increment_seconds", "invalid_seconds"),
    ({"category": "top_up"}, "category", "reserved_category"),
    ({"prefix": "2000000"}, "prefix", "duplicate_row"),
)


def test_500_errors_among_50000_rows_are_each_reported_by_row_and_column() -> None:
    rows = [{"prefix": str(2_000_000 + number)} for number in range(50_000)]
    rng = random.Random(20261125)
    planted = {}
    for count, number in enumerate(sorted(rng.sample(range(1, 50_000), 500))):
        cells, column, code = PLANTED[count % len(PLANTED)]
        rows[number] |= cells
        planted[number + 2] = (column, code)
    heard: list[int] = []
    result = check_deck(deck_csv(*rows), "deck-2", None, NOW, heard.append)
    assert {error.line: (error.column, error.code) for error in result.errors} == planted
    assert (len(result.errors), result.deck) == (500, None)
    view = report(result, "refused", NOW)
    assert (view["error_count"], len(view["errors"])) == (500, 500)
    assert heard == [line * 1000 for line in range(1, 51)]


# --- Calls rated after the fact ---------------------------------------------------------------------------------------

CALLED = "2026-11-22T10:00:00.000Z"


def test_a_late_call_is_priced_by_the_row_of_its_time_or_the_next() -> None:
    book = deck(
        {"rate_per_minute": "0.01"},
        {"rate_per_minute": "0.09", "effective_from": "2026-11-23"},
        {"prefix": "33", "rate_per_minute": "0.02", "effective_from": "2026-11-23"},
        {"prefix": "33", "rate_per_minute": "0.03", "effective_from": "2026-11-23T06:00:00Z"},
        {"prefix": "49", "rate_per_minute": "0.04", "effective_from": "2026-12-01"},
    )

    def rate_of(digits: str, now: str = NOW) -> int | None:
        row = late_row(book, digits, "US", CALLED, now)
        return None if row is None else row.rate_micros_per_minute

    assert rate_of("442071838750") == 10_000
    assert rate_of("33142685300") == 20_000
    assert rate_of("4930123456") is None, "not in effect yet"
    assert rate_of("4930123456", "2026-12-01T00:00:00.000Z") == 40_000
    assert rate_of("81312345678") is None
    ahead = late_row(book, "4930123456", "US", "2026-12-01T06:00:00.000Z", NOW)
    assert ahead is not None, "a switch whose clock is ahead by less than a day is believed"
