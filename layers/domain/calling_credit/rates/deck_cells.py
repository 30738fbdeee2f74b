"""The rows of a rate deck's CSV: the check of every cell, and the errors with their corrections.

A deck repeats most of its cells, so each distinct text is checked once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from sys import intern
from typing import Any, Final

from calling_credit.categories import CATEGORY, RESERVED_CATEGORIES
from calling_credit.errors import InvalidValue
from calling_credit.instants import format_instant, parse_date, parse_instant
from calling_credit.money import MICROS_PER_DOLLAR, parse_money
from calling_credit.numbering import COUNTRIES
from calling_credit.rates.deck import ANY_ORIGIN, INCLUDED_CATEGORY, RateRow
from calling_credit.rates.deck_codes import DeckErrorCode
from calling_credit.rates.rate_steps import MAX_RATE_DOLLARS, InvalidStepsError, parse_steps

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
RATE_STEPS_COLUMN: Final = "rate_steps"
"""The optional column of a row's further rates within a call."""
MAX_PRICE_DOLLARS: Final = MAX_RATE_DOLLARS
MAX_PRICE_MICROS: Final = MAX_PRICE_DOLLARS * MICROS_PER_DOLLAR
MAX_DESTINATION_BYTES: Final = 90

_PREFIX = re.compile(r"[1-9][0-9]{0,14}")
_SECONDS = re.compile(r"0|[1-9][0-9]{0,4}")
_WIDTH: Final = len(COLUMNS)


@dataclass(frozen=True, slots=True)
class DeckError:
    """One error in a deck: the line of the file (the header is line 1), the column, a code, and the correction."""

    line: int
    column: str
    code: DeckErrorCode
    detail: str


class CellError(Exception):
    """A cell is wrong; the code and the correction."""

    def __init__(self, code: DeckErrorCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(slots=True)
class RowParser:
    """Parses the rows of one file. `errors` lists every error so far, `trimmed` the lines that ended in blanks."""

    errors: list[DeckError] = field(default_factory=list)
    trimmed: list[int] = field(default_factory=list)
    _seen: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {column: {} for column in (*COLUMNS[1:], RATE_STEPS_COLUMN)}
    )
    """The values of each column's texts so far."""

    def parse(self, cells: list[str], line: int, steps: str = "") -> RateRow | None:
        """Return the row of a line; None if it has errors, which `errors` then lists. `steps` is the text of its rate
        steps.
        """
        row = self._parse(cells, line)
        return row if not steps else self._with_steps(row, steps, line)

    def _with_steps(self, row: RateRow | None, text: str, line: int) -> RateRow | None:
        """Return the row with its rate steps; None if either has an error."""
        seen = self._seen[RATE_STEPS_COLUMN]
        if text not in seen:
            try:
                seen[text] = parse_steps(text)
            except InvalidStepsError as error:
                self.errors.append(DeckError(line, RATE_STEPS_COLUMN, DeckErrorCode.INVALID_RATE_STEPS, str(error)))
                return None
        if row is None or not seen[text]:
            return row
        if row.category == INCLUDED_CATEGORY:
            detail = "An included destination is free; leave rate_steps empty."
            self.errors.append(DeckError(line, RATE_STEPS_COLUMN, DeckErrorCode.INCLUDED_WITH_PRICE, detail))
            return None
        return replace(row, rate_steps=seen[text])

    def _parse(self, cells: list[str], line: int) -> RateRow | None:
        try:
            prefix, destination, country, origin, rate, fee, minimum, increment, effective, category = cells
            seen = self._seen
            row = RateRow(
                prefix,
                seen["destination"][destination],
                seen["country"][country],
                seen["origin"][origin],
                seen["rate_per_minute"][rate],
                seen["connection_fee"][fee],
                seen["minimum_seconds"][minimum],
                seen["increment_seconds"][increment],
                seen["effective_from"][effective],
                seen["category"][category],
            )
        except (KeyError, ValueError):
            return self._check(cells, line)
        if _PREFIX.fullmatch(prefix) is None or (row.category == INCLUDED_CATEGORY and _costs(row)):
            return self._check(cells, line)
        return row

    def _check(self, cells: list[str], line: int) -> RateRow | None:
        """Check a line cell by cell, without the blanks at the end of each."""
        bare = without_blanks(cells, _WIDTH)
        if bare != cells:
            self.trimmed.append(line)
        if len(bare) != _WIDTH:
            detail = f"The line has {len(bare)} cells instead of {_WIDTH}."
            self.errors.append(DeckError(line, "", DeckErrorCode.WRONG_COLUMN_COUNT, detail))
            return None
        count = len(self.errors)
        values: list[Any] = [bare[0]]
        if not _PREFIX.fullmatch(bare[0]):
            detail = "prefix must be 1 to 15 digits, without + or a leading zero."
            self.errors.append(DeckError(line, "prefix", DeckErrorCode.INVALID_PREFIX, detail))
        for column, text in zip(COLUMNS[1:], bare[1:], strict=True):
            seen = self._seen[column]
            if text not in seen:
                try:
                    seen[text] = _READERS[column](text, column)
                except CellError as error:
                    self.errors.append(DeckError(line, column, error.code, error.detail))
                    continue
            values.append(seen[text])
        if len(self.errors) > count:
            return None
        row = RateRow(*values)
        if row.category == INCLUDED_CATEGORY and _costs(row):
            detail = "An included destination is free; set the rate and the fee to 0."
            self.errors.append(DeckError(line, "rate_per_minute", DeckErrorCode.INCLUDED_WITH_PRICE, detail))
            return None
        return row


def without_blanks(cells: list[str], width: int) -> list[str]:
    """Return the cells without the blanks at their ends, and without empty cells after the last column."""
    bare = [cell.rstrip() for cell in cells]
    while len(bare) > width and not bare[-1]:
        bare.pop()
    return bare


def _costs(row: RateRow) -> bool:
    return bool(row.rate_micros_per_minute or row.connection_fee_micros)


def _check_destination(text: str, _column: str) -> str:
    if not text.strip() or len(text.encode()) > MAX_DESTINATION_BYTES or not text.isprintable():
        detail = f"destination must be 1 to {MAX_DESTINATION_BYTES} bytes of printable text."
        raise CellError(DeckErrorCode.INVALID_DESTINATION, detail)
    return intern(text)


def _check_country(text: str, _column: str) -> str:
    if text not in COUNTRIES:
        detail = "country must be an ISO 3166-1 alpha-2 code, XK, or 001 for global networks."
        raise CellError(DeckErrorCode.UNKNOWN_COUNTRY, detail)
    return intern(text)


def _check_origin(text: str, _column: str) -> str:
    if text != ANY_ORIGIN and text not in COUNTRIES:
        detail = "origin must be * or the ISO 3166-1 alpha-2 code of the calling number's country."
        raise CellError(DeckErrorCode.UNKNOWN_ORIGIN, detail)
    return intern(text)


def _check_category(text: str, _column: str) -> str:
    if not CATEGORY.fullmatch(text):
        detail = "category must be 2 to 40 lower-case letters, digits, or _."
        raise CellError(DeckErrorCode.INVALID_CATEGORY, detail)
    if text in RESERVED_CATEGORIES:
        detail = f"{text} is a category of payments; use another name for calls."
        raise CellError(DeckErrorCode.RESERVED_CATEGORY, detail)
    return intern(text)


def _parse_price(text: str, column: str) -> int:
    try:
        micros = parse_money(text, field=column)
    except InvalidValue:
        detail = f"{column} must be a decimal such as 0.0140 with at most 6 decimals."
        raise CellError(DeckErrorCode.INVALID_PRICE, detail) from None
    if not 0 <= micros <= MAX_PRICE_MICROS:
        detail = f"{column} must be from 0 to {MAX_PRICE_DOLLARS:,} dollars."
        raise CellError(DeckErrorCode.PRICE_OUT_OF_RANGE, detail)
    return micros


def _parse_seconds(text: str, column: str) -> int:
    minimum = 1 if column == "increment_seconds" else 0
    seconds = int(text) if _SECONDS.fullmatch(text) else -1
    if not minimum <= seconds <= 3600:
        detail = f"{column} must be a whole number from {minimum} to 3600."
        raise CellError(DeckErrorCode.INVALID_SECONDS, detail)
    return seconds


def _parse_effective_from(text: str, _column: str) -> str:
    """Return the instant as sortable text; a date without a time is midnight UTC."""
    instant = parse_instant(text)
    if instant is not None:
        return intern(format_instant(instant))
    try:
        return intern(f"{parse_date(text, 'effective_from').isoformat()}T00:00:00.000Z")
    except InvalidValue:
        detail = "effective_from must be a date or an RFC 3339 timestamp."
        raise CellError(DeckErrorCode.INVALID_EFFECTIVE_FROM, detail) from None


_READERS: Final[dict[str, Callable[[str, str], str | int]]] = {
    "destination": _check_destination,
    "country": _check_country,
    "origin": _check_origin,
    "rate_per_minute": _parse_price,
    "connection_fee": _parse_price,
    "minimum_seconds": _parse_seconds,
    "increment_seconds": _parse_seconds,
    "effective_from": _parse_effective_from,
    "category": _check_category,
}
"""How the text of a column becomes its value; each raises CellError."""
