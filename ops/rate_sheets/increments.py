"""Cells and sentences with billing increments: `60/60`, `1/1`, `30/6`, columns of their own, and rules by name."""

import re
from typing import Final, NamedTuple

from ops.rate_sheets.notes import CellError

MAX_SECONDS: Final = 3600
_WORDS: Final = {
    "per second": (1, 1),
    "second": (1, 1),
    "seconds": (1, 1),
    "per minute": (60, 60),
    "minute": (60, 60),
    "full minute": (60, 60),
}
_PAIR: Final = re.compile(
    r"([0-9]{1,4}) ?(?:s|sec|secs|seconds?)? ?[/+:x\\-] ?([0-9]{1,4}) ?(?:s|sec|secs|seconds?)?\.?", re.IGNORECASE
)
_TRIPLE: Final = re.compile(r"([0-9]{1,4})/([0-9]{1,4})/([0-9]{1,4})")
_UNITED: Final = re.compile(r"[0-9]{1,4} ?(?:s|sec|secs|seconds?)\.?", re.IGNORECASE)
_SINGLE: Final = re.compile(r"([0-9]{1,4}) ?(?:s|sec|secs|seconds?)?\.?", re.IGNORECASE)
_MINUTES: Final = re.compile(r"(?<![0-9.,])([0-9]{1,2}) ?(?:m|mins?|minutes?)\.?(?![a-z])", re.IGNORECASE)
_DATE: Final = re.compile(r"[0-9]{4}-([0-9]{2})-([0-9]{2})")
_NAMED_DATE: Final = re.compile(r"([0-9]{1,2})[- ]([a-z]{3})|([a-z]{3})[- ]([0-9]{1,2})", re.IGNORECASE)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
FIND: Final = re.compile(r"(?<![0-9/])([0-9]{1,4}) ?/ ?([0-9]{1,4})(?![0-9/])")
"""Finds increments within a sentence."""
STEP: Final = "Write it as minimum/increment in seconds, such as 60/60, 30/6, or 1/1."


class Increments(NamedTuple):
    """The seconds that every call bills at least, and the step of the rest."""

    minimum: int
    increment: int


def has_increments(text: str) -> bool:
    """Return whether a text looks like increments: a pair, or a number with its unit."""
    plain = in_seconds(text)
    if plain != text or _UNITED.fullmatch(text):
        return _PAIR.fullmatch(plain) is not None or _SINGLE.fullmatch(plain) is not None
    return _PAIR.fullmatch(text) is not None or text.lower() in _WORDS


def parse_increments(text: str) -> Increments:
    """Return the increments of a cell. A single number is both; of three, the first two count.

    Raises:
        CellError: the cell is none.
    """
    if words := _WORDS.get(text.lower().rstrip(".")):
        return Increments(*words)
    plain = in_seconds(text)
    if changed := _from_date(text):
        return _checked(*changed, text)
    match = _PAIR.fullmatch(plain) or _TRIPLE.fullmatch(plain)
    if match and not any(map(_is_of_a_date, match.groups()[2:])):
        return _checked(int(match[1]), int(match[2]), text)
    if single := _SINGLE.fullmatch(plain):
        return _checked(int(single[1]), int(single[1]), text)
    raise CellError(f'"{text}" is no billing increment.', STEP)


def in_seconds(text: str) -> str:
    """Return a text with its minutes as seconds.

    >>> in_seconds("1 min / 30 sec")
    '60 / 30 sec'
    """
    return _MINUTES.sub(lambda match: str(60 * int(match[1])), text)


def parse_seconds(text: str, *, least: int) -> int:
    """Return the seconds of a cell of one number, such as `60` or `60 sec`.

    Raises:
        CellError: the cell is none, or out of bounds.
    """
    match = _SINGLE.fullmatch(re.sub(r"\.0+$", "", in_seconds(text)))
    if match is None or not least <= int(match[1]) <= MAX_SECONDS:
        raise CellError(f'"{text}" is no whole number of seconds from {least} to {MAX_SECONDS}.', "Correct the cell.")
    return int(match[1])


def _is_of_a_date(text: str) -> bool:
    """Return whether the third number of a text such as 22/02/2010 is a year."""
    return text[:2] in ("19", "20") and len(text) == 4


def _checked(minimum: int, increment: int, text: str) -> Increments:
    if not 0 <= minimum <= MAX_SECONDS or not 1 <= increment <= MAX_SECONDS:
        raise CellError(f'"{text}" is out of bounds (0 to 3600, then 1 to 3600 seconds).', STEP)
    return Increments(minimum, increment)


def _from_date(text: str) -> tuple[int, int] | None:
    """Return the increments that a spreadsheet program turned into a date, if only one pair can be meant."""
    if match := _DATE.fullmatch(text):
        month, day = int(match[1]), int(match[2])
    elif match := _NAMED_DATE.fullmatch(text):
        name = (match[2] or match[3]).lower()
        if name not in _MONTHS:
            return None
        month, day = _MONTHS.index(name) + 1, int(match[1] or match[4])
    else:
        return None
    if day == month:
        return day, day
    if day > 12:
        return day, month
    step = "Format the column as text in the carrier's file, write the pair again, and import the file."
    raise CellError(f'"{text}" is a date: a spreadsheet program changed a pair such as {day}/{month}.', step)
