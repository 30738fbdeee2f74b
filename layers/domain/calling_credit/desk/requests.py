"""The queries and bodies of the desk's routes. Reads nothing."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.accounts.find import MAX_TEXT_CHARACTERS
from calling_credit.errors import InvalidValue, NotFound, ProblemCode
from calling_credit.instants import parse_instant
from calling_credit.numbering import is_e164, normalize_dialed

CALL_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,95}")
WITHIN_MINUTES: Final = 15
MAX_WITHIN_MINUTES: Final = 12 * 60


def parse_find(text: str | None) -> str:
    """Return the text to search for, with plain blanks and without the invisible marks that are copied with numbers.

    Raises:
        InvalidValue: invalid_query.
    """
    shown = "".join(map(_as_seen, text or "")).strip()
    if text is None or not shown or len(text) > MAX_TEXT_CHARACTERS or not shown.isprintable():
        detail = (
            f"find must be 1 to {MAX_TEXT_CHARACTERS} printable characters: an account id, a name, an e-mail address"
        )
        raise InvalidValue(ProblemCode.INVALID_QUERY, f"{detail}, or a phone number.")
    return shown


def _as_seen(character: str) -> str:
    """A plain blank for any blank, and nothing for a mark that shows nothing, such as the direction of a text."""
    category = unicodedata.category(character)
    return " " if category == "Zs" else "" if category == "Cf" else character


def parse_call_key(text: str) -> str:
    """Return the key of a call.

    Raises:
        NotFound: `unknown_call`, no call can have this key.
    """
    if CALL_KEY.fullmatch(text) is None:
        raise NotFound(ProblemCode.UNKNOWN_CALL, "No call can have this key; use call_key as the usage shows it.")
    return text


def parse_at(text: str | None, *, required: bool) -> datetime | None:
    """Return the time of a call. A + that arrives as a blank is read as a +.

    Raises:
        InvalidValue: missing_field, invalid_timestamp.
    """
    if text is None:
        if required:
            raise InvalidValue(ProblemCode.MISSING_FIELD, "at is missing; send about when the call began.")
        return None
    moment = parse_instant(text.replace(" ", "+"))
    # The edges of the calendar leave no room for a time around them.
    if moment is None or not 1970 <= moment.year < 9999:
        detail = "at must be RFC 3339 with an offset, such as 2026-11-23T10:00:00Z, in the years 1970 to 9998."
        raise InvalidValue(ProblemCode.INVALID_TIMESTAMP, detail)
    return moment


def parse_called_number(text: str | None, home_country: str) -> str:
    """Return a called number: E.164 (its + may arrive as a blank), or as it is dialed at home.

    Raises:
        InvalidValue: missing_field, invalid_number.
    """
    if text is None:
        raise InvalidValue(ProblemCode.MISSING_FIELD, "number is missing; send the number that was called.")
    spelled = f"+{text.strip()}" if text[:1] == " " else text
    number = normalize_dialed(spelled, home_country) if len(text) <= MAX_TEXT_CHARACTERS else None
    if number is None or not (is_e164(number) or number.isdigit()):
        detail = "number must be the called phone number, such as %2B442071838750 (the + escaped as %2B), or as it is"
        raise InvalidValue(ProblemCode.INVALID_NUMBER, f"{detail} dialed in {home_country}.")
    return number


def parse_erased_number(body: dict[str, Any]) -> str:
    """Return the number of `{number}`, which must be whole: E.164 with a leading +.

    Raises:
        InvalidValue: missing_field, invalid_number.
    """
    number = body.get("number")
    if number is None:
        raise InvalidValue(ProblemCode.MISSING_FIELD, "number is missing; send the number to erase.")
    if not isinstance(number, str) or not is_e164(number):
        raise InvalidValue(ProblemCode.INVALID_NUMBER, "number must be E.164 with a leading +, such as +442071838750.")
    return number


def parse_within(text: str | None) -> timedelta:
    """Return how far from the stated time to search.

    Raises:
        InvalidValue: invalid_query.
    """
    if text is None:
        return timedelta(minutes=WITHIN_MINUTES)
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_WITHIN_MINUTES):
        detail = f"within must be a whole number of minutes from 1 to {MAX_WITHIN_MINUTES}."
        raise InvalidValue(ProblemCode.INVALID_QUERY, detail)
    return timedelta(minutes=int(text))
