"""The charge that a billing admin accepts when arming the rule: the first charge after it is at most that, else none is
made and the rule is suspended until another arming.
"""

from dataclasses import replace

from calling_credit.recharge.attempts import ENDED_BY_ARMING, State, SuspensionReason, end_own


def arm(state: State, accepted_micros: int | None) -> State:
    """Apply an admin's arming of the rule, and the charge that the admin accepted with it, if any."""
    if state.own_reason in ENDED_BY_ARMING:
        state = end_own(state)
    return accept_charge(state, accepted_micros)


def accept_charge(state: State, accepted_micros: int | None) -> State:
    """Limit the first charge from now on to this amount; None: do not limit it."""
    after = None if accepted_micros is None else state.attempt
    return replace(state, accepted_micros=accepted_micros, accepted_after=after)


def exceeds_accepted(state: State, amount_micros: int) -> bool:
    """Whether a first charge would be more than the admin accepted."""
    return state.accepted_micros is not None and amount_micros > state.accepted_micros


def suspend_for_changed_charge(state: State) -> State:
    """The first charge would be more than the admin accepted, so none is made until the rule is armed again."""
    return replace(
        state, suspended_reason=SuspensionReason.CHARGE_CHANGED, not_before=None, stopped=None, next_attempt_at=None
    )
