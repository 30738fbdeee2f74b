"""Rate decks: the CSV an operator publishes, read whole and judged row by row, and the look-up of the row that
prices a number.

A deck replaces the whole deck before it. Knows neither where decks are kept nor which one is active.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from sys import intern
from typing import Final

from calling_credit.categories import CATEGORY, RESERVED_CATEGORIES
from calling_credit.errors import InvalidValue
from calling_credit.instants import format_instant, parse_date, parse_instant
from calling_credit.money import MICROS_PER_DOLLAR, parse_money
from calling_credit.numbering import COUNTRIES

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
Wrong = Callable[[str, str, str], None]
Tell = Callable[[int], None]
TELL_EVERY: Final = 1000
"""Lines."""
ANY_ORIGIN: Final = "*"
INCLUDED_CATEGORY: Final = "included"
"""Costs nothing and makes no entry: the home area codes and toll-free numbers."""
MAX_ROWS: Final = 200_000
MAX_PRICE_MICROS: Final = 100 * MICROS_PER_DOLLAR
MAX_DESTINATION_BYTES: Final = 90

_REPEATED = ("destination", "country", "origin", "category")
"""Cells that many rows have alike; one text for all of them halves what a deck holds."""
_PREFIX = re.compile(r"[1-9][0-9]{0,14}")
_SECONDS = re.compile(r"0|[1-9][0-9]{0,4}")


@dataclass(frozen=True, slots=True)
class RateRow:
    """One row: what a minute to `prefix` costs callers from `origin` from `effective_from` (UTC, milliseconds) on."""

    prefix: str
    destination: str
    country: str
    origin: str
    rate_micros_per_minute: int
    connection_fee_micros: int
    minimum_seconds: int
    increment_seconds: int
    effective_from: str
    category: str


@dataclass(frozen=True, slots=True)
class DeckError:
    """One thing wrong with a deck: the line of the file (the header is 1), the column, a stable code, what to do."""

    line: int
    column: str
    code: str
    detail: str


class Deck:
    """A published deck: `version` and its rows, indexed for look-up by a plain dictionary of prefixes."""

    def __init__(self, version: str, rows: list[RateRow]) -> None:
        self.version = version
        self.rows = rows
        self._index: dict[str, dict[str, list[RateRow]]] = {}
        for row in sorted(rows, key=lambda row: row.effective_from, reverse=True):
            self._index.setdefault(row.prefix, {}).setdefault(row.origin, []).append(row)
        self.categories = frozenset(row.category for row in rows) - {INCLUDED_CATEGORY}
        """Categories of calls that cost something; of the active deck, those of the decks before it, too."""
        self._lengths = sorted({len(prefix) for prefix in self._index}, reverse=True)

    def find(self, digits: str, origin: str, at: str) -> RateRow | None:
        """The row in effect at `at` (as `effective_from` is written) for a number (digits, no +) called from a country.

        Longest prefix with a row in effect; there the exact origin before `*`; of those the latest.
        """
        index = self._index
        for length in self._lengths:
            by_origin = index.get(digits[:length])
            if by_origin is None or length > len(digits):
                continue
            for key in (origin, ANY_ORIGIN):
                for row in by_origin.get(key, ()):
                    if row.effective_from <= at:
                        return row
        return None

    def announced(self, digits: str, origin: str, after: str) -> list[RateRow]:
        """Rows that will price this number later than `after`, soonest first, each the row that then applies."""
        changes = sorted(
            {row.effective_from for row in self._candidates(digits, origin) if row.effective_from > after},
        )
        rows: list[RateRow] = []
        current = self.find(digits, origin, after)
        for at in changes:
            row = self.find(digits, origin, at)
            if row is not None and row is not current:
                rows.append(row)
                current = row
        return rows

    def _candidates(self, digits: str, origin: str) -> Iterator[RateRow]:
        for length in self._lengths:
            for key, rows in self._index.get(digits[:length], {}).items():
                if key in (origin, ANY_ORIGIN):
                    yield from rows


def parse_deck(data: bytes, version: str, tell: Tell | None = None) -> Deck | list[DeckError]:
    """Read a deck from CSV bytes (UTF-8, a byte order mark allowed; the header exactly `COLUMNS`). `tell` hears now and
    then how many lines are read.

    Returns the deck, or every error found: nothing of a deck with an error is ever used. Codes: not_utf8, wrong_header,
    empty_deck, too_many_rows, wrong_column_count, invalid_prefix, invalid_destination, unknown_country, unknown_origin,
    invalid_price, price_out_of_range, invalid_seconds, invalid_effective_from, invalid_category, reserved_category,
    included_with_price, duplicate_row, malformed_csv.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return [DeckError(line, "", "not_utf8", "Save the file as UTF-8.")]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    errors: list[DeckError] = []
    rows: list[RateRow] = []
    seen: dict[tuple[str, str, str], int] = {}
    try:
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            return [DeckError(1, "", "wrong_header", f"The first line must be exactly: {','.join(COLUMNS)}")]
        for cells in reader:
            line = reader.line_num
            if tell is not None and line % TELL_EVERY == 0:
                tell(line)
            if len(rows) >= MAX_ROWS:
                return [*errors, DeckError(line, "", "too_many_rows", f"A deck has at most {MAX_ROWS} rows.")]
            row = _read_row(cells, line, errors)
            if row is None:
                continue
            first = seen.setdefault((row.prefix, row.origin, row.effective_from), line)
            if first != line:
                detail = f"Line {first} has the same prefix, origin and effective_from; keep one of them."
                errors.append(DeckError(line, "prefix", "duplicate_row", detail))
            rows.append(row)
    except csv.Error as error:
        errors.append(DeckError(reader.line_num, "", "malformed_csv", f"{error}; quote cells as RFC 4180 says."))
    if not rows and not errors:
        errors.append(DeckError(1, "", "empty_deck", "The deck has no rows; it would leave every call unrated."))
    return errors or Deck(version, rows)


def _read_row(cells: list[str], line: int, errors: list[DeckError]) -> RateRow | None:
    if len(cells) != len(COLUMNS):
        detail = f"The line has {len(cells)} cells instead of {len(COLUMNS)}."
        errors.append(DeckError(line, "", "wrong_column_count", detail))
        return None
    cell = dict(zip(COLUMNS, cells, strict=True))
    before = len(errors)

    def wrong(column: str, code: str, detail: str) -> None:
        errors.append(DeckError(line, column, code, detail))

    _check_place(cell, wrong)
    rate = _read_price(cell, "rate_per_minute", wrong)
    fee = _read_price(cell, "connection_fee", wrong)
    minimum = _read_seconds(cell, "minimum_seconds", 0, wrong)
    increment = _read_seconds(cell, "increment_seconds", 1, wrong)
    effective = _read_effective_from(cell["effective_from"], wrong)
    _check_category(cell["category"], rate + fee, wrong)
    if len(errors) > before:
        return None
    destination, country, origin, category = (intern(cell[name]) for name in _REPEATED)
    return RateRow(cell["prefix"], destination, country, origin, rate, fee, minimum, increment, effective, category)


def _check_place(cell: dict[str, str], wrong: Wrong) -> None:
    if not _PREFIX.fullmatch(cell["prefix"]):
        wrong("prefix", "invalid_prefix", "prefix must be 1 to 15 digits without + or leading zero.")
    destination = cell["destination"]
    if not destination.strip() or len(destination.encode()) > MAX_DESTINATION_BYTES or not destination.isprintable():
        wrong(
            "destination",
            "invalid_destination",
            f"destination is 1 to {MAX_DESTINATION_BYTES} bytes of printable text.",
        )
    if cell["country"] not in COUNTRIES:
        wrong("country", "unknown_country", "country must be ISO 3166-1 alpha-2, XK, or 001 for global networks.")
    if cell["origin"] != ANY_ORIGIN and cell["origin"] not in COUNTRIES:
        wrong("origin", "unknown_origin", "origin must be * or the ISO 3166-1 alpha-2 country of the calling number.")


def _check_category(category: str, price: int, wrong: Wrong) -> None:
    if not CATEGORY.fullmatch(category):
        wrong("category", "invalid_category", "category must be 2 to 40 lower-case letters, digits or _.")
    elif category in RESERVED_CATEGORIES:
        wrong("category", "reserved_category", f"{category} is a category of payments; use another name for calls.")
    elif category == INCLUDED_CATEGORY and price:
        wrong("rate_per_minute", "included_with_price", "An included destination costs nothing; set rate and fee to 0.")


def _read_price(cell: dict[str, str], column: str, wrong: Wrong) -> int:
    try:
        micros = parse_money(cell[column], field=column)
    except InvalidValue:
        wrong(column, "invalid_price", f"{column} must be a decimal such as 0.0140 with at most 6 decimals.")
        return 0
    if not 0 <= micros <= MAX_PRICE_MICROS:
        wrong(column, "price_out_of_range", f"{column} must lie between 0 and 100 dollars.")
    return micros


def _read_seconds(cell: dict[str, str], column: str, least: int, wrong: Wrong) -> int:
    text = cell[column]
    seconds = int(text) if _SECONDS.fullmatch(text) else -1
    if not least <= seconds <= 3600:
        wrong(column, "invalid_seconds", f"{column} must be a whole number from {least} to 3600.")
    return seconds


def _read_effective_from(text: str, wrong: Wrong) -> str:
    """The instant a row takes effect as key text; a bare date is midnight UTC."""
    moment = parse_instant(text)
    if moment is not None:
        return intern(format_instant(moment))
    try:
        return intern(f"{parse_date(text, 'effective_from').isoformat()}T00:00:00.000Z")
    except InvalidValue:
        wrong("effective_from", "invalid_effective_from", "effective_from must be a date or an RFC 3339 timestamp.")
        return ""
