"""What an account's automatic recharge remembers of its attempts, and what each outcome makes of that. Pure: the state
before, the state after.

Three declines in a row, a card that will never be accepted, and a bank that wants the absent customer suspend it; a
declined attempt waits an hour, a second one a day. What ends a suspension depends on what began it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from calling_credit.instants import format_instant
from calling_credit.topups.declines import CARD_REMOVED, Decline
from calling_credit.topups.topup import LEASE, TopUp

BACK_OFF: Final = (timedelta(hours=1), timedelta(hours=24))
"""The wait after the first and the second decline in a row; the third suspends."""
REMEMBERED: Final = timedelta(days=32)
"""More than the longest calendar month, which is 31 days and the hour by which clocks are put back in October: the
monthly cap is counted from what is remembered.
"""


class SuspensionReason(StrEnum):
    """Why a rule charges only after the customer has done something."""

    AUTHENTICATION = "authentication_required"
    REPEATEDLY = "declined_repeatedly"
    UNUSABLE = "card_unusable"
    REMOVED = "card_removed"


SOFT: Final = frozenset({SuspensionReason.REPEATEDLY})
"""Suspensions that any paid manual top-up or switching the rule on again ends."""

Outcome = Literal["claimed", "succeeded", "declined", "authentication_required", "canceled"]
SPENT: Final = frozenset({"claimed", "succeeded"})
"""Attempts that count against the caps: counted when they are claimed, given back when they fail."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One recharge that was begun."""

    attempt: int
    at: str
    amount_micros: int
    fingerprint: str
    outcome: Outcome = "claimed"


@dataclass(frozen=True, slots=True)
class InFlight:
    """The one recharge that is under way, and how long its worker is left alone with it."""

    attempt: int
    topup_id: str
    lease_until: str


@dataclass(frozen=True, slots=True)
class State:
    """Everything automatic recharge remembers. `version` grows with each change; `attempt` never decreases. `stopped`
    is the code of a cap that was reached, and `next_attempt_at` when to look again.
    """

    version: int = 0
    attempt: int = 0
    in_flight: InFlight | None = None
    failures: int = 0
    not_before: str | None = None
    suspended_reason: str | None = None
    failed_fingerprint: str | None = None
    stopped: str | None = None
    next_attempt_at: str | None = None
    recent: tuple[Attempt, ...] = ()

    def is_backing_off(self, now: datetime) -> bool:
        """Whether a declined attempt still forbids the next."""
        return self.not_before is not None and self.not_before > format_instant(now)


def claimed(state: State, topup_id: str, amount_micros: int, fingerprint: str, now: datetime) -> State:
    """A recharge begins."""
    attempt = state.attempt + 1
    begun = Attempt(attempt, format_instant(now), amount_micros, fingerprint)
    oldest = format_instant(now - REMEMBERED)
    return replace(
        state,
        attempt=attempt,
        in_flight=InFlight(attempt, topup_id, format_instant(now + LEASE)),
        stopped=None,
        next_attempt_at=None,
        recent=(*(kept for kept in state.recent if kept.at >= oldest), begun),
    )


def stopped(state: State, code: str, until: str | None) -> State:
    """A reason to stop holds until a certain time, or until somebody changes something."""
    return replace(state, stopped=code, next_attempt_at=until)


def awake(state: State) -> State:
    """A wait is over, or somebody changed what it was for: decide again."""
    return replace(state, stopped=None, next_attempt_at=None)


def paid(state: State, topup: TopUp) -> State:
    """A payment of either kind succeeded: an attempt is over, or the customer has shown that they can pay."""
    if topup.kind == "automatic":
        state = replace(_ended(state, topup, "succeeded"), failures=0, not_before=None)
        if state.suspended_reason is not None and topup.card.fingerprint == state.failed_fingerprint:
            state = _lifted(state)
        return awake(state)
    if state.suspended_reason is None or state.suspended_reason in SOFT:
        return _lifted(state)
    return _lifted(state) if topup.card.fingerprint == state.failed_fingerprint else state


def declined(state: State, topup: TopUp, decline: Decline, now: datetime) -> State:
    """The bank said no: wait, or suspend. A payment that waited for the customer and was declined when they came waits
    for them no more.
    """
    ended = _ended(state, topup, "declined")
    waited = (
        state.suspended_reason == SuspensionReason.AUTHENTICATION and state.failed_fingerprint == topup.card.fingerprint
    )
    if ended.suspended_reason is not None and not waited:
        return ended
    failures = state.failures + 1
    ended = replace(ended, failures=failures, failed_fingerprint=topup.card.fingerprint, suspended_reason=None)
    if decline.code == CARD_REMOVED:
        return card_removed(ended)
    if decline.is_hard:
        return _suspended(ended, SuspensionReason.UNUSABLE)
    if failures > len(BACK_OFF):
        return _suspended(ended, SuspensionReason.REPEATEDLY)
    until = format_instant(now + BACK_OFF[failures - 1])
    return replace(ended, not_before=until, stopped="backing_off", next_attempt_at=until)


def awaiting_customer(state: State, topup: TopUp) -> State:
    """The bank wants the customer, who is not there: suspended until they confirm this payment or give another card."""
    ended = _ended(state, topup, "authentication_required")
    return _suspended(replace(ended, failed_fingerprint=topup.card.fingerprint), SuspensionReason.AUTHENTICATION)


def canceled(state: State, topup: TopUp) -> State:
    """The attempt came to nothing without a decline; what it counted is given back."""
    return _ended(state, topup, "canceled")


def set_aside(state: State, topup: TopUp) -> State:
    """An operator has to look at the attempt; it goes on counting, and the next one need not wait for it."""
    return _ended(state, topup, "claimed")


def card_removed(state: State) -> State:
    """The rule's card is gone, and no payment brings it back. A suspension that stands already goes on: else removing a
    card that is refused, and adding it again, would end it.
    """
    return (
        state
        if state.suspended_reason is not None
        else _suspended(replace(state, failed_fingerprint=None), SuspensionReason.REMOVED)
    )


def given_card(state: State, fingerprint: str, *, is_new: bool) -> State:
    """The rule is kept with this card. Another number starts afresh; the same one, attached again, does not."""
    if state.suspended_reason == SuspensionReason.REMOVED:
        return _lifted(state) if is_new else state
    return _lifted(state) if fingerprint != (state.failed_fingerprint or fingerprint) else state


def switched_on(state: State) -> State:
    """The admin switches the rule on again."""
    return _lifted(state) if state.suspended_reason in SOFT else state


def _ended(state: State, topup: TopUp, outcome: Outcome) -> State:
    recent = tuple(
        replace(attempt, outcome=outcome) if attempt.attempt == topup.attempt else attempt for attempt in state.recent
    )
    in_flight = None if state.in_flight and state.in_flight.attempt == topup.attempt else state.in_flight
    return replace(state, recent=recent, in_flight=in_flight)


def _suspended(state: State, reason: str) -> State:
    return replace(state, suspended_reason=reason, not_before=None, stopped=None, next_attempt_at=None)


def _lifted(state: State) -> State:
    return replace(
        state,
        suspended_reason=None,
        failed_fingerprint=None,
        failures=0,
        not_before=None,
        stopped=None,
        next_attempt_at=None,
    )


def spent_micros(attempts: Iterable[Attempt]) -> int:
    """What attempts count against a cap."""
    return sum(attempt.amount_micros for attempt in attempts if attempt.outcome in SPENT)
