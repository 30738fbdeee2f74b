"""What saving a rule would charge at once, by the rule's own decision. Changes and charges nothing."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from calling_credit.money import format_money
from calling_credit.recharge.arming import is_arming
from calling_credit.recharge.context import recharge_context
from calling_credit.recharge.decision import BuyCredit, decide_recharge
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.saving import RuleChange
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.topups.topup import Card, TopUp


def charges_now(
    change: RuleChange, snapshot: Snapshot, card: Card, recent_topups: Iterable[TopUp]
) -> dict[str, Any] | None:
    """`{amount, payment_method: {id, brand, last4}}` of the charge that this change would cause if a billing admin
    saved it now; None if it would cause none.
    """
    rule, state = change.apply(snapshot.recharge, card)
    has_call_since = snapshot.has_call_since or is_arming(snapshot.recharge.rule, rule)
    after = replace(snapshot, recharge=Recharge(rule, state), has_call_since=has_call_since)
    decision = decide_recharge(recharge_context(after, rule, recent_topups, change.bounds, change.now))
    if not isinstance(decision, BuyCredit):
        return None
    shown_card = {"id": rule.payment_method_id, "brand": rule.brand, "last4": rule.last4}
    return {"amount": format_money(decision.amount_micros), "payment_method": shown_card}
