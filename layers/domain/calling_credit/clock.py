"""The one wall clock. Only handlers read it; they pass `now` to all other code. And the time left of an invocation,
and of a caller.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def now() -> datetime:
    """Return the current instant, UTC."""
    return datetime.now(UTC)


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


def seconds_left(context: "LambdaContext", to_spare: float) -> Callable[[], float]:
    """Return a function that returns the seconds until `to_spare` seconds before the timeout of this invocation."""
    return lambda: context.get_remaining_time_in_millis() / 1000 - to_spare


class ReadAt:
    """When this process last read something that it keeps."""

    def __init__(self) -> None:
        self._at = now()

    def is_within(self, lifetime: timedelta) -> bool:
        """Whether less than `lifetime` has passed since; not if the clock went back."""
        return timedelta(0) <= now() - self._at < lifetime


class Patience:
    """How long a caller still waits: a number of seconds from now on, or as long as it takes (None)."""

    def __init__(self, seconds: float | None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds

    @property
    def is_endless(self) -> bool:
        """Whether the caller waits as long as it takes."""
        return self._until is None

    def left(self) -> float | None:
        """Return the seconds left, at least 0; None for no bound."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())
