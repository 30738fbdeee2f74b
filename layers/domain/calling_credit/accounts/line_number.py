"""Parses a phone line, whose number must be a valid one of a home country: according to libphonenumber, or in an added
area code.

A module of its own, because libphonenumber loads slowly and only the operator's function needs it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import phonenumbers

from calling_credit.accounts.account import Line, parse_switch
from calling_credit.accounts.bundles import parse_bundles
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.ids import check_id
from calling_credit.numbering import is_e164
from calling_credit.request_fields import read_text

HOME_COUNTRIES: Final = frozenset({"US", "CA"})
_NORTH_AMERICAN = re.compile(r"\+(1[2-9][0-9]{2})[2-9][0-9]{6}")


def parse_line(
    line_id: str,
    body: dict[str, Any],
    current: Line | None,
    *,
    home_countries: Iterable[str] = HOME_COUNTRIES,
    read_area_codes: Callable[[], Mapping[str, str]] = dict,
) -> Line:
    """Parse `{number, user_id, international_calling?, bundles?}`. Absent fields keep their value. International
    calling of a new line is off by default.

    Args:
        read_area_codes: Returns the countries of added area codes by prefix; called only for a number of +1 that
            libphonenumber does not know.

    Raises:
        InvalidValue: invalid_id, missing_field, invalid_number, foreign_number, invalid_field, invalid_bundles.
    """
    stored = {} if current is None else {"number": current.number, "user_id": current.user_id}
    merged = stored | body
    number = read_text(merged, "number", 16)
    if number != stored.get("number"):  # An earlier release stored other spellings.
        _check_spelling(number)
    country = _country_of(number, read_area_codes)
    if country is None:
        raise InvalidValue(ProblemCode.INVALID_NUMBER, "number must be a valid E.164 number such as +14155550100.")
    if country not in home_countries:
        places = ", ".join(sorted(home_countries))
        raise InvalidValue(ProblemCode.FOREIGN_NUMBER, f"number must be a line in a home country ({places}).")
    user_id = check_id(read_text(merged, "user_id", 64), "user_id")
    enabled = parse_switch(body, default=current.international_calling if current else False)
    bundles = current.bundles if current else ()
    if "bundles" in body:
        bundles = parse_bundles(body["bundles"], bundles)
    return Line(check_id(line_id, "line_id"), number, user_id, enabled, bundles=bundles)


def _check_spelling(number: str) -> None:
    """Refuse a spelling that means another number, such as `+1 1 415 555 0100`: two lines would have one number, and no
    call from it would name that spelling.
    """
    parsed = _parse(number) if is_e164(number) else None
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return
    meant = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if meant != number:
        raise InvalidValue(ProblemCode.INVALID_NUMBER, f"number must be E.164; for {number}, send {meant}.")


def _country_of(number: str, read_area_codes: Callable[[], Mapping[str, str]]) -> str | None:
    """Return the country of a number; None if it is not valid."""
    parsed = _parse(number) if is_e164(number) else None
    if parsed is not None and phonenumbers.is_valid_number(parsed):
        return phonenumbers.region_code_for_number(parsed)
    match = _NORTH_AMERICAN.fullmatch(number)
    return read_area_codes().get(match[1]) if match else None


def _parse(number: str) -> phonenumbers.PhoneNumber | None:
    """Parse a number; None without a valid country code."""
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
