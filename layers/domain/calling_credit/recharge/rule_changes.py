"""The recorded changes of a rule: its settings, its card, and its suspension. What a rule merely waits for, and its
attempts, are no changes. Does not read the table.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action, difference
from calling_credit.money import format_money
from calling_credit.recharge.attempts import State, SuspensionReason
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.suspensions import cause_of, parse_causes, strongest_reason
from calling_credit.topups.topup import TopUp

SUBJECT: Final = "auto_recharge"
_OF_SUSPENSION: Final = frozenset({"suspended", "suspended_by"})


def rule_facts(rule: Rule | None, state: State) -> dict[str, Any]:
    """What of a rule is recorded, in the form of the API. `suspended_by` are the payments whose reversal or warning
    suspended it, each as `<reason>:<top-up id>`; `switched_off` is the operator's reason.
    """
    if rule is None:
        return {}
    return {
        "enabled": rule.enabled,
        "threshold": format_money(rule.threshold_micros),
        "amount": format_money(rule.amount_micros),
        "payment_method": card_facts(rule.payment_method_id, rule.brand, rule.last4),
        "hourly_count": rule.hourly_count,
        "daily_limit": format_money(rule.daily_limit_micros),
        "monthly_limit": format_money(rule.monthly_limit_micros),
        "switched_off": state.switched_off.reason if state.switched_off else None,
        "suspended": state.suspended_reason,
        "suspended_by": sorted(f"{cause.reason}:{cause.topup_id}" for cause in parse_causes(state.suspended_by)),
    }


def card_facts(payment_method_id: str, brand: str, last4: str) -> dict[str, str]:
    """A card as changes show it."""
    return {"id": payment_method_id, "brand": brand, "last4": last4}


def record_actions(
    table_name: str, account_id: str, before: Recharge, after: tuple[Rule, State], actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    """The action that records a change of rule and state in the transaction that writes it; none if nothing that is
    recorded differs. Its id is the version of the state, which every such transaction moves.
    """
    change = _change(before, after, f"rule-{before.state.version + 1:06d}")
    return [change_action(table_name, account_id, change, actor, now)] if change else []


def suspension_actions(
    table_name: str, topup: TopUp, reasons: Iterable[SuspensionReason], before: Recharge, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    """The action that records a suspension by a reversal or a warning; none if the rule, which was read before, is
    suspended for the same payment and reasons already.
    """
    rule, state = before.rule, before.state
    if rule is None:
        return []
    causes = state.suspended_by | {str(cause_of(topup, reason)) for reason in reasons}
    reason = strongest_reason(state.suspended_reason, causes)
    suspended = replace(state, suspended_by=frozenset(causes), suspended_reason=reason)
    change = _change(before, (rule, suspended), f"suspended-{'-'.join((topup.topup_id, *sorted(reasons)))}")
    return [change_action(table_name, topup.account_id, change, actor, now)] if change else []


def _change(before: Recharge, after: tuple[Rule, State], change_id: str) -> Change | None:
    old, new = difference(rule_facts(before.rule, before.state), rule_facts(*after))
    if not new:
        return None
    action = ChangeAction.RULE_CHANGED
    if set(new) <= _OF_SUSPENSION:
        action = ChangeAction.RULE_RESUMED if after[1].suspended_reason is None else ChangeAction.RULE_SUSPENDED
    return Change(action, SUBJECT, change_id, old, new)
