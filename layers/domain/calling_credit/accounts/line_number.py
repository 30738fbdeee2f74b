"""Parses a phone line, whose number must be a valid US or Canadian one according to libphonenumber.

A module of its own, because libphonenumber loads slowly and only the operator's function needs it.
"""

from typing import Any, Final

import phonenumbers

from calling_credit.accounts.account import Line, parse_switch
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.ids import check_id
from calling_credit.numbering import is_e164
from calling_credit.request_fields import read_text

HOME_COUNTRIES: Final = frozenset({"US", "CA"})


def parse_line(line_id: str, body: dict[str, Any], current: Line | None) -> Line:
    """Parse `{number, user_id, international_calling?}`. Absent fields keep their value. International calling of a new
    line is off by default.

    Raises:
        InvalidValue: invalid_id, missing_field, invalid_number, foreign_number, invalid_field.
    """
    stored = {} if current is None else {"number": current.number, "user_id": current.user_id}
    merged = stored | body
    number = read_text(merged, "number", 16)
    parsed = _parse(number) if is_e164(number) else None
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        raise InvalidValue(ProblemCode.INVALID_NUMBER, "number must be a valid E.164 number such as +14155550100.")
    if phonenumbers.region_code_for_number(parsed) not in HOME_COUNTRIES:
        raise InvalidValue(ProblemCode.FOREIGN_NUMBER, "number must be a line in the US or Canada.")
    user_id = check_id(read_text(merged, "user_id", 64), "user_id")
    enabled = parse_switch(body, default=current.international_calling if current else False)
    return Line(check_id(line_id, "line_id"), number, user_id, enabled)


def _parse(number: str) -> phonenumbers.PhoneNumber | None:
    """Parse a number; None without a valid country code."""
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
