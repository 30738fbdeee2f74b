"""The masked form of telephone numbers, for logs and erased entries."""

import re
from functools import lru_cache
from typing import Any, Final

from calling_credit.numbering import UNKNOWN_COUNTRY, country_of, is_e164, is_short_code

ELLIPSIS: Final = "…"
"""Stands for the erased digits of a masked number, and for nothing in a whole one."""


def masked(number: str) -> str:
    """Mask a number for logs: country and last two digits, such as `GB…71`. Other text shows no digits."""
    if is_e164(number):
        return f"{country_of(number)}…{number[-2:]}"
    return f"{UNKNOWN_COUNTRY}…{number[-2:]}" if is_short_code(number) else f"{UNKNOWN_COUNTRY}…"


def country_kept(text: str) -> str:
    """Return the country of a number or of a masked number."""
    country, erased, _ = text.partition("…")
    return country if erased else country_of(text)


_BETWEEN_DIGITS: Final = r"[\s().\-/\u2010-\u2015\u00a0]*"


def without_number(text: str, number: str) -> str:
    """A text with the masked form in place of an E.164 number, in any spelling."""
    return _spellings(number).sub(masked(number), text)


@lru_cache(maxsize=16)
def _spellings(number: str) -> "re.Pattern[Any]":
    """The number with its country code, or without if it is North American, with any punctuation between digits."""
    digits = number[1:]
    optional = rf"(?:{digits[0]}{_BETWEEN_DIGITS})?" if number.startswith("+1") else ""
    required = digits[1:] if optional else digits
    return re.compile(rf"(?<!\d)\+?{optional}\(?{_BETWEEN_DIGITS.join(required)}(?!\d)")
