"""The prices of short codes such as 411: the CSV file beside the deck, and the row that prices a code.

A short code is never looked up in a deck, where 411 would be a number in Switzerland. A code without a row is free.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from calling_credit.categories import SHORT_CODE_CATEGORY
from calling_credit.errors import InvalidValue, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.money import MICROS_PER_DOLLAR, parse_money
from calling_credit.numbering import COUNTRIES, is_emergency, is_short_code
from calling_credit.rates.deck import RateRow, ShortCodeTimeline
from calling_credit.rates.deck_codes import DeckErrorCode
from calling_credit.rates.deck_csv import DeckError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

COLUMNS: Final = ("country", "code", "destination", "rate", "fee", "minimum", "increment")
FOLDER: Final = "short_codes/"
"""The published price lists of short codes, each an object that never changes."""
MAX_ROWS: Final = 10_000
MAX_PRICE_MICROS: Final = 100 * MICROS_PER_DOLLAR
MAX_DESTINATION_BYTES: Final = 90
NO_SHORT_CODES: Final[Mapping[tuple[str, str], RateRow]] = {}

_DECK_NAMES: Final = {
    "rate_per_minute": "rate",
    "connection_fee": "fee",
    "minimum_seconds": "minimum",
    "increment_seconds": "increment",
}
"""The names of the same columns in a deck; a header may use them."""
_SECONDS: Final = re.compile(r"0|[1-9][0-9]{0,4}")

ShortCodes = Mapping[tuple[str, str], RateRow]
"""The priced short codes by country of the line and code."""


class UnusableShortCodes(Mapping[tuple[str, str], RateRow]):
    """A price list whose file is gone or damaged. Any look-up fails, because no code may be free by mistake."""

    def __getitem__(self, _key: tuple[str, str]) -> RateRow:
        """Fail."""
        raise _unusable()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Fail."""
        raise _unusable()

    def __len__(self) -> int:
        """Some code may have a price."""
        return 1


def _unusable() -> Unavailable:
    detail = "The price list of short codes is gone or was changed; publish it again."
    return Unavailable(ProblemCode.UNUSABLE_DECK, detail)


def find(short_codes: ShortCodes, country: str, code: str) -> RateRow | None:
    """Return the row that prices a short code for lines of a country; None if it is free."""
    return None if is_emergency(code) else short_codes.get((country, code))


def find_anywhere(short_codes: ShortCodes, code: str) -> RateRow | None:
    """Return a row of a short code that lines of some country pay for; None if no line does."""
    rows = (row for (_, priced), row in sorted(short_codes.items()) if priced == code)
    return None if is_emergency(code) else next(rows, None)


def charged_categories(short_codes: ShortCodeTimeline) -> frozenset[str]:
    """Return the categories under which calls to the short codes of these lists are charged."""
    return frozenset({SHORT_CODE_CATEGORY} if short_codes else ())


def is_short_code_file(data: bytes) -> bool:
    """Return whether a file is a price list of short codes, by its header. A deck begins with another column."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"country,code,")


def short_codes_key(data: bytes, now: datetime) -> str:
    """Return the key under which a price list is stored: its time and 12 digits of its SHA-256."""
    return f"{FOLDER}{now.strftime('%Y%m%dT%H%M%SZ')}-{hashlib.sha256(data).hexdigest()[:12]}.csv"


def load_short_codes(client: "S3Client", bucket: str, key: str) -> ShortCodes:
    """Return the published price list under a key; an empty one for an empty key.

    If the file is gone or was changed after it was published, only calls to short codes fail.
    """
    if not key:
        return NO_SHORT_CODES
    try:
        data = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except client.exceptions.NoSuchKey:
        return UnusableShortCodes()
    short_codes = parse_short_codes(data, datetime.strptime(key[len(FOLDER) :][:16], "%Y%m%dT%H%M%S%z"))
    if isinstance(short_codes, list) or hashlib.sha256(data).hexdigest()[:12] not in key:
        return UnusableShortCodes()
    return short_codes


def parse_short_codes(data: bytes, published_at: datetime) -> ShortCodes | list[DeckError]:
    """Parse a price list (UTF-8; the header is `COLUMNS`; a list without rows makes every code free).

    Returns:
        The rows by country and code, or every error. A list with errors is never used in part.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return [DeckError(line, "", DeckErrorCode.NOT_UTF8, "Save the file as UTF-8.")]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    errors: list[DeckError] = []
    rows: dict[tuple[str, str], RateRow] = {}
    try:
        header = tuple(_DECK_NAMES.get(name.strip(), name.strip()) for name in next(reader, []))
        if header != COLUMNS:
            detail = f"The first line must be exactly: {','.join(COLUMNS)}"
            return [DeckError(1, "", DeckErrorCode.WRONG_HEADER, detail)]
        for cells in reader:
            row = _Cells(cells, reader.line_num, errors).row(format_instant(published_at))
            if row is not None and (row.country, row.prefix) in rows:
                detail = "Another line has the same country and code; keep one of them."
                errors.append(DeckError(reader.line_num, "code", DeckErrorCode.DUPLICATE_ROW, detail))
            elif row is not None:
                rows[row.country, row.prefix] = row
    except csv.Error as error:
        detail = f"{error}; quote cells according to RFC 4180."
        errors.append(DeckError(reader.line_num, "", DeckErrorCode.MALFORMED_CSV, detail))
    if len(rows) > MAX_ROWS:
        errors.append(
            DeckError(1, "", DeckErrorCode.TOO_MANY_ROWS, f"A price list can have at most {MAX_ROWS:,} rows.")
        )
    return errors or rows


class _Cells:
    """One line of the file. Every error is added to `errors`."""

    def __init__(self, cells: list[str], line: int, errors: list[DeckError]) -> None:
        self._cells = [cell.strip() for cell in cells]
        self._line = line
        self._errors = errors

    def row(self, effective_from: str) -> RateRow | None:
        """Return the row of the line; None if it is blank or has an error."""
        if not any(self._cells):
            return None
        if len(self._cells) != len(COLUMNS):
            detail = f"The line has {len(self._cells)} cells instead of {len(COLUMNS)}."
            self._report("", DeckErrorCode.WRONG_COLUMN_COUNT, detail)
            return None
        count = len(self._errors)
        country, code, destination, rate, fee, minimum, increment = self._cells
        self._check_names(country, code, destination)
        prices = self._price("rate", rate), self._price("fee", fee)
        seconds = self._seconds("minimum", minimum, 0), self._seconds("increment", increment, 1)
        if len(self._errors) > count:
            return None
        return RateRow(code, destination, country, country, *prices, *seconds, effective_from, SHORT_CODE_CATEGORY)

    def _check_names(self, country: str, code: str, destination: str) -> None:
        if country not in COUNTRIES:
            detail = "country must be the ISO 3166-1 alpha-2 code of the line's country, such as US."
            self._report("country", DeckErrorCode.UNKNOWN_COUNTRY, detail)
        if not is_short_code(code):
            self._report("code", DeckErrorCode.INVALID_SHORT_CODE, "code must be 2 to 6 digits without +.")
        elif is_emergency(code):
            detail = f"{code} is an emergency number of some country and is always free; remove the line."
            self._report("code", DeckErrorCode.EMERGENCY_CODE, detail)
        if not destination or len(destination.encode()) > MAX_DESTINATION_BYTES or not destination.isprintable():
            detail = f"destination must be 1 to {MAX_DESTINATION_BYTES} bytes of printable text."
            self._report("destination", DeckErrorCode.INVALID_DESTINATION, detail)

    def _price(self, column: str, text: str) -> int:
        try:
            micros = parse_money(text, field=column)
        except InvalidValue:
            detail = f"{column} must be a decimal such as 0.0140 with at most 6 decimals."
            self._report(column, DeckErrorCode.INVALID_PRICE, detail)
            return 0
        if not 0 <= micros <= MAX_PRICE_MICROS:
            self._report(column, DeckErrorCode.PRICE_OUT_OF_RANGE, f"{column} must be from 0 to 100 dollars.")
        return micros

    def _seconds(self, column: str, text: str, least: int) -> int:
        seconds = int(text) if _SECONDS.fullmatch(text) else -1
        if not least <= seconds <= 3600:
            detail = f"{column} must be a whole number of seconds from {least} to 3600."
            self._report(column, DeckErrorCode.INVALID_SECONDS, detail)
        return seconds

    def _report(self, column: str, code: DeckErrorCode, detail: str) -> None:
        self._errors.append(DeckError(self._line, column, code, detail))
