"""The CSV file of a rate deck: parsing, and the errors of every row.

Depends neither on where decks are stored nor on which deck is active.
"""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from sys import intern
from typing import Final

from calling_credit.categories import CATEGORY, RESERVED_CATEGORIES
from calling_credit.errors import InvalidValue
from calling_credit.instants import format_instant, parse_date, parse_instant
from calling_credit.money import MICROS_PER_DOLLAR, parse_money
from calling_credit.numbering import COUNTRIES
from calling_credit.rates.deck import ANY_ORIGIN, INCLUDED_CATEGORY, Deck, RateRow
from calling_credit.rates.deck_codes import DeckErrorCode

COLUMNS: Final = (
    "prefix",
    "destination",
    "country",
    "origin",
    "rate_per_minute",
    "connection_fee",
    "minimum_seconds",
    "increment_seconds",
    "effective_from",
    "category",
)
ReportProgress = Callable[[int], None]
"""Is called with the number of finished steps."""
LINES_PER_REPORT: Final = 1000
MAX_ROWS: Final = 200_000
MAX_PRICE_MICROS: Final = 100 * MICROS_PER_DOLLAR
MAX_DESTINATION_BYTES: Final = 90

_REPEATED = ("destination", "country", "origin", "category")
"""Cells that repeat in many rows. Interning their text halves the memory of a deck."""
_PREFIX = re.compile(r"[1-9][0-9]{0,14}")
_SECONDS = re.compile(r"0|[1-9][0-9]{0,4}")


@dataclass(frozen=True, slots=True)
class DeckError:
    """One error in a deck: the line of the file (the header is line 1), the column, a code, and the correction."""

    line: int
    column: str
    code: DeckErrorCode
    detail: str


ReportError = Callable[[str, DeckErrorCode, str], None]
"""Is called with the column, the code, and the detail of an error."""


def parse_deck(data: bytes, version: str, report_progress: ReportProgress | None = None) -> Deck | list[DeckError]:
    """Parse a deck's CSV (UTF-8, with or without a byte order mark; the header is `COLUMNS`).

    Returns:
        The deck, or every error. A deck with errors is never used in part.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return [DeckError(line, "", DeckErrorCode.NOT_UTF8, "Save the file as UTF-8.")]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    errors: list[DeckError] = []
    rows: list[RateRow] = []
    first_lines: dict[tuple[str, str, str], int] = {}
    try:
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            detail = f"The first line must be exactly: {','.join(COLUMNS)}"
            return [DeckError(1, "", DeckErrorCode.WRONG_HEADER, detail)]
        for cells in reader:
            line = reader.line_num
            if report_progress is not None and line % LINES_PER_REPORT == 0:
                report_progress(line)
            if len(rows) >= MAX_ROWS:
                detail = f"A deck can have at most {MAX_ROWS} rows."
                return [*errors, DeckError(line, "", DeckErrorCode.TOO_MANY_ROWS, detail)]
            row = _parse_row(cells, line, errors)
            if row is None:
                continue
            first = first_lines.setdefault((row.prefix, row.origin, row.effective_from), line)
            if first != line:
                detail = f"Line {first} has the same prefix, origin, and effective_from; keep one of them."
                errors.append(DeckError(line, "prefix", DeckErrorCode.DUPLICATE_ROW, detail))
            rows.append(row)
    except csv.Error as error:
        detail = f"{error}; quote cells according to RFC 4180."
        errors.append(DeckError(reader.line_num, "", DeckErrorCode.MALFORMED_CSV, detail))
    if not rows and not errors:
        detail = "The deck has no rows, so no call would have a price."
        errors.append(DeckError(1, "", DeckErrorCode.EMPTY_DECK, detail))
    return errors or Deck(version, rows)


def _parse_row(cells: list[str], line: int, errors: list[DeckError]) -> RateRow | None:
    if len(cells) != len(COLUMNS):
        detail = f"The line has {len(cells)} cells instead of {len(COLUMNS)}."
        errors.append(DeckError(line, "", DeckErrorCode.WRONG_COLUMN_COUNT, detail))
        return None
    cell = dict(zip(COLUMNS, cells, strict=True))
    count = len(errors)

    def report_error(column: str, code: DeckErrorCode, detail: str) -> None:
        errors.append(DeckError(line, column, code, detail))

    _check_place(cell, report_error)
    rate = _parse_price(cell, "rate_per_minute", report_error)
    fee = _parse_price(cell, "connection_fee", report_error)
    minimum = _parse_seconds(cell, "minimum_seconds", 0, report_error)
    increment = _parse_seconds(cell, "increment_seconds", 1, report_error)
    effective = _parse_effective_from(cell["effective_from"], report_error)
    _check_category(cell["category"], rate + fee, report_error)
    if len(errors) > count:
        return None
    destination, country, origin, category = (intern(cell[name]) for name in _REPEATED)
    return RateRow(cell["prefix"], destination, country, origin, rate, fee, minimum, increment, effective, category)


def _check_place(cell: dict[str, str], report_error: ReportError) -> None:
    if not _PREFIX.fullmatch(cell["prefix"]):
        report_error(
            "prefix", DeckErrorCode.INVALID_PREFIX, "prefix must be 1 to 15 digits, without + or a leading zero."
        )
    destination = cell["destination"]
    if not destination.strip() or len(destination.encode()) > MAX_DESTINATION_BYTES or not destination.isprintable():
        detail = f"destination must be 1 to {MAX_DESTINATION_BYTES} bytes of printable text."
        report_error("destination", DeckErrorCode.INVALID_DESTINATION, detail)
    if cell["country"] not in COUNTRIES:
        detail = "country must be an ISO 3166-1 alpha-2 code, XK, or 001 for global networks."
        report_error("country", DeckErrorCode.UNKNOWN_COUNTRY, detail)
    if cell["origin"] != ANY_ORIGIN and cell["origin"] not in COUNTRIES:
        detail = "origin must be * or the ISO 3166-1 alpha-2 code of the calling number's country."
        report_error("origin", DeckErrorCode.UNKNOWN_ORIGIN, detail)


def _check_category(category: str, price: int, report_error: ReportError) -> None:
    if not CATEGORY.fullmatch(category):
        detail = "category must be 2 to 40 lower-case letters, digits, or _."
        report_error("category", DeckErrorCode.INVALID_CATEGORY, detail)
    elif category in RESERVED_CATEGORIES:
        detail = f"{category} is a category of payments; use another name for calls."
        report_error("category", DeckErrorCode.RESERVED_CATEGORY, detail)
    elif category == INCLUDED_CATEGORY and price:
        detail = "An included destination is free; set the rate and the fee to 0."
        report_error("rate_per_minute", DeckErrorCode.INCLUDED_WITH_PRICE, detail)


def _parse_price(cell: dict[str, str], column: str, report_error: ReportError) -> int:
    try:
        micros = parse_money(cell[column], field=column)
    except InvalidValue:
        detail = f"{column} must be a decimal such as 0.0140 with at most 6 decimals."
        report_error(column, DeckErrorCode.INVALID_PRICE, detail)
        return 0
    if not 0 <= micros <= MAX_PRICE_MICROS:
        report_error(column, DeckErrorCode.PRICE_OUT_OF_RANGE, f"{column} must be from 0 to 100 dollars.")
    return micros


def _parse_seconds(cell: dict[str, str], column: str, minimum: int, report_error: ReportError) -> int:
    text = cell[column]
    seconds = int(text) if _SECONDS.fullmatch(text) else -1
    if not minimum <= seconds <= 3600:
        detail = f"{column} must be a whole number from {minimum} to 3600."
        report_error(column, DeckErrorCode.INVALID_SECONDS, detail)
    return seconds


def _parse_effective_from(text: str, report_error: ReportError) -> str:
    """Return the instant as sortable text; a date without a time is midnight UTC."""
    instant = parse_instant(text)
    if instant is not None:
        return intern(format_instant(instant))
    try:
        return intern(f"{parse_date(text, 'effective_from').isoformat()}T00:00:00.000Z")
    except InvalidValue:
        detail = "effective_from must be a date or an RFC 3339 timestamp."
        report_error("effective_from", DeckErrorCode.INVALID_EFFECTIVE_FROM, detail)
        return ""
