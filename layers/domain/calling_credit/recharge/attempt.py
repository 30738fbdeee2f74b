"""One attempt to recharge, and what attempts count against the limits of a rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

ATTEMPT_HISTORY: Final = timedelta(days=32)
"""Longer than the longest calendar month, 31 days and an hour, because its attempts count toward the monthly limit."""


class AttemptOutcome(StrEnum):
    """The outcome of an attempt so far."""

    CLAIMED = "claimed"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    AUTHENTICATION_REQUIRED = "authentication_required"
    CANCELED = "canceled"


SPENDING: Final = frozenset({AttemptOutcome.CLAIMED, AttemptOutcome.SUCCEEDED})
"""Attempts that count against the limits, from their claim until they fail."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to recharge. `amount_micros` is what the card pays, with tax."""

    attempt: int
    at: str
    amount_micros: int
    fingerprint: str
    outcome: AttemptOutcome = AttemptOutcome.CLAIMED


@dataclass(frozen=True, slots=True)
class InFlight:
    """The attempt under way, and the end of its worker's lease."""

    attempt: int
    topup_id: str
    lease_until: str


def spent_micros(attempts: Iterable[Attempt]) -> int:
    """The sum that counts against a limit."""
    return sum(attempt.amount_micros for attempt in attempts if attempt.outcome in SPENDING)
