"""Which changes of the automatic recharge rule loosen it. A frozen account refuses these, and accepts all others."""

from typing import Final

from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule

_NUMBERS: Final = ("threshold_micros", "amount_micros", "hourly_count", "daily_limit_micros", "monthly_limit_micros")

_PAUSES: Final = ("suspended_reason", "not_before")


def rule_loosens(before: tuple[Rule | None, State], after: tuple[Rule, State]) -> bool:
    """Whether a change of rule and state could charge a card sooner, more often, or more, or another card: switching
    on, a higher number, another payment method, or the end of a suspension or a back-off. A number counts even while
    the rule is off, because it would apply once the rule is switched on.
    """
    (old, old_state), (rule, state) = before, after
    if old is None:
        return True
    is_resumed = rule.enabled and any(
        getattr(old_state, name) is not None and getattr(state, name) is None for name in _PAUSES
    )
    is_on = rule.enabled and not old.enabled
    is_raised = any(getattr(rule, name) > getattr(old, name) for name in _NUMBERS)
    return is_on or is_raised or is_resumed or rule.payment_method_id != old.payment_method_id
