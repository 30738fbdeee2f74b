"""When something is due about a lot: warnings 7 and 2 days ahead, its expiry, and further tries. Pure."""

from datetime import datetime, timedelta
from typing import Final

from calling_credit.instants import format_instant

WARNING_DAYS: Final = (7, 2)
"""How many days ahead a customer learns that credit expires."""
RETRY: Final = timedelta(hours=1)
"""After this time, the part of a lot that was held is tried again."""
PATIENCE: Final = timedelta(days=7)
"""For how long the part of a lot that was held is tried. Then it stays with the customer."""


def first_step(ends_at: str, granted_at: str) -> str:
    """The first instant at which something is due about a lot that was granted at a time."""
    return next_step(ends_at, datetime.fromisoformat(granted_at))


def next_step(ends_at: str, now: datetime) -> str:
    """The next instant at which something is due before the expiry: the next warning, or the end itself."""
    end = datetime.fromisoformat(ends_at)
    warnings = (end - timedelta(days=days) for days in WARNING_DAYS)
    return format_instant(next((at for at in warnings if at > now), end))


def warning_days(ends_at: str, now: datetime) -> int | None:
    """Which warning is due: the last one whose time has come; None before the first, and after the end."""
    end = datetime.fromisoformat(ends_at)
    if now >= end:
        return None
    due = [days for days in WARNING_DAYS if end - timedelta(days=days) <= now]
    return min(due, default=None)


def expires_from(ends_at: str, grace: timedelta) -> datetime:
    """From when on a lot expires: a grace after its end, so that calls from before the end arrive and use it."""
    return datetime.fromisoformat(ends_at) + grace


def is_given_up(ends_at: str, grace: timedelta, now: datetime) -> bool:
    """Whether the held part is no longer tried."""
    return now >= expires_from(ends_at, grace) + PATIENCE
