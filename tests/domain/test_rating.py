"""The price of a call: published examples of the industry, and the formula compared with exact fractions."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.ledger.call_entries import charge_entry
from calling_credit.money import format_money, parse_money
from calling_credit.rates.deck_cells import MAX_PRICE_MICROS
from calling_credit.rates.pricing import Free, FreeReason, RatedCall, Unrated, billed_seconds, price_micros, rate_call
from tests.domain.examples import NOW, call, deck, seconds_call

durations = st.integers(0, 86_400)
minimums = st.integers(0, 3_600)
increments = st.integers(1, 3_600)
prices = st.integers(0, MAX_PRICE_MICROS)


def price(seconds: int, to: str = "+442071838750", **row: str) -> str:
    """The price of a call of this duration by a deck of one row ("free" if it makes no entry)."""
    rated = rate_call(seconds_call(seconds, to), deck(row), "US")
    assert not isinstance(rated, Unrated)
    return format_money(rated.price_micros) if isinstance(rated, RatedCall) else f"free: {rated.reason}"


# --- Known cases ------------------------------------------------------------------------------------------------------


def test_45_seconds_at_1_cent_each_and_a_10_cent_fee_cost_55_cents() -> None:
    assert (
        price(45, rate_per_minute="0.60", connection_fee="0.10", minimum_seconds="0", increment_seconds="1") == "0.55"
    )


@pytest.mark.parametrize("seconds", [45, 645])
def test_without_a_rate_the_price_is_the_fee(seconds: int) -> None:
    cells = {"rate_per_minute": "0", "connection_fee": "0.10", "minimum_seconds": "0", "increment_seconds": "1"}
    assert price(seconds, **cells) == "0.10"


def test_zero_seconds_cost_nothing_not_even_the_fee() -> None:
    assert price_micros(0, 600_000, 100_000) == 0


@pytest.mark.parametrize(
    ("number", "expected"),
    [("+15035551234", "0.10"), ("+15045551234", "0.20"), ("+15135551234", "0.30"), ("+12125551234", "0.40")],
)
def test_each_number_is_priced_by_its_longest_prefix(number: str, expected: str) -> None:
    rates = {"1503": "0.1", "150": "0.2", "15": "0.3", "1": "0.4"}
    book = deck(*({"prefix": prefix, "rate_per_minute": rate} for prefix, rate in rates.items()))
    rated = rate_call(seconds_call(60, number), book, "US")
    assert isinstance(rated, RatedCall)
    assert format_money(rated.price_micros) == expected


def test_a_mobile_prefix_wins_over_its_country() -> None:
    book = deck({"prefix": "855", "rate_per_minute": "0.10"}, {"prefix": "85597", "rate_per_minute": "0.20"})
    rated = rate_call(seconds_call(60, "+855975100888"), book, "US")
    assert isinstance(rated, RatedCall)
    assert (rated.row.prefix, format_money(rated.price_micros)) == ("85597", "0.20")


@pytest.mark.parametrize(
    ("duration", "minimum", "increment", "billed"),
    [
        (90, 60, 60, 120),
        (5, 60, 60, 60),
        (60, 60, 60, 60),
        (61, 60, 60, 120),
        (5, 30, 6, 30),
        (31, 30, 6, 36),
        (36, 30, 6, 36),
        (37, 30, 6, 42),
        (1, 1, 1, 1),
        (1, 0, 1, 1),
        (1, 0, 60, 60),
        (0, 60, 60, 0),
        (86_400, 60, 60, 86_400),
        (86_400, 3_600, 3_599, 89_976),
    ],
)
def test_billed_seconds_are_the_minimum_then_whole_increments(
    duration: int, minimum: int, increment: int, billed: int
) -> None:
    assert billed_seconds(duration, minimum, increment) == billed


@pytest.mark.parametrize(
    ("rate", "rounded"),
    [("0.00015", "0.0002"), ("0.000149", "0.0001"), ("0.00025", "0.0003"), ("0.00005", "0.0001"), ("0.000049", "0.00")],
)
def test_a_price_is_rounded_half_up_to_four_decimals_once(rate: str, rounded: str) -> None:
    assert format_money(price_micros(60, parse_money(rate), 0)) == rounded


def test_the_sum_of_fee_and_rate_is_rounded_once() -> None:
    assert price_micros(60, 40, 40) == 100


# --- The formula ------------------------------------------------------------------------------------------------------


@given(durations, minimums, increments)
def test_billed_seconds_cover_the_call_with_the_fewest_increments(duration: int, minimum: int, increment: int) -> None:
    billed = billed_seconds(duration, minimum, increment)
    if duration == 0:
        assert billed == 0
    elif duration <= minimum:
        assert billed == minimum
    else:
        assert (billed - minimum) % increment == 0
        assert billed - increment < duration <= billed


@given(st.integers(1, 90_000), prices, prices)
def test_the_price_is_the_exact_fraction_rounded_half_up(billed: int, rate: int, fee: int) -> None:
    exact = Fraction(fee, 10**6) + Fraction(billed * rate, 60 * 10**6)
    steps = exact * 10_000
    rounded = steps.numerator // steps.denominator + (2 * (steps % 1) >= 1)
    assert price_micros(billed, rate, fee) == rounded * 100


@given(st.integers(1, 3_000), prices, prices)
def test_the_price_of_whole_minutes_agrees_with_decimal(minutes: int, rate: int, fee: int) -> None:
    exact = Decimal(fee).scaleb(-6) + minutes * Decimal(rate).scaleb(-6)
    rounded = exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert Decimal(price_micros(minutes * 60, rate, fee)).scaleb(-6) == rounded


@given(st.integers(1, 90_000), st.integers(0, 90_000), prices, prices)
def test_a_longer_call_never_costs_less(billed: int, more: int, rate: int, fee: int) -> None:
    assert price_micros(billed, rate, fee) <= price_micros(billed + more, rate, fee)


# --- Free, unrated, charged -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["411", "00", "44", "441234"])
def test_a_short_code_is_free_even_if_it_matches_a_prefix(code: str) -> None:
    assert rate_call(call(to=code), deck({"prefix": "41"}, {"prefix": "44"}), "US") == Free(FreeReason.SHORT_CODE)


@pytest.mark.parametrize("number", ["911", "988", "+911", "+112", "+1911", "+44999", "+291201606"])
def test_an_emergency_call_is_free_even_if_it_matches_a_prefix(number: str) -> None:
    rows = deck({"prefix": "9"}, {"prefix": "1"}, {"prefix": "44"}, {"prefix": "291"})
    rated = rate_call(replace(call(), dialled_number=number), rows, "US")
    assert rated == Free(FreeReason.EMERGENCY)


@pytest.mark.parametrize(
    ("number", "is_included"),
    [("+14155550100", True), ("+1415555", False), ("+141555501", False), ("+141555501001", False)],
)
def test_a_number_of_north_america_is_included_only_with_ten_digits(number: str, is_included: bool) -> None:
    rows = deck({"prefix": "1415", "rate_per_minute": "0", "category": "included"})
    rated = rate_call(call(to=number), rows, "US")
    assert rated == (Free(FreeReason.INCLUDED) if is_included else Unrated("US"))


def test_an_included_destination_at_home_is_free() -> None:
    included = {"prefix": "1415", "rate_per_minute": "0", "category": "included"}
    assert rate_call(call(to="+14155550123"), deck(included), "US") == Free(FreeReason.INCLUDED)


@pytest.mark.parametrize(
    "row", [{"category": "included", "rate_per_minute": "0"}, {"rate_per_minute": "0"}, {"rate_per_minute": "0.000049"}]
)
def test_a_call_abroad_that_costs_nothing_is_charged_zero(row: dict[str, str]) -> None:
    rated = rate_call(seconds_call(60), deck(row), "US")
    assert isinstance(rated, RatedCall)
    assert (rated.price_micros, rated.billed_seconds) == (0, 60)
    entry = charge_entry(seconds_call(60), rated, "UTC", NOW)
    assert (entry.amount_micros, entry.debit, entry.credit) == (0, "customer_credit", "call_revenue")


def test_home_is_decided_by_the_number_and_the_setting_of_the_stack() -> None:
    wide = deck({"prefix": "1", "country": "US", "rate_per_minute": "0", "category": "included"})
    assert isinstance(rate_call(call(to="+18765550123"), wide, "US"), RatedCall), "Jamaica"
    assert isinstance(rate_call(call(to="+18005550123"), wide, "US"), Free), "toll-free"
    british = deck({"category": "included", "rate_per_minute": "0"})
    british.home_countries = frozenset({"GB"})
    assert isinstance(rate_call(call(), british, "GB"), Free)


def test_a_destination_without_a_row_is_unrated() -> None:
    assert rate_call(call(to="+33142685300"), deck({}), "US") == Unrated("US")


def test_a_destination_whose_only_row_is_in_the_future_is_unrated() -> None:
    assert rate_call(call(), deck({"effective_from": "2026-11-23T10:00:00.001Z"}), "US") == Unrated("US")
    assert isinstance(rate_call(call(), deck({"effective_from": "2026-11-23T10:00:00Z"}), "US"), RatedCall)


def test_an_entry_explains_its_price() -> None:
    book = deck({"rate_per_minute": "0.0125", "connection_fee": "0.05"}, version="deck-7")
    rated = rate_call(call(), book, "US")
    assert isinstance(rated, RatedCall)
    entry = charge_entry(call(), rated, "America/Los_Angeles", NOW)
    assert entry.key == call().key
    assert (entry.kind, entry.category) == ("call_charged", "outbound_international_call")
    assert (entry.amount_micros, entry.billed_seconds) == (-87_500, 180)
    assert (entry.local_date, entry.recorded_at) == ("2026-11-23", "2026-11-23T12:00:00.000Z")
    assert entry.facts_hash == call().facts_hash
    assert entry.explanation == {
        "line_id": "line_1",
        "user_id": "user_1",
        "to": "+442071838750",
        "origin": "US",
        "destination": "United Kingdom",
        "country": "GB",
        "prefix": "44",
        "duration_seconds": 125,
        "rate_micros_per_minute": 12_500,
        "connection_fee_micros": 50_000,
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "deck": "deck-7",
    }


def test_the_price_is_not_part_of_an_entrys_identity() -> None:
    cheap, dear = (rate_call(call(), deck({"rate_per_minute": rate}, version=rate), "US") for rate in ("0.01", "0.90"))
    assert isinstance(cheap, RatedCall)
    assert isinstance(dear, RatedCall)
    first, second = (charge_entry(call(), charge, "UTC", NOW) for charge in (cheap, dear))
    assert (first.key, first.facts_hash) == (second.key, second.facts_hash)
    assert first.amount_micros != second.amount_micros


@pytest.mark.parametrize("number", ["+14365550123", "+18005550123"])
def test_a_newer_area_code_and_toll_free_numbers_make_no_entry(number: str) -> None:
    book = deck({"prefix": number[1:5], "country": "US", "rate_per_minute": "0", "category": "included"})
    assert isinstance(rate_call(call(to=number), book, "US"), Free)
