"""Telephone numbers: their form, their country, and what dialed digits mean.

It uses generated tables only. It must not depend on decks, prices, or libraries of numbering plans.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from calling_credit.dialing_data import EMERGENCY_CODES, GLOBAL_PLANS, PLANS, TRUNK_ZERO_CODES
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

NORTH_AMERICA: Final = "1"
WHOLE_NORTH_AMERICAN_NUMBER: Final = 11

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
_added: dict[str, str] = {}
_wanted: dict[str, str] = {}


def use_area_codes(countries: Mapping[str, str]) -> None:
    """Use area codes that are newer than the tables, such as `{"1436": "US"}`; they replace those of the last call.

    The tables win where they have the prefix. They change only with the codes, because other threads read them.
    """
    if countries == _wanted:
        return
    _wanted.clear()
    _wanted.update(countries)
    for prefix in _added:
        del _COUNTRY_BY_PREFIX[prefix]
    _added.clear()
    _added.update({prefix: country for prefix, country in countries.items() if prefix not in _COUNTRY_BY_PREFIX})
    _COUNTRY_BY_PREFIX.update(_added)
    for prefix in _added:
        lengths = {*_LENGTHS.get(prefix[:3], _USUAL_LENGTHS), len(prefix)}
        _LENGTHS[prefix[:3]] = tuple(sorted(lengths, reverse=True))
    _countries_below.cache_clear()


def is_added(prefix: str) -> bool:
    """Return whether a prefix such as `1436` is in use only because it was added."""
    return prefix in _added


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


def is_whole_number(digits: str) -> bool:
    """Return whether the digits of an E.164 number are complete as far as the form tells: +1 has ten more digits."""
    return digits[:1] != NORTH_AMERICA or len(digits) == WHOLE_NORTH_AMERICAN_NUMBER


_EMERGENCY_CODES: Final = {code: frozenset(codes.split()) for code, codes in EMERGENCY_CODES.items()}
_ALL_EMERGENCY_CODES: Final = frozenset().union(*_EMERGENCY_CODES.values())
_LONGEST_EMERGENCY: Final = len("+") + 3 + max(map(len, _ALL_EMERGENCY_CODES))
_TRUNK_ZERO: Final = frozenset(TRUNK_ZERO_CODES.split())


def emergency_code(dialed: str) -> str | None:
    """Return the emergency code that a dialed number means, such as 911 for `+1911`; None if it is another number.

    Switches send a code of any country (`911`), the same after a + (`+112`), and a code of a country after its calling
    code (`+44999`). No number of a subscriber has one of these forms, so the caller's line need not be known.
    """
    if dialed[:1] != "+":
        return dialed if dialed in _ALL_EMERGENCY_CODES else None
    if len(dialed) > _LONGEST_EMERGENCY:
        return None
    digits = dialed[1:]
    if digits in _ALL_EMERGENCY_CODES:
        return digits
    for length in (1, 2, 3):
        if digits[length:] in _EMERGENCY_CODES.get(digits[:length], ()):
            return digits[length:]
    return None


def is_emergency(dialed: str) -> bool:
    """Return whether a dialed number is an emergency number, from any line."""
    return emergency_code(dialed) is not None


def strip_trunk_zero(number: str) -> str:
    """Return an E.164 number without the trunk zero that some people keep after the country code.

    `+4402071838750` becomes `+442071838750`. Countries whose numbers may begin with 0, such as Italy, are left alone.
    """
    for end in (3, 4):
        if number[end : end + 1] == "0" and number[1:end] in _TRUNK_ZERO and number[end + 1 : end + 2] != "0":
            stripped = number[:end] + number[end + 1 :]
            return stripped if is_e164(stripped) else number
    return number


_PUNCTUATION: Final = (
    r"[\s().\[\]/\-\u00ad\u00b7\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060\u2066-\u2069\u2212\ufeff]"
)
_DIALED: Final = r"\+?[0-9]{2,25}"
_INTERNATIONAL_PREFIXES: Final = ("00", "011")


def normalize_dialed(text: str, country: str) -> str | None:
    """Return the number that a person or a switch in a country means: E.164, or a short code; None if it is neither.

    A number with a + is E.164. Other text of 7 digits or more is read as dialed in the country: with its international
    prefix, as a national number with or without its trunk prefix, and if it is none of these, as E.164 without the +.
    """
    digits = _expression(_PUNCTUATION).sub("", text)
    if not digits.isascii() or _expression(_DIALED).fullmatch(digits) is None:
        return None
    if is_short_code(digits) or is_emergency(digits):
        return emergency_code(digits) or digits
    if digits[0] == "+":
        number = strip_trunk_zero(digits)
        if not is_plausible(number):
            number = next(filter(is_plausible, _without_trunk_prefix(digits)), number)
        return number if is_e164(number) else None
    for number in _readings(digits, country):
        if is_plausible(number):
            return number
    abroad = f"+{digits[len(_own_prefix(digits, country)) :]}"
    return abroad if len(abroad) <= len(digits) and is_e164(abroad) else None


def _without_trunk_prefix(number: str) -> Iterator[str]:
    """Yield an international number without the trunk prefix of each plan, such as 06 in Hungary."""
    for calling_code, _, national, _, _ in PLANS.values():
        if number.startswith(calling_code, 1):
            trunk = _expression(national).match(number, 1 + len(calling_code))
            if trunk is not None and trunk[0]:
                yield f"+{calling_code}{number[trunk.end() :]}"


def _readings(digits: str, country: str) -> Iterator[str]:
    """Yield what dialed digits may mean, the most likely first."""
    calling_code, _, national, _, _ = PLANS.get(country, ("", "", "", "", ""))
    own = _own_prefix(digits, country)
    if own:
        yield strip_trunk_zero(f"+{digits[len(own) :]}")
    if calling_code:
        yield f"+{calling_code}{digits}"
    trunk = _expression(national).match(digits)
    if trunk is not None and trunk.end():
        yield f"+{calling_code}{digits[trunk.end() :]}"
    for prefix in (*_INTERNATIONAL_PREFIXES, ""):
        if digits.startswith(prefix):
            yield strip_trunk_zero(f"+{digits[len(prefix) :]}")


def _own_prefix(digits: str, country: str) -> str:
    """Return the country's international prefix if the digits begin with it."""
    match = _expression(PLANS[country][1]).match(digits) if country in PLANS else None
    return "" if match is None else match[0]


def is_plausible(number: str) -> bool:
    """Return whether an E.164 number has a known country, and the length and the form of its country's numbers."""
    country = country_of(number)
    if not is_e164(number) or country == UNKNOWN_COUNTRY:
        return False
    return any(
        number.startswith(calling_code, 1)
        and str(len(number) - 1 - len(calling_code)) in lengths.split()
        and _expression(form).fullmatch(number, 1 + len(calling_code)) is not None
        for calling_code, lengths, form in _forms(number[1:4])
    )


@cache
def _forms(beginning: str) -> tuple[tuple[str, str, str], ...]:
    """Return calling code, lengths, and form of the plans of numbers that begin with these three digits."""
    national = [(plan[0], plan[3], plan[4]) for plan in PLANS.values()]
    networks = [(calling_code, *plan) for calling_code, plan in GLOBAL_PLANS.items()]
    return tuple(form for form in (*national, *networks) if beginning.startswith(form[0]))


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def countries_below(prefix: str) -> frozenset[str]:
    """Return every country that has numbers with these first digits."""
    return _countries_below().get(prefix, frozenset()) | ({country_of(prefix)} - {UNKNOWN_COUNTRY})


@cache
def _countries_below() -> dict[str, frozenset[str]]:
    """Return the countries below each beginning of a prefix. Only the checks of decks and limits need it."""
    below: dict[str, set[str]] = {}
    for prefix, country in _COUNTRY_BY_PREFIX.items():
        for length in range(1, len(prefix)):
            below.setdefault(prefix[:length], set()).add(country)
    return {beginning: frozenset(countries) for beginning, countries in below.items()}


def country_prefixes() -> tuple[str, ...]:
    """Return every prefix that identifies a country."""
    return tuple(_COUNTRY_BY_PREFIX)
