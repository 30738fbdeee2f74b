"""Cells with dates: real dates, serial numbers of Excel, and texts in a stated order."""

import re
from datetime import date, timedelta
from typing import Final

from ops.rate_sheets.cells import FORMULA
from ops.rate_sheets.notes import CellError

DAY_FIRST: Final = "DMY"
MONTH_FIRST: Final = "MDY"
YEAR_FIRST: Final = "YMD"
ORDERS: Final = (DAY_FIRST, MONTH_FIRST, YEAR_FIRST)
EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2100, 1, 1)
NOW_WORDS: Final = frozenset(
    {"now", "immediate", "immediately", "current", "asap", "today", "effective immediately", "in effect"}
)
_EXCEL_EPOCH: Final = date(1899, 12, 30)
_NAMES: Final = (
    "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|sep sept september|oct october"
    "|nov november|dec december"
)
_MONTHS: Final = {name: number for number, names in enumerate(_NAMES.split("|"), 1) for name in names.split()}
_TIME: Final = re.compile(r"[T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?.*$|,? *\(?(GMT|UTC)\)?$", re.IGNORECASE)
_ORDINAL: Final = re.compile(r"(?<=[0-9])(st|nd|rd|th)\b", re.IGNORECASE)
_WEEKDAY: Final = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +", re.IGNORECASE)
_ISO: Final = re.compile(r"([0-9]{4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,2})")
_EIGHT: Final = re.compile(r"(19|20)[0-9]{6}")
_SERIAL: Final = re.compile(r"[3-7][0-9]{4}(\.[0-9]+)?")
_NUMBERS: Final = re.compile(r"([0-9]{1,2})[-/. ]+([0-9]{1,2})[-/. ]+([0-9]{4}|[0-9]{2})")
_DAY_NAME: Final = re.compile(r"([0-9]{1,2})[-/., ]*([a-z]{3,9})\.?[-/., ]*([0-9]{4}|[0-9]{2})", re.IGNORECASE)
_NAME_DAY: Final = re.compile(r"([a-z]{3,9})\.?[-/. ]*([0-9]{1,2})[-/., ]+([0-9]{4}|[0-9]{2})", re.IGNORECASE)
_MONTH: Final = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
FIND: Final = re.compile(
    r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}"
    rf"|[0-9]{{1,2}}(?:st|nd|rd|th)?[-/., ]{{0,2}}{_MONTH}[a-z]*[-/., ]{{0,2}}[0-9]{{2,4}}"
    rf"|{_MONTH}[a-z]*[. ]{{0,2}}[0-9]{{1,2}}(?:st|nd|rd|th)?[, ]{{1,2}}[0-9]{{4}}",
    re.IGNORECASE,
)
"""Finds a date within a sentence."""


def is_now(text: str) -> bool:
    """Return whether a text says that a price is in effect already."""
    return text.strip(" .!").lower() in NOW_WORDS


def has_date(text: str) -> bool:
    """Return whether a text looks like a date, in any order."""
    if is_now(text):
        return True
    for order in ORDERS:
        try:
            return parse_day(text, order) is not None
        except CellError:
            continue
    return False


def possible_orders(text: str) -> frozenset[str]:
    """Return the orders in which a text of three numbers is a date; all if it is no such text or needs no order."""
    match = _NUMBERS.fullmatch(_bare(text))
    if match is None or match[1].zfill(2) == match[2].zfill(2):
        return frozenset(ORDERS)
    orders = set()
    if int(match[1]) <= 31 and int(match[2]) <= 12:
        orders.add(DAY_FIRST)
    if int(match[1]) <= 12 and int(match[2]) <= 31:
        orders.add(MONTH_FIRST)
    return frozenset(orders)


def parse_day(text: str, order: str = "") -> date | None:
    """Return the date of a cell; None if it is empty or states none (`N/A`). Times of day are ignored.

    Raises:
        CellError: the cell is no date, or one that needs the order of day and month.
    """
    if text.startswith(FORMULA):
        step = "Open the sheet in a spreadsheet program, save it, and import it again."
        raise CellError("The cell has a formula, and the file does not store its result.", step)
    if not any(map(str.isdigit, text)):
        if not text or re.fullmatch(r"[-#/ .]*|#?n/?a!?|none|null|tb[acd]", text, re.IGNORECASE):
            return None
        raise _no_date(text)
    bare = _bare(text)
    found = _year_month_day(bare, order, text)
    if found is None:
        raise _no_date(text)
    try:
        day = date(*found) if isinstance(found, tuple) else found
    except ValueError:
        raise _no_date(text, order) from None
    if not EARLIEST <= day < LATEST:
        raise CellError(f'The year of "{text}" is not between 1990 and 2099.', "Correct the cell.")
    return day


def _bare(text: str) -> str:
    return _WEEKDAY.sub("", _ORDINAL.sub("", _TIME.sub("", text.strip()))).strip(" .,")


def _year_month_day(bare: str, order: str, text: str) -> tuple[int, int, int] | date | None:
    if match := _ISO.fullmatch(bare):
        return int(match[1]), int(match[2]), int(match[3])
    if _EIGHT.fullmatch(bare):
        return int(bare[:4]), int(bare[4:6]), int(bare[6:])
    if _SERIAL.fullmatch(bare):
        return _EXCEL_EPOCH + timedelta(days=int(float(bare)))
    if match := _DAY_NAME.fullmatch(bare):
        return _named(match[3], match[2], match[1])
    if match := _NAME_DAY.fullmatch(bare):
        return _named(match[3], match[1], match[2])
    match = _NUMBERS.fullmatch(bare)
    return _ordered(match, order, text) if match else None


def _named(year: str, name: str, day: str) -> tuple[int, int, int] | None:
    month = _MONTHS.get(name.lower())
    return (_full_year(year), month, int(day)) if month else None


def _ordered(match: re.Match[str], order: str, text: str) -> tuple[int, int, int]:
    first, second, third = match.groups()
    if order == YEAR_FIRST:
        return _full_year(first), int(second), int(third)
    if order == DAY_FIRST:
        return _full_year(third), int(second), int(first)
    if order == MONTH_FIRST or int(first) == int(second):
        return _full_year(third), int(first), int(second)
    step = f'Set date_order in the map: "{DAY_FIRST}" if the day comes first, "{MONTH_FIRST}" if the month does.'
    raise CellError(f'"{text}" does not show which number is the month.', step)


def _full_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _no_date(text: str, order: str = "") -> CellError:
    stated = f" in the order {order} that the map states" if order else ""
    return CellError(f'"{text}" is no date{stated}.', "Correct the cell, or date_order in the map.")
