"""What saving a rule would charge at once, by the rule's own decision. Changes and charges nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.payment_names import MethodType
from calling_credit.recharge.arming import is_arming
from calling_credit.recharge.attempts import record_claim
from calling_credit.recharge.context import recharge_context
from calling_credit.recharge.decision import BuyCredit, RechargeContext, decide_recharge
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.rule_card import rule_card
from calling_credit.recharge.saving import RuleChange
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.topups.amounts import amounts_view
from calling_credit.topups.topup import Card, TopUp

NOTHING_NOW: Final = {"charges_now": None, "charged_at_once": None}
"""The view of a change that charges nothing."""


def charges_now(change: RuleChange, snapshot: Snapshot, card: Card, recent_topups: Iterable[TopUp]) -> dict[str, Any]:
    """`{charges_now: {amount, tax, total, payment_method: {id, brand, last4}}, charged_at_once}` of the charge that
    this change would cause if a billing admin saved it now; both are None if it would cause none. `charged_at_once`
    adds the credit of the charges that follow at once, because one payment has a maximum.
    """
    rule, state = change.apply(snapshot.recharge, card)
    has_call_since = snapshot.has_call_since or is_arming(snapshot.recharge.rule, rule)
    after = replace(snapshot, recharge=Recharge(rule, state), has_call_since=has_call_since)
    charges = list(_charges(recharge_context(after, rule, recent_topups, change.bounds, change.now, change.tax)))
    if not charges:
        return NOTHING_NOW
    first = charges[0]
    method = first.backup or rule_card(rule)
    shown_card = {"id": method.payment_method_id, "brand": method.brand, "last4": method.last4}
    charge = {**amounts_view(first), "payment_method": shown_card}
    return {"charges_now": charge, "charged_at_once": format_money(sum(each.amount_micros for each in charges))}


def _charges(context: RechargeContext) -> Iterator[BuyCredit]:
    """The charges that follow each other at once, if each succeeds. Each counts toward the limits. After one to a bank
    account, which takes days, none follows at once.
    """
    while isinstance(decision := decide_recharge(context), BuyCredit):
        yield decision
        method = decision.backup or rule_card(context.rule)
        if method.type is MethodType.BANK_ACCOUNT:
            return
        amount = decision.amount_micros
        claimed = record_claim(context.state, "", decision.gross_micros, method.fingerprint, context.now)
        paid = replace(claimed, in_flight=None, not_before=None, accepted_micros=None, accepted_after=None)
        context = replace(context, state=paid, posted_micros=context.posted_micros + amount)
