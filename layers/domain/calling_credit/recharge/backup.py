"""The backup card of an account: tried once after a soft decline of the rule's card, as an attempt of its own.

A soft decline sets `backup_due` in the transaction that ends the payment, and the next attempt, with either card,
clears it in the transaction that claims it. So a recharge is tried with the backup card at most once. All limits apply
to that attempt. After any end, the rule continues with its own card: a payment ends the wait after the decline, but
not the count of declines in a row, and any other end leaves the wait as it was.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from calling_credit.recharge import attempts
from calling_credit.recharge.attempts import AttemptOutcome, State
from calling_credit.topups.declines import Decline, DeclineKind, FailureCode
from calling_credit.topups.topup import Card, TopUp

BACKUP: Final = "backup_card"
"""The attribute of the `ACCOUNT` item that names the card."""
_BACKING_OFF: Final = "backing_off"


def backup_from_item(account: Mapping[str, Any]) -> Card | None:
    """The backup card of an `ACCOUNT` item in plain values; None without one."""
    stored = account.get(BACKUP)
    return None if stored is None else Card(**stored)


def backup_to_item(card: Card) -> dict[str, str]:
    """A backup card as the `ACCOUNT` item has it."""
    return {
        "payment_method_id": card.payment_method_id,
        "brand": card.brand,
        "last4": card.last4,
        "fingerprint": card.fingerprint,
    }


def due_backup(
    state: State, payment_method_id: str, fingerprint: str, backup: Card | None, now: datetime
) -> Card | None:
    """The backup card if the next attempt uses it; None if it uses the rule's, of this payment method and number."""
    if backup is None or not state.backup_due or not state.is_backing_off(now):
        return None
    is_same = backup.payment_method_id == payment_method_id or backup.fingerprint == fingerprint
    return None if is_same else backup


def record_payment(state: State, topup: TopUp) -> State:
    """A top-up succeeded. The backup card shows nothing about the rule's card."""
    if not topup.is_backup:
        return attempts.record_payment(state, topup)
    ended = attempts.end_attempt(state, topup, AttemptOutcome.SUCCEEDED)
    return attempts.wake(replace(attempts.forget_accepted(ended, topup), not_before=None))


def record_decline(state: State, topup: TopUp, decline: Decline, now: datetime, *, has_backup: bool) -> State:
    """The bank declined a recharge. `has_backup`: the account has a backup card."""
    if topup.is_backup and decline.code != FailureCode.PAYMENT_LOST:
        return _wait_on(attempts.end_attempt(state, topup, AttemptOutcome.DECLINED), now)
    after = attempts.record_decline(state, topup, decline, now)
    allows = has_backup and decline.kind is DeclineKind.SOFT and after.suspended_reason is None
    return replace(attempts.wake(after), backup_due=True) if allows and after.is_backing_off(now) else after


def record_cancellation(state: State, topup: TopUp, now: datetime, stop: tuple[str, str | None] | None = None) -> State:
    """A recharge ended without a decline. `stop`: why its card must not be tried, and until when."""
    if topup.is_backup:
        return _wait_on(attempts.record_cancellation(state, topup), now)
    return attempts.record_cancellation(state, topup, stop)


def _wait_on(state: State, now: datetime) -> State:
    """Continue the wait after the decline of the rule's card."""
    if state.suspended_reason is not None or not state.is_backing_off(now):
        return state
    return attempts.record_stop(state, _BACKING_OFF, state.not_before)
