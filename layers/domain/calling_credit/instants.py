"""Instants as RFC 3339 UTC text with milliseconds, and their calendar dates. Reads no clock."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from calling_credit.errors import InvalidValue, ProblemCode

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

_MACHINE_ZONES = frozenset({"localtime", "posixrules", "Factory", "posix", "right"})
"""Files among the time zones of some machines. Other machines lack them or define them differently."""


def parse_instant(text: str) -> datetime | None:
    """Parse an RFC 3339 timestamp with an offset as UTC, truncated to milliseconds; None if it is not one."""
    if _RFC3339.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    rest = moment.microsecond % 1000
    return moment.replace(microsecond=moment.microsecond - rest) if rest else moment


def format_instant(moment: datetime) -> str:
    """Format an aware datetime as `2026-11-23T10:00:00.000Z`; text in this form sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def canonical_instant(text: str, moment: datetime) -> str:
    """Return the form that `format_instant` gives to a moment which `parse_instant` read from this text."""
    is_canonical = len(text) == len("2026-11-23T10:00:00.000Z") and text[10] == "T" and text[-1] == "Z"
    return text if is_canonical else format_instant(moment)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the IANA time zone of that name.

    Raises:
        InvalidValue: `invalid_time_zone`.
    """
    try:
        if name.split("/", maxsplit=1)[0] not in _MACHINE_ZONES:
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    raise InvalidValue(ProblemCode.INVALID_TIME_ZONE, 'time_zone must be an IANA name such as "America/New_York".')


def local_date(moment: datetime, time_zone: str) -> str:
    """Return the calendar date (`YYYY-MM-DD`) of an instant in a time zone."""
    return moment.astimezone(zone(time_zone)).date().isoformat()


def local_month(moment: datetime, time_zone: str) -> str:
    """Return the calendar month (`YYYY-MM`) of an instant in a time zone."""
    return local_date(moment, time_zone)[:7]


def parse_date(text: str, field: str) -> date:
    """Parse `YYYY-MM-DD`.

    Raises:
        InvalidValue: `invalid_date`.
    """
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidValue(ProblemCode.INVALID_DATE, f"{field} must be a calendar date such as 2026-11-23.")


def widened_utc_window(first: date, last: date) -> tuple[str, str]:
    """Return UTC instants that contain every moment of the local dates `first`..`last` in any time zone.

    Local time is at most 12 hours behind and 14 hours ahead of UTC, so one day on either side is enough. The window
    ends at the years 0001 and 9999.
    """
    day = timedelta(days=1)
    start = first - day if first > date.min + day else first
    end = last + 2 * day if last < date.max - 2 * day else last
    return f"{start.isoformat()}T00:00:00.000Z", f"{end.isoformat()}T00:00:00.000Z"


MAX_PERIOD_DAYS: Final = 3660


@dataclass(frozen=True, slots=True)
class Period:
    """Local calendar dates, both inclusive."""

    first: date
    last: date

    def holds(self, local_date: str) -> bool:
        """Return whether the local date belongs to the period."""
        return self.first.isoformat() <= local_date <= self.last.isoformat()


def read_period(from_text: str | None, to_text: str | None, today: str) -> Period:
    """Return the requested period. Without bounds, it is the month of `today` (in the account's zone) up to `today`.

    Raises:
        InvalidValue: invalid_date, invalid_date_range (reversed, or over ten years).
    """
    last = parse_date(to_text, "to") if to_text is not None else parse_date(today, "to")
    first = parse_date(from_text, "from") if from_text is not None else last.replace(day=1)
    if from_text is not None and to_text is None:
        last = max(first, last)
    if first > last:
        raise InvalidValue(ProblemCode.INVALID_DATE_RANGE, "from must not be after to; swap them.")
    if last - first > timedelta(days=MAX_PERIOD_DAYS):
        raise InvalidValue(
            ProblemCode.INVALID_DATE_RANGE, f"A period can have at most {MAX_PERIOD_DAYS} days; request it in parts."
        )
    return Period(first, last)
