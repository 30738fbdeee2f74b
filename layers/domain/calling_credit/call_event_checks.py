"""Checks that the times of a call are possible, and that its duration agrees with them."""

from datetime import datetime, timedelta
from typing import Final

from calling_credit.rejection_codes import Rejection, RejectionCode

MAX_AGE: Final = timedelta(days=90)
MAX_AHEAD: Final = timedelta(days=1)
MAX_ENDED_AHEAD: Final = timedelta(minutes=5)
TOLERANCE: Final = timedelta(seconds=1)
"""How far the times of a call may be out of order, and how far its duration may differ from them."""


def check_times(started: datetime, answered: datetime | None, ended: datetime, now: datetime) -> Rejection | None:
    """Return why the times of a call that costs are refused; None if they are possible."""
    if started > now + MAX_AHEAD:
        return Rejection(
            RejectionCode.STARTED_TOO_FAR_AHEAD,
            "started_at is over 1 day ahead; check the switch's clock and time zone.",
        )
    if started < now - MAX_AGE:
        return Rejection(
            RejectionCode.STARTED_TOO_LONG_AGO, "started_at is over 90 days back; adjust the balance instead."
        )
    if ended > now + MAX_ENDED_AHEAD:
        return Rejection(
            RejectionCode.ENDED_IN_THE_FUTURE,
            "ended_at is over 5 minutes ahead; check the switch's clock and time zone, then send the call again.",
        )
    if ended < started - TOLERANCE:
        return Rejection(
            RejectionCode.ENDED_BEFORE_STARTED, "ended_at is before started_at; check both and send the call again."
        )
    if answered is not None and not started - TOLERANCE <= answered <= ended + TOLERANCE:
        return Rejection(RejectionCode.ENDED_BEFORE_STARTED, "answered_at must be between started_at and ended_at.")
    return None


def check_duration(
    disposition: str, seconds: int, started: datetime, answered: datetime | None, ended: datetime
) -> Rejection | None:
    """Return why the duration of a call that costs is refused; None if it agrees with the times and the disposition."""
    duration = timedelta(seconds=seconds)
    if disposition != "answered":
        return Rejection(RejectionCode.DURATION_MISMATCH, "duration_seconds must be 0 unless disposition is answered.")
    if answered is None:
        if duration <= max(ended - started, timedelta()) + TOLERANCE:
            return None
        detail = "duration_seconds must be at most ended_at - started_at."
    elif abs(max(ended - answered, timedelta()) - duration) <= TOLERANCE:
        return None
    else:
        detail = "duration_seconds must be within 1 second of ended_at - answered_at."
    return Rejection(RejectionCode.DURATION_MISMATCH, detail)
