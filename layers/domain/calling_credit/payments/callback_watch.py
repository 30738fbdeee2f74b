"""Notices that payments happen and Stripe's callbacks do not arrive."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from calling_credit.payments.sweep_store import CLOCKS_DIFFER, HEARD_EVERY

if TYPE_CHECKING:
    from calling_credit.payments.stripe_lists import ListedEvent
    from calling_credit.payments.sweep_state import SweepState

SILENCE: Final = 2 * 3600
"""How many seconds after a payment a callback must have arrived. Stripe sends the first within seconds."""
OUTCOMES: Final = ("payment_intent.succeeded", "payment_intent.payment_failed")


def note_payments(state: "SweepState", heard_at: int, listed: Iterable["ListedEvent"], now: int) -> None:
    """Remember our oldest payment since the last callback. Payments before the first sweep do not count,
    because the times of earlier callbacks are unknown.
    """
    last = _last_heard(state, heard_at, now)
    if state.unheard_since is not None and state.unheard_since <= last:
        state.unheard_since = None
    created = [one.created for one in listed if one.event.kind in OUTCOMES and one.topup_id and one.created > last]
    if created:
        state.unheard_since = min([*created, *([] if state.unheard_since is None else [state.unheard_since])])


def is_silent(state: "SweepState | None", heard_at: int, now: int) -> bool:
    """Whether a payment is two hours old and no callback has arrived since."""
    if state is None or state.unheard_since is None or state.unheard_since <= _last_heard(state, heard_at, now):
        return False
    return now - state.unheard_since >= SILENCE


def _last_heard(state: "SweepState", heard_at: int, now: int) -> int:
    """Until when callbacks certainly arrived: the stored time may be that much older than the last callback. A time in
    the future is wrong and counts as none.
    """
    is_known = 0 < heard_at <= now + CLOCKS_DIFFER
    return max(heard_at + int(HEARD_EVERY.total_seconds()) if is_known else 0, state.started_at)
