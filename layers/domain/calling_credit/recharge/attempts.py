"""The state of an account's automatic recharge, and the state after each event.

Three declines in a row, an unusable card, or a bank that asks for the absent customer suspend the rule. After the first
decline it waits an hour, after the second a day. The reason of a suspension decides what ends it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from calling_credit.instants import format_instant
from calling_credit.recharge.attempt import ATTEMPT_HISTORY, SPENDING, Attempt, AttemptOutcome, InFlight, spent_micros
from calling_credit.recharge.suspension_reasons import ENDED_BY_ARMING, SOFT, SuspensionReason
from calling_credit.recharge.switched_off import SwitchedOff
from calling_credit.topups.declines import Decline, FailureCode
from calling_credit.topups.topup import LEASE, Card, TopUp, TopUpKind

__all__ = [
    "ENDED_BY_ARMING",
    "SOFT",
    "SPENDING",
    "Attempt",
    "AttemptOutcome",
    "InFlight",
    "SuspensionReason",
    "spent_micros",
]

BACK_OFF: Final = (timedelta(hours=1), timedelta(hours=24))
"""The wait after the first and the second decline in a row; the third suspends."""


@dataclass(frozen=True, slots=True)
class State:
    """The state beside a rule. `version` grows with each change; `attempt` never decreases. `stopped` is the code of
    the reason to stop, and `next_attempt_at` the time of the next attempt. The failed card is known by its number and
    by its payment method, because a bank may renew the number. `expiry_announced` names the last notice of expiry.
    `accepted_micros`: the first charge of an attempt after number `accepted_after` is at most this. `suspended_by`
    names the payments whose reversal or warning suspended the rule; while it names one, nothing here ends the
    suspension, and `suspended_before` is the rule's own reason (see `suspensions`). `backup_due`: the next attempt may
    use the backup card (see `backup`). Charges are taxed from `tax_from` on (see `rule_tax`); `tax_percent` is the rate
    that was announced with it, empty if unknown, and None unless it was announced.
    """

    version: int = 0
    attempt: int = 0
    in_flight: InFlight | None = None
    failures: int = 0
    not_before: str | None = None
    suspended_reason: str | None = None
    failed_fingerprint: str | None = None
    failed_payment_method: str | None = None
    stopped: str | None = None
    next_attempt_at: str | None = None
    recent: tuple[Attempt, ...] = ()
    expiry_announced: str | None = None
    accepted_micros: int | None = None
    accepted_after: int | None = None
    suspended_by: frozenset[str] = frozenset()
    suspended_before: str | None = None
    switched_off: SwitchedOff | None = None
    backup_due: bool = False
    tax_from: str | None = None
    tax_percent: str | None = None

    @property
    def own_reason(self) -> str | None:
        """Why the rule is suspended, apart from reversals and warnings."""
        return self.suspended_before if self.suspended_by else self.suspended_reason

    def has_failed_with(self, card: Card) -> bool:
        """Whether this is the failed card, also under a renewed number."""
        return card.fingerprint == self.failed_fingerprint or card.payment_method_id == self.failed_payment_method

    def is_backing_off(self, now: datetime) -> bool:
        """Whether the wait after a decline continues."""
        return self.not_before is not None and self.not_before > format_instant(now)


def record_claim(state: State, topup_id: str, gross_micros: int, fingerprint: str, now: datetime) -> State:
    """Start an attempt, in which a card pays `gross_micros`."""
    attempt = state.attempt + 1
    claimed = Attempt(attempt, format_instant(now), gross_micros, fingerprint)
    oldest = format_instant(now - ATTEMPT_HISTORY)
    return replace(
        state,
        attempt=attempt,
        in_flight=InFlight(attempt, topup_id, format_instant(now + LEASE)),
        stopped=None,
        next_attempt_at=None,
        recent=(*(past for past in state.recent if past.at >= oldest), claimed),
        backup_due=False,
    )


def record_stop(state: State, code: str, until: str | None) -> State:
    """Stop until the given time, or until a change."""
    return replace(state, stopped=code, next_attempt_at=until, backup_due=False)


def wake(state: State) -> State:
    """End a stop, so that the rule is decided again."""
    return replace(state, stopped=None, next_attempt_at=None)


def record_payment(state: State, topup: TopUp) -> State:
    """A top-up of either kind succeeded. It ends its attempt, or shows that the customer can pay."""
    if topup.kind == TopUpKind.AUTOMATIC:
        state = replace(end_attempt(state, topup, AttemptOutcome.SUCCEEDED), failures=0, not_before=None)
        state = forget_accepted(state, topup)
        if state.own_reason is not None and state.has_failed_with(topup.card):
            state = _lift(state)
        return wake(state)
    if state.own_reason is None or state.own_reason in SOFT:
        return _lift(state)
    return _lift(state) if state.has_failed_with(topup.card) else state


def forget_accepted(state: State, topup: TopUp) -> State:
    """The first charge since the admin accepted one: no limit applies to the next."""
    if state.accepted_after is None or topup.attempt <= state.accepted_after:
        return state
    return replace(state, accepted_micros=None, accepted_after=None)


def record_decline(state: State, topup: TopUp, decline: Decline, now: datetime) -> State:
    """The bank declined: wait, or suspend. A payment that waited for the customer and was then declined no longer waits
    for them.
    """
    if decline.code == FailureCode.PAYMENT_LOST:
        return _lose_payment(state, topup)
    ended = end_attempt(state, topup, AttemptOutcome.DECLINED)
    waited = state.suspended_reason == SuspensionReason.AUTHENTICATION and state.has_failed_with(topup.card)
    if ended.suspended_reason is not None and not waited:
        return ended
    failures = state.failures + 1
    ended = replace(_blame(ended, topup.card), failures=failures, suspended_reason=None)
    if decline.code == FailureCode.CARD_REMOVED:
        return remove_card(ended)
    if decline.is_hard:
        return _suspend(ended, SuspensionReason.UNUSABLE)
    if failures > len(BACK_OFF):
        return _suspend(ended, SuspensionReason.REPEATEDLY)
    until = format_instant(now + BACK_OFF[failures - 1])
    return replace(ended, not_before=until, stopped="backing_off", next_attempt_at=until)


def await_customer(state: State, topup: TopUp) -> State:
    """The bank wants the customer, who is not there: suspended until they confirm this payment or give another card."""
    ended = end_attempt(state, topup, AttemptOutcome.AUTHENTICATION_REQUIRED)
    return _suspend(_blame(ended, topup.card), SuspensionReason.AUTHENTICATION)


def record_cancellation(state: State, topup: TopUp, stop: tuple[str, str | None] | None = None) -> State:
    """The attempt ended without a decline. It no longer counts against the limits. `stop`: the code of the reason why
    its card must not be tried, and until when.
    """
    ended = end_attempt(state, topup, AttemptOutcome.CANCELED)
    return ended if stop is None or ended.suspended_reason is not None else record_stop(ended, *stop)


def release_attempt(state: State, topup: TopUp) -> State:
    """Stop waiting for an attempt that an operator must check. It still counts against the limits."""
    return end_attempt(state, topup, AttemptOutcome.CLAIMED)


def _lose_payment(state: State, topup: TopUp) -> State:
    """Stripe no longer knows an attempt that may have been charged. It counts against the limits, and nothing is
    charged again before a person acts.
    """
    ended = release_attempt(state, topup)
    return ended if ended.own_reason is not None else _suspend(ended, SuspensionReason.LOST)


def remove_card(state: State) -> State:
    """The rule's card was removed. An existing suspension continues, or removing a declined card and adding it again
    would end it.
    """
    if state.own_reason is not None:
        return state
    return _suspend(replace(state, failed_fingerprint=None, failed_payment_method=None), SuspensionReason.REMOVED)


def assign_card(state: State, fingerprint: str, *, is_new: bool) -> State:
    """Apply the rule's card. Another card number ends a suspension; the same number, added again, does not."""
    if state.own_reason == SuspensionReason.REMOVED:
        return _lift(state) if is_new else state
    return _lift(state) if fingerprint != (state.failed_fingerprint or fingerprint) else state


def switch_on(state: State) -> State:
    """Apply an admin's switching the rule on again."""
    return _lift(state) if state.own_reason in SOFT else state


def end_attempt(state: State, topup: TopUp, outcome: AttemptOutcome) -> State:
    """End an attempt: it is no longer in flight."""
    recent = tuple(
        replace(attempt, outcome=outcome) if attempt.attempt == topup.attempt else attempt for attempt in state.recent
    )
    in_flight = None if state.in_flight and state.in_flight.attempt == topup.attempt else state.in_flight
    return replace(state, recent=recent, in_flight=in_flight)


def _blame(state: State, card: Card) -> State:
    return replace(state, failed_fingerprint=card.fingerprint, failed_payment_method=card.payment_method_id)


def _suspend(state: State, reason: str) -> State:
    if state.suspended_by:
        return replace(state, suspended_before=reason)
    return replace(
        state, suspended_reason=reason, not_before=None, stopped=None, next_attempt_at=None, backup_due=False
    )


def end_own(state: State) -> State:
    """End the suspension for the rule's own reason; one by a reversal continues."""
    return replace(state, suspended_before=None) if state.suspended_by else replace(state, suspended_reason=None)


def _lift(state: State) -> State:
    """End the suspension for the rule's own reason, and a wait after declines."""
    return replace(
        end_own(state),
        failed_fingerprint=None,
        failed_payment_method=None,
        failures=0,
        not_before=None,
        stopped=None,
        next_attempt_at=None,
        backup_due=False,
    )
