"""Deck files are parsed row by row, and every error has its line and column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_csv import COLUMNS, DeckError, parse_deck
from tests.domain.examples import ROW, deck, deck_csv


def errors(*rows: dict[str, str]) -> list[tuple[int, str, str]]:
    """The errors of a deck of these rows: line, column, code."""
    return faults(deck_csv(*rows))


def faults(data: bytes) -> list[tuple[int, str, str]]:
    """The errors of a deck file: line, column, code. Each has a detail."""
    parsed = parse_deck(data, "deck-1")
    assert isinstance(parsed, list), parsed.rows
    assert all(error.detail.strip() for error in parsed)
    return [(error.line, error.column, error.code) for error in parsed]


# --- Accepted decks ---------------------------------------------------------------------------------------------------


def test_a_row_is_parsed_to_integers_and_a_canonical_time() -> None:
    assert deck({"rate_per_minute": "0.014", "connection_fee": "1", "effective_from": "2026-01-02"}).rows == [
        RateRow(
            "44", "United Kingdom", "GB", "*", 14_000, 1_000_000, 60, 60, "2026-01-02T00:00:00.000Z", ROW["category"]
        )
    ]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00.000Z"),
        ("2026-01-02T02:30:00+02:30", "2026-01-02T00:00:00.000Z"),
    ],
)
def test_effective_from_is_a_date_or_a_timestamp(text: str, instant: str) -> None:
    assert deck({"effective_from": text}).rows[0].effective_from == instant


def test_a_byte_order_mark_crlf_and_quotes_are_read() -> None:
    data = "\ufeff".encode() + deck_csv({"destination": '"Bosnia, and ""more"""'}).replace(b"\n", b"\r\n")
    parsed = parse_deck(data, "deck-1")
    assert isinstance(parsed, Deck)
    assert parsed.rows[0].destination == 'Bosnia, and "more"'


def test_the_last_line_needs_no_line_break() -> None:
    assert isinstance(parse_deck(deck_csv({}).rstrip(b"\n"), "deck-1"), Deck)


@pytest.mark.parametrize("price", ["0", "0.000001", "1000", "1000.000000"])
def test_prices_from_0_to_1000_dollars_are_accepted(price: str) -> None:
    assert len(deck({"rate_per_minute": price, "connection_fee": price}).rows) == 1


@pytest.mark.parametrize("country", ["XK", "001", "GB"])
def test_kosovo_and_global_networks_are_valid_countries(country: str) -> None:
    assert deck({"country": country}).rows[0].country == country


# --- Refused decks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("prefix", "", "invalid_prefix"),
        ("prefix", "+44", "invalid_prefix"),
        ("prefix", "044", "invalid_prefix"),
        ("prefix", "4x", "invalid_prefix"),
        ("prefix", "\uff14\uff14", "invalid_prefix"),
        ("prefix", "1" * 16, "invalid_prefix"),
        ("destination", "", "invalid_destination"),
        ("destination", "  ", "invalid_destination"),
        ("destination", "a\tb", "invalid_destination"),
        ("destination", "a\0b", "invalid_destination"),
        ("destination", "x" * 91, "invalid_destination"),
        ("destination", "é" * 46, "invalid_destination"),
        ("country", "", "unknown_country"),
        ("country", "UK", "unknown_country"),
        ("country", "gb", "unknown_country"),
        ("country", "GBR", "unknown_country"),
        ("origin", "", "unknown_origin"),
        ("origin", "EU", "unknown_origin"),
        ("origin", "us", "unknown_origin"),
        ("rate_per_minute", "", "invalid_price"),
        ("rate_per_minute", ".02", "invalid_price"),
        ("rate_per_minute", "1e-2", "invalid_price"),
        ("rate_per_minute", "0.0000001", "invalid_price"),
        ("rate_per_minute", "$0.02", "invalid_price"),
        ("rate_per_minute", "-0.01", "price_out_of_range"),
        ("rate_per_minute", "1000.000001", "price_out_of_range"),
        ("connection_fee", "free", "invalid_price"),
        ("connection_fee", "-1", "price_out_of_range"),
        ("connection_fee", "1001", "price_out_of_range"),
        ("minimum_seconds", "", "invalid_seconds"),
        ("minimum_seconds", "-1", "invalid_seconds"),
        ("minimum_seconds", "1.5", "invalid_seconds"),
        ("minimum_seconds", "060", "invalid_seconds"),
        ("minimum_seconds", "3601", "invalid_seconds"),
        ("minimum_seconds", "9" * 5_000, "invalid_seconds"),
        ("increment_seconds", "0", "invalid_seconds"),
        ("increment_seconds", "3601", "invalid_seconds"),
        ("effective_from", "", "invalid_effective_from"),
        ("effective_from", "2026-02-30", "invalid_effective_from"),
        ("effective_from", "01/02/2026", "invalid_effective_from"),
        ("effective_from", "2026-01-01T00:00:00", "invalid_effective_from"),
        ("category", "", "invalid_category"),
        ("category", "A", "invalid_category"),
        ("category", "Outbound Call", "invalid_category"),
        ("category", "a#b", "invalid_category"),
        ("category", "x" * 41, "invalid_category"),
        ("category", "adjustment", "reserved_category"),
        ("category", "top_up", "reserved_category"),
        ("category", "refund", "reserved_category"),
        ("category", "dispute", "reserved_category"),
        ("category", "reversal", "reserved_category"),
        ("category", "correction", "reserved_category"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_wrong_cell_is_reported_by_line_and_column(column: str, value: str, code: str) -> None:
    assert errors({}, {"prefix": "45", column: value}) == [(3, column, code)]


@pytest.mark.parametrize("cells", [{"rate_per_minute": "0.01"}, {"connection_fee": "0.01"}])
def test_an_included_destination_with_a_price_is_refused(cells: dict[str, str]) -> None:
    free = {"category": "included", "rate_per_minute": "0", "connection_fee": "0"}
    assert errors(free | cells) == [(2, "rate_per_minute", "included_with_price")]


def test_prices_with_a_sum_of_zero_are_not_included() -> None:
    wrong = errors({"category": "included", "rate_per_minute": "-1", "connection_fee": "1"})
    assert wrong == [(2, "rate_per_minute", "price_out_of_range")]


def test_all_errors_of_a_deck_are_reported_at_once() -> None:
    assert errors({"prefix": "x", "country": "UK"}, {}, {"category": "top_up"}) == [
        (2, "prefix", "invalid_prefix"),
        (2, "country", "unknown_country"),
        (4, "category", "reserved_category"),
    ]


def test_a_duplicate_row_names_the_first() -> None:
    parsed = parse_deck(deck_csv({}, {"prefix": "45"}, {"rate_per_minute": "0.03"}), "deck-1")
    assert isinstance(parsed, list)
    [error] = parsed
    assert (error.line, error.column, error.code) == (4, "prefix", "duplicate_row")
    assert "Line 2" in error.detail


def test_the_same_moment_in_another_spelling_is_a_duplicate() -> None:
    assert errors({}, {"effective_from": "2020-01-01T01:00:00+01:00"}) == [(3, "prefix", "duplicate_row")]


def test_a_row_with_another_origin_or_moment_is_not_a_duplicate() -> None:
    assert len(deck({}, {"origin": "US"}, {"effective_from": "2021-01-01"}).rows) == 3


@pytest.mark.parametrize(
    "header",
    [
        "",
        "prefix,destination",
        ",".join(reversed(COLUMNS)),
        ",".join(COLUMNS).upper(),
        ",".join(COLUMNS) + ",,note",
        "44,United Kingdom,GB,*,0.02,0,60,60,2020-01-01,outbound_international_call",
    ],
)
def test_a_header_that_does_not_begin_with_the_columns_is_refused(header: str) -> None:
    assert faults(f"{header}\n".encode()) == [(1, "", "wrong_header")]


def test_an_empty_file_is_refused() -> None:
    assert faults(b"") == [(1, "", "wrong_header")]


def test_a_deck_without_rows_is_refused() -> None:
    assert faults(deck_csv()) == [(1, "", "empty_deck")]


@pytest.mark.parametrize("line", [b"45,Denmark", b"45,Denmark,DK,*,0,0,60,60,2020-01-01,a_b,extra", b"45;Denmark;DK"])
def test_a_line_with_too_many_or_too_few_cells_is_refused(line: bytes) -> None:
    assert faults(deck_csv({}) + line + b"\n") == [(3, "", "wrong_column_count")]


def test_invalid_utf_8_is_reported_by_line() -> None:
    assert faults(deck_csv({}, {"prefix": "45", "destination": "Réunion"}).decode().encode("latin-1")) == [
        (3, "", "not_utf8")
    ]
    assert faults(deck_csv({}).decode().encode("utf-16")) == [(1, "", "not_utf8")]


@pytest.mark.parametrize(
    "line", ['"45', '"45"6,Denmark', "x" * 200_000], ids=["open quote", "text after quote", "huge cell"]
)
def test_malformed_csv_is_refused(line: str) -> None:
    assert [fault[2] for fault in faults(deck_csv({}) + line.encode())] == ["malformed_csv"]


def test_a_deck_is_refused_at_the_first_row_over_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calling_credit.rates.deck_csv.MAX_ROWS", 3)
    rows = [{"prefix": f"44{number}"} for number in range(5)]
    assert len(deck(*rows[:3]).rows) == 3
    assert errors(*rows) == [(5, "", "too_many_rows")]


@given(st.binary(max_size=300))
def test_any_bytes_after_the_header_give_a_deck_or_errors(data: bytes) -> None:
    parsed = parse_deck(deck_csv({}) + data, "deck-1")
    assert isinstance(parsed, Deck) or all(isinstance(error, DeckError) for error in parsed)
