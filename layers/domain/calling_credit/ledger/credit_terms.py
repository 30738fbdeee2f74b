"""The terms of credit that an operator gives: its kind, and when it expires. Does not read the table."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import format_instant, parse_date, parse_instant

MAX_LIFETIME: Final = timedelta(days=5 * 366)
"""How far ahead credit may expire."""
LOT_ID_PATTERN: Final = "^(adj|pr)_[0-9a-f]{32}$"
_LAST_MOMENT: Final = time(23, 59, 59, 999_000, UTC)


class CreditKind(StrEnum):
    """Why credit was given."""

    GRANTED = "granted"
    PROMOTIONAL = "promotional"


def parse_kind(body: Mapping[str, Any]) -> CreditKind | None:
    """Parse the optional `kind` of given credit.

    Raises:
        InvalidValue: `invalid_field`.
    """
    value = body.get("kind")
    if value is None:
        return None
    if not isinstance(value, str) or value not in set(CreditKind):
        raise InvalidValue(ProblemCode.INVALID_FIELD, f"kind must be one of {', '.join(CreditKind)}.")
    return CreditKind(value)


def parse_expiry(body: Mapping[str, Any]) -> str | None:
    """Parse the optional `expires_at`: an RFC 3339 time, or a date, whose last moment (UTC) is meant. Return the
    instant in UTC. Whether it is ahead is checked when the credit is given, so that a repeated request stays valid.

    Raises:
        InvalidValue: `invalid_timestamp`.
    """
    value = body.get("expires_at")
    if value is None:
        return None
    moment = _moment(value) if isinstance(value, str) else None
    if moment is None:
        detail = (
            "expires_at must be RFC 3339 with an offset, such as 2027-01-31T12:00:00Z, or a date such as 2027-01-31."
        )
        raise InvalidValue(ProblemCode.INVALID_TIMESTAMP, detail)
    return format_instant(moment)


def parse_lot_id(body: Mapping[str, Any]) -> str | None:
    """Parse the optional `lot_id`: the granted credit from which an adjustment takes back.

    Raises:
        InvalidValue: `invalid_field`.
    """
    value = body.get("lot_id")
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(LOT_ID_PATTERN, value):
        raise InvalidValue(
            ProblemCode.INVALID_FIELD,
            "lot_id must be the id of granted credit, as GET /operator/accounts/{id} shows it.",
        )
    return value


def check_ahead(expires_at: str, now: datetime) -> None:
    """Check that credit given now would expire later, within five years.

    Raises:
        InvalidValue: `invalid_timestamp`.
    """
    if not format_instant(now) < expires_at <= format_instant(now + MAX_LIFETIME):
        raise InvalidValue(ProblemCode.INVALID_TIMESTAMP, "expires_at must be ahead, within five years.")


def _moment(text: str) -> datetime | None:
    if "T" in text.upper():
        return parse_instant(text)
    try:
        return datetime.combine(parse_date(text, "expires_at"), _LAST_MOMENT)
    except InvalidValue:
        return None
