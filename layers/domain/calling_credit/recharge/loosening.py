"""Which changes of the automatic recharge rule loosen it. A frozen account refuses these, and accepts all others."""

from typing import Final

from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule

_NUMBERS: Final = ("threshold_micros", "amount_micros", "hourly_count", "daily_limit_micros", "monthly_limit_micros")

_PAUSES: Final = ("suspended_reason", "own_reason", "not_before")


def rule_loosens(before: tuple[Rule | None, State], after: tuple[Rule, State]) -> bool:
    """Whether a change of rule and state could charge a card sooner, more often, or more, or another card: switching
    on, a higher number, another payment method, a higher accepted charge, or the end of a suspension or a back-off. A
    number counts even while the rule is off, because it would apply once the rule is switched on.
    """
    (old, old_state), (rule, state) = before, after
    if old is None:
        return True
    is_resumed = rule.enabled and any(
        getattr(old_state, name) is not None and getattr(state, name) is None for name in _PAUSES
    )
    is_on = rule.enabled and not old.enabled
    is_raised = any(getattr(rule, name) > getattr(old, name) for name in _NUMBERS)
    is_other_card = rule.payment_method_id != old.payment_method_id
    return is_on or is_raised or is_resumed or is_other_card or _accepts_more(old_state, state)


def _accepts_more(before: State, after: State) -> bool:
    """Whether the first charge may be more than an admin had accepted."""
    if before.accepted_micros is None:
        return False
    return after.accepted_micros is None or after.accepted_micros > before.accepted_micros
