"""Gathers what a decision of automatic recharge depends on."""

from collections.abc import Iterable
from datetime import datetime

from calling_credit.money import Bounds
from calling_credit.recharge.decision import RechargeContext, Rule
from calling_credit.recharge.rule_tax import tax_of_rule
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.tax.calculation import NO_TAX, Taxation
from calling_credit.topups.topup import TopUp


def recharge_context(
    snapshot: Snapshot,
    rule: Rule,
    recent_topups: Iterable[TopUp],
    bounds: Bounds,
    now: datetime,
    tax: Taxation = NO_TAX,
) -> RechargeContext:
    """The context of a rule: its account, which is taxed like this, and the other payments that are under way."""
    state = snapshot.recharge.state
    own = state.in_flight.topup_id if state.in_flight else None
    others = [topup for topup in recent_topups if topup.topup_id != own]
    pending = sum(topup.amount_micros for topup in others if topup.is_on_its_way(now))
    return RechargeContext(
        rule=rule,
        state=state,
        posted_micros=snapshot.posted_micros,
        pending_micros=pending,
        is_closed=snapshot.is_closed,
        time_zone=snapshot.time_zone,
        maximum_micros=bounds.maximum_micros,
        now=now,
        is_frozen=snapshot.is_frozen,
        has_call_since=snapshot.has_call_since,
        backup=snapshot.backup,
        tax=tax_of_rule(tax, state, now),
    )
