"""Repeats attempts: with growing waits after throttles, and at once after a race with another writer."""

import random
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final, TypeVar

from calling_credit.errors import ProblemCode, Unavailable

T = TypeVar("T")

MAX_ATTEMPTS: Final = 10
"""Attempts of one change that loses races."""


def backoff(
    max_attempts: int | None = None,
    seconds_left: Callable[[], float] | None = None,
    sleep: Callable[[float], None] | None = None,
) -> Iterator[int]:
    """Yield the number of each attempt (from 1), and wait before each further one.

    Args:
        max_attempts: The most attempts; None for any number.
        seconds_left: The remaining time. Attempts end when it reaches zero; the first is always made.
        sleep: Waits; `time.sleep` by default.
    """
    for attempt in count(1):
        yield attempt
        if attempt == max_attempts or (seconds_left is not None and seconds_left() <= 0):
            return
        wait = jittered_wait(attempt)
        (sleep or time.sleep)(wait if seconds_left is None else min(wait, max(0.0, seconds_left())))


def jittered_wait(attempt: int) -> float:
    """Seconds to wait after attempt number `attempt` (from 1): full jitter, 25 ms doubled up to one second."""
    return random.uniform(0, min(1.0, 0.025 * 2 ** min(attempt, 6)))


def retry_on_race(subject: str, attempt: Callable[[], T | None]) -> T:
    """Repeat `attempt`, which reads, decides, and writes on a condition, until it returns a value. It returns None if
    another change came between its read and its write.

    Raises:
        Unavailable: `busy`, every attempt lost its race.
    """
    for _ in range(MAX_ATTEMPTS):
        result = attempt()
        if result is not None:
            return result
    raise busy(subject)


def busy(subject: str) -> Unavailable:
    """The error after losing every race. `subject` begins its sentence: "The limits are", for example."""
    return Unavailable(ProblemCode.BUSY, f"{subject} being changed at the moment. Try again.")
