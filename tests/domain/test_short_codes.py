"""The price list of short codes: parsing, its errors, and the row that prices a code."""

from datetime import UTC, datetime

import pytest

from calling_credit.rates.deck import Deck, RateRow, ShortCodeTimeline
from calling_credit.rates.deck_codes import DeckErrorCode
from calling_credit.rates.pricing import Free, FreeReason, RatedCall, find_row, rate_call
from calling_credit.rates.short_codes import (
    ShortCodes,
    charged_categories,
    find,
    find_anywhere,
    is_short_code_file,
    parse_short_codes,
    short_codes_key,
)
from ops.project import ROOT
from tests.domain.examples import call, deck

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HEADER = "country,code,destination,rate,fee,minimum,increment"
ASSISTANCE = "US,411,Directory assistance,0.10,1.50,60,60"


def parsed(*lines: str, header: str = HEADER) -> ShortCodes | list[tuple[int, str, DeckErrorCode]]:
    """The rows of a file, or the line, column, and code of each error."""
    result = parse_short_codes("\n".join((header, *lines)).encode(), NOW)
    return [(error.line, error.column, error.code) for error in result] if isinstance(result, list) else result


def short_codes(*lines: str) -> ShortCodes:
    """The rows of a valid file."""
    rows = parsed(*lines)
    assert not isinstance(rows, list)
    return rows


def priced_deck(*lines: str) -> Deck:
    """A deck that prices Switzerland, with a price list of short codes."""
    prices = deck({"prefix": "41", "country": "CH"})
    prices.short_codes = ShortCodeTimeline([("1970-01-01T00:00:00.000Z", short_codes(*lines))])
    return prices


def test_a_row_has_the_price_and_the_category_of_short_codes() -> None:
    assert short_codes(ASSISTANCE) == {
        ("US", "411"): RateRow(
            prefix="411",
            destination="Directory assistance",
            country="US",
            origin="US",
            rate_micros_per_minute=100_000,
            connection_fee_micros=1_500_000,
            minimum_seconds=60,
            increment_seconds=60,
            effective_from="2026-11-28T12:00:00.000Z",
            category="outbound_short_code_call",
        )
    }
    assert charged_categories(priced_deck(ASSISTANCE).short_codes) == {"outbound_short_code_call"}
    assert charged_categories(ShortCodeTimeline()) == frozenset()


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        f"\ufeff{HEADER}",
        "country,code,destination,rate_per_minute,connection_fee,minimum_seconds,increment_seconds",
        "country, code, destination, rate, fee, minimum, increment",
    ],
)
def test_a_header_may_have_the_names_of_a_deck_and_blanks(header: str) -> None:
    assert parsed(ASSISTANCE, "", " , ", header=header) == short_codes(ASSISTANCE)
    assert is_short_code_file(header.encode()) or " " in header


def test_a_deck_is_no_price_list_of_short_codes() -> None:
    assert not is_short_code_file((ROOT / "local" / "rates.csv").read_bytes())
    assert is_short_code_file((ROOT / "local" / "short_codes.csv").read_bytes())
    assert short_codes_key(b"a", NOW) == "short_codes/20261128T120000Z-ca978112ca1b.csv"


def test_the_example_is_valid() -> None:
    rows = parse_short_codes((ROOT / "local" / "short_codes.csv").read_bytes(), NOW)
    assert not isinstance(rows, list)
    assert ("US", "411") in rows


def test_an_empty_price_list_makes_every_code_free() -> None:
    assert parsed() == {}


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("UK,411,Place,0.10,1.50,60,60", "country", "unknown_country"),
        (",411,Place,0.10,1.50,60,60", "country", "unknown_country"),
        ("US,4,Place,0.10,1.50,60,60", "code", "invalid_short_code"),
        ("US,+411,Place,0.10,1.50,60,60", "code", "invalid_short_code"),
        ("US,1234567,Place,0.10,1.50,60,60", "code", "invalid_short_code"),
        ("US,911,Place,0.10,1.50,60,60", "code", "emergency_code"),
        ("US,988,Place,0.10,1.50,60,60", "code", "emergency_code"),
        ("US,999,Place,0.10,1.50,60,60", "code", "emergency_code"),
        ("US,411,,0.10,1.50,60,60", "destination", "invalid_destination"),
        (f"US,411,{'x' * 91},0.10,1.50,60,60", "destination", "invalid_destination"),
        ("US,411,Place,free,1.50,60,60", "rate", "invalid_price"),
        ("US,411,Place,-1,1.50,60,60", "rate", "price_out_of_range"),
        ("US,411,Place,0.10,100.01,60,60", "fee", "price_out_of_range"),
        ("US,411,Place,0.10,1.50,-1,60", "minimum", "invalid_seconds"),
        ("US,411,Place,0.10,1.50,60,0", "increment", "invalid_seconds"),
        ("US,411,Place,0.10,1.50,60", "", "wrong_column_count"),
        ('US,411,"Place,0.10,1.50,60,60', "", "malformed_csv"),
    ],
)
def test_each_wrong_line_is_reported_with_its_column(line: str, column: str, code: str) -> None:
    assert parsed(line) == [(2, column, code)]


def test_a_file_that_cannot_be_read_is_reported() -> None:
    assert parsed(header="country,code,price") == [(1, "", "wrong_header")]
    assert parsed(ASSISTANCE, ASSISTANCE) == [(3, "code", "duplicate_row")]
    errors = parse_short_codes(b"\xff\xfe", NOW)
    assert isinstance(errors, list)
    assert [error.code for error in errors] == ["not_utf8"]


def test_a_code_is_priced_by_the_country_of_the_line() -> None:
    rows = short_codes(ASSISTANCE, "CA,411,Assistance,0,2,0,1")
    assert find(rows, "US", "411") == rows["US", "411"]
    assert find(rows, "CA", "411") == rows["CA", "411"]
    assert find(rows, "GB", "411") is None
    assert find(rows, "US", "611") is None
    assert find_anywhere(rows, "411") == rows["CA", "411"]
    assert find_anywhere(rows, "611") is None


def test_no_price_list_can_price_an_emergency_number() -> None:
    rows = {("US", "911"): short_codes(ASSISTANCE)["US", "411"]}
    assert find(rows, "US", "911") is None
    assert find_anywhere(rows, "911") is None


def test_a_short_code_is_never_priced_by_the_deck() -> None:
    """411 would be a number in Switzerland."""
    prices = priced_deck("US,611,Customer service,0,0.25,0,60")
    assert find_row(prices, "411", "US", "2026-11-28T12:00:00.000Z") is None
    assert rate_call(call(to="411"), prices, "US") == Free(FreeReason.SHORT_CODE)


def test_a_priced_short_code_is_charged_by_its_row() -> None:
    prices = priced_deck(ASSISTANCE)
    rated = rate_call(call(to="411"), prices, "US")
    assert isinstance(rated, RatedCall)
    assert rated.row == find_row(prices, "411", "US", "2026-11-28T12:00:00.000Z")
    assert (rated.billed_seconds, rated.price_micros) == (180, 1_800_000)
    assert rate_call(call(to="411"), prices, "GB") == Free(FreeReason.SHORT_CODE)
