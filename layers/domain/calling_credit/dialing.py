"""Reads the numbers that switches send as they were dialed: one rule for calls that begin and for calls that ended."""

from typing import Final

from calling_credit.numbering import is_e164, is_emergency, is_short_code, normalize_dialed

FEWEST_DIGITS: Final = 7
"""Fewer digits are a short code, which means the same in every country."""


def read_dialed(text: str, country: str) -> str | None:
    """Return the number that a line of a country dialed: E.164, or a short code; None if it is neither.

    A text that is E.164, a short code, or an emergency number in any form is returned unchanged, so that the facts of
    a call stay those of earlier releases.
    """
    if is_e164(text) or is_short_code(text) or is_emergency(text):
        return text
    return normalize_dialed(text, country)


def depends_on_country(value: object) -> bool:
    """Return whether a value may be a number that means another one in another country: one without a +."""
    return (
        isinstance(value, str) and "+" not in value and sum(character.isdigit() for character in value) >= FEWEST_DIGITS
    )
