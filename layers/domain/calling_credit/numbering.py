"""Telephone numbers: their form, their country, and their masked form for logs.

It uses generated tables only. It must not depend on decks, prices, or libraries of numbering plans.
"""

import re
from functools import cache
from typing import Final

from calling_credit.numbering_data import ISO_COUNTRIES, PREFIXES_BY_COUNTRY

GLOBAL_NETWORKS: Final = "001"
UNKNOWN_COUNTRY: Final = "ZZ"
COUNTRIES: Final = frozenset(ISO_COUNTRIES.split()) | {GLOBAL_NETWORKS}
"""The valid country codes of a deck: ISO 3166-1 alpha-2, `XK`, and `001` for global networks."""

_COUNTRY_BY_PREFIX: Final = {
    prefix: country for country, prefixes in PREFIXES_BY_COUNTRY.items() for prefix in prefixes.split()
}
E164_FORM: Final = r"\+[1-9][0-9]{6,14}"
SHORT_CODE_FORM: Final = r"[0-9]{2,6}"

_E164 = re.compile(E164_FORM)
_SHORT_CODE = re.compile(SHORT_CODE_FORM)


def _lengths_by_beginning() -> dict[str, tuple[int, ...]]:
    """Return, by the first three digits, the possible lengths of longer prefixes, longest first."""
    lengths: dict[str, set[int]] = {}
    for prefix in _COUNTRY_BY_PREFIX:
        if len(prefix) > 3:
            lengths.setdefault(prefix[:3], {3, 2, 1}).add(len(prefix))
    return {beginning: tuple(sorted(values, reverse=True)) for beginning, values in lengths.items()}


_LENGTHS: Final = _lengths_by_beginning()
_USUAL_LENGTHS: Final = (3, 2, 1)


def country_of(number: str) -> str:
    """Return the country of an E.164 number (with or without +): ISO 3166-1 alpha-2, `XK`, `001`, or `ZZ` if unknown.

    Country calling codes are those of ITU Recommendation E.164; libphonenumber divides the shared ones.
    """
    digits = number[1:] if number[:1] == "+" else number
    for length in _LENGTHS.get(digits[:3], _USUAL_LENGTHS):
        country = _COUNTRY_BY_PREFIX.get(digits[:length])
        if country is not None:
            return country
    return UNKNOWN_COUNTRY


def is_e164(text: str) -> bool:
    """Return whether the text has the form of E.164: +, then 7 to 15 digits, the first not 0."""
    return _E164.fullmatch(text) is not None


def is_short_code(text: str) -> bool:
    """Return whether the text is a short code such as 911 or 988: 2 to 6 digits."""
    return _SHORT_CODE.fullmatch(text) is not None


def masked(number: str) -> str:
    """Mask a number for logs: country and last two digits, such as `GB…71`. Other text shows no digits."""
    if is_e164(number):
        return f"{country_of(number)}…{number[-2:]}"
    return f"{UNKNOWN_COUNTRY}…{number[-2:]}" if is_short_code(number) else f"{UNKNOWN_COUNTRY}…"


def country_kept(text: str) -> str:
    """Return the country of a number or of a masked number."""
    country, erased, _ = text.partition("…")
    return country if erased else country_of(text)


def countries_below(prefix: str) -> frozenset[str]:
    """Return every country that has numbers with these first digits."""
    return _countries_below().get(prefix, frozenset()) | ({country_of(prefix)} - {UNKNOWN_COUNTRY})


@cache
def _countries_below() -> dict[str, frozenset[str]]:
    """Return the countries below each beginning of a prefix. Only the check of a deck needs it."""
    below: dict[str, set[str]] = {}
    for prefix, country in _COUNTRY_BY_PREFIX.items():
        for length in range(1, len(prefix)):
            below.setdefault(prefix[:length], set()).add(country)
    return {beginning: frozenset(countries) for beginning, countries in below.items()}


def country_prefixes() -> tuple[str, ...]:
    """Return every prefix that identifies a country."""
    return tuple(_COUNTRY_BY_PREFIX)
