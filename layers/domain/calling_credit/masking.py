"""The masked form of telephone numbers, for logs and erased entries."""

from typing import Final

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
