"""When a request repeats the last one of its hold, and how long the call has run."""

from datetime import datetime, timedelta
from typing import Final

from calling_credit.ledger.holds import Hold

RETRY_WINDOW: Final = timedelta(seconds=30)
"""The same request within this time, and within half of the requested seconds, counts as a retry."""


def is_retry(hold: Hold, requested: int, now: datetime) -> bool:
    """Whether a request repeats the last one of its hold."""
    return hold.asked_seconds == requested and now - datetime.fromisoformat(hold.asked_at) < _retry_window(requested)


def elapsed_seconds(hold: Hold, requested: int, now: datetime) -> int:
    """Return the time since the call began; 0 within the retry window, when the request covers the whole call."""
    since = now - datetime.fromisoformat(hold.authorized_at)
    return 0 if since < _retry_window(requested) else since // timedelta(seconds=1)


def _retry_window(requested: int) -> timedelta:
    return min(RETRY_WINDOW, timedelta(seconds=requested) // 2)
