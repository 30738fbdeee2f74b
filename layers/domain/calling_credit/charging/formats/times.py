"""Reads the times of records, and makes those of one call agree with its duration.

A time with an offset, or since 1970, is an instant. A time without an offset stays as it is: only the reader of the
event knows its zone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from calling_credit.charging.formats.fields import FieldError
from calling_credit.instants import format_instant
from calling_credit.rejection_codes import RejectionCode

MAX_DRIFT: Final = timedelta(seconds=5)
"""How far the end of a call may differ from its answer plus its duration and still be the same end. A source measures
its duration and its times separately, or truncates each of them to seconds."""
CLOCK_CHANGES: Final = (
    timedelta(),
    timedelta(hours=1),
    timedelta(hours=-1),
    timedelta(minutes=30),
    -timedelta(minutes=30),
)
"""How much longer a call seems by local clocks than it was."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND: Final = 253_402_300_799
_NUMBER: Final = re.compile(r"[0-9]{1,18}(?:[.,][0-9]{0,9})?")
_CLOCK: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,9}))?"
    r" ?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_RFC_2822: Final = re.compile(
    r"(?:[A-Za-z]{3,9}, *)?([0-9]{1,2}) +([A-Za-z]{3})[a-z]* +([0-9]{4}) +([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r" +([+-][0-9]{4}|GMT|UTC|UT|Z)"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class CallTimes:
    """When a call began, was answered, and ended, as far as its record tells. All with a zone, or all without."""

    started: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None

    def are_comparable(self) -> bool:
        """Return whether all times have a zone, or none of them."""
        given = [time for time in (self.started, self.answered, self.ended) if time is not None]
        return len({time.tzinfo is None for time in given}) < 2

    def completed(self, seconds: int) -> "CallTimes":
        """Return the times of an answered call of this duration, with each that follows from the others.

        If the source's end is within 5 seconds of answer plus duration, the end is answer plus duration, also if the
        local clock was changed during the call. Otherwise the source's end stays, because the record contradicts
        itself.
        """
        talk = timedelta(seconds=seconds)
        started, answered, ended = self.started, self.answered, self.ended
        try:
            if answered is None and ended is not None:
                answered = ended - talk
            if answered is None:
                return self
            if started is None or started > answered:
                started, answered = _in_order(started, answered)
            return CallTimes(started, answered, _end(answered, ended, talk))
        except OverflowError:
            return self


def _in_order(started: datetime | None, answered: datetime) -> tuple[datetime, datetime]:
    """Return start and answer. A start that is a little after the answer is the answer, too."""
    if started is None:
        return answered, answered
    return (started, started) if started - answered <= MAX_DRIFT else (started, answered)


def _end(answered: datetime, ended: datetime | None, talk: timedelta) -> datetime:
    if ended is None:
        return answered + talk
    drift = ended - answered - talk
    for change in CLOCK_CHANGES:
        if abs(drift - change) <= MAX_DRIFT:
            return answered + talk + change
    return ended


def time_text(time: datetime) -> str:
    """Return a time as events state it: RFC 3339 in UTC, or `2026-11-23 10:00:00` if it has no zone."""
    if time.tzinfo is not None:
        return format_instant(time)
    return time.isoformat(sep=" ", timespec="milliseconds" if time.microsecond else "seconds")


def epoch_time(text: str, field: str, per_second: int = 1) -> datetime | None:
    """Return the instant of a count since 1970; None if it is empty or 0, which means "never".

    Raises:
        FieldError: `invalid_timestamp`.
    """
    if not text:
        return None
    if _NUMBER.fullmatch(text) is not None:
        milliseconds = int(Decimal(text.replace(",", ".")) * 1000 // per_second)
        if milliseconds <= _LAST_SECOND * 1000:
            return _EPOCH + timedelta(milliseconds=milliseconds) if milliseconds else None
    raise _invalid(field, "seconds since 1970" if per_second == 1 else "a count since 1970")


def clock_time(text: str, field: str) -> datetime | None:
    """Return a time such as `2026-11-23 10:00:00` or `2026-11-23T10:00:00.123Z`; None if it is empty.

    Raises:
        FieldError: `invalid_timestamp`.
    """
    if not text:
        return None
    parts = _CLOCK.fullmatch(text)
    if parts is not None:
        day, clock, fraction, offset = parts.groups()
        zone = (offset or "").upper().replace("Z", "+00:00")
        try:
            return datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:3]:0<3}{zone}")
        except ValueError:
            pass
    raise _invalid(field, "a time such as 2026-11-23 10:00:00")


def any_time(text: str, field: str) -> datetime | None:
    """Return a time that is either seconds since 1970 or a date and a clock; None if it is empty or 0.

    Raises:
        FieldError: `invalid_timestamp`.
    """
    return epoch_time(text, field) if _NUMBER.fullmatch(text) is not None else clock_time(text, field)


def mail_time(text: str, field: str) -> datetime | None:
    """Return a time of RFC 2822, such as `Mon, 23 Nov 2026 10:00:00 +0000`, or of RFC 3339; None if it is empty.

    Raises:
        FieldError: `invalid_timestamp`.
    """
    parts = _RFC_2822.fullmatch(text)
    if parts is None:
        return clock_time(text, field)
    day, month, year, hour, minute, second, offset = parts.groups()
    try:
        number = _MONTHS.index(month.lower()) + 1
        return datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=_zone(offset))
    except ValueError:
        raise _invalid(field, "a time of RFC 2822") from None


def _zone(offset: str) -> timezone:
    if offset[0] not in "+-":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[3:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _invalid(field: str, form: str) -> FieldError:
    return FieldError(RejectionCode.INVALID_TIMESTAMP, f"{field} must be {form}; correct the record and send it again.")
