"""One check of an account's automatic recharge: read, decide, then charge, resume, or stop. The table's stream and the
sweeper start it.
"""

from dataclasses import replace
from datetime import datetime

from calling_credit.money import Bounds
from calling_credit.payment_names import MethodType
from calling_credit.payments.new_topup import automatic_topup
from calling_credit.payments.stripe_account import CHANGED
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.context import recharge_context
from calling_credit.recharge.decision import BuyCredit, RechargeContext, Resume, Rule, Stop, StopReason, decide_recharge
from calling_credit.recharge.rule_card import rule_card
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.recharge.store import RechargeStore
from calling_credit.tax.calculation import Taxation
from calling_credit.tax.taxing import Taxing
from calling_credit.topups.topup import LEASE, TopUp, TopUpStatus

SILENT_STOPS = frozenset(
    {
        StopReason.DISABLED,
        StopReason.ACCOUNT_CLOSED,
        StopReason.ACCOUNT_FROZEN,
        StopReason.ABOVE_THRESHOLD,
        StopReason.IN_FLIGHT,
        StopReason.NO_CALL_SINCE,
    }
)
"""Stops that are not stored: the next change of the balance is decided again."""
MAX_ATTEMPTS = 3
NO_RULE = "no_rule"
LEASED_BY_OTHER = "taken_over"
LOST_RACE = "outrun"


def run_recharge(
    recharges: RechargeStore,
    worker: TopUpWorker,
    account_id: str,
    bounds: Bounds,
    now: datetime,
    taxing: Taxing,
    *,
    bank_accounts: bool = False,
) -> str:
    """Check one account. Return `charged:<status>`, `resumed:<status>`, or the code of the reason to stop. A rule stops
    that uses a bank account without `bank_accounts`.

    Raises:
        Unavailable: the table did not answer; the same check is safe again.
        NotFound: `unknown_account`.
    """
    ended: set[str] = set()
    for _ in range(MAX_ATTEMPTS):
        snapshot = recharges.snapshot(account_id)
        rule = snapshot.recharge.rule
        if rule is None:
            return NO_RULE
        open_topups = worker.topups.recent(account_id, now)
        context = recharge_context(snapshot, rule, open_topups, bounds, now, taxing.of(snapshot.billing, now))
        decision = _decide(worker, context, bank_accounts=bank_accounts)
        if isinstance(decision, Stop):
            if decision.code not in SILENT_STOPS:
                recharges.stop(snapshot, decision, now)
            return decision.code
        if isinstance(decision, Resume):
            return _resume(worker, account_id, decision, now)
        waiting = [t for t in open_topups if t.waits_for_challenge and not t.is_on_its_way(now)]
        waiting = [challenged for challenged in waiting if challenged.topup_id not in ended]
        if waiting:
            for challenged in waiting:
                worker.cancel(challenged)
                ended.add(challenged.topup_id)  # Or it has an issue for operators, which does not delay a recharge.
            continue
        if not worker.guard.is_same():
            return CHANGED
        topup = _claim(recharges, snapshot, rule, decision, now, context.tax)
        if topup is not None:
            return f"charged:{worker.advance(topup).status}"
    return LOST_RACE


def _decide(worker: TopUpWorker, context: RechargeContext, *, bank_accounts: bool) -> Stop | Resume | BuyCredit:
    """Decide; read the history of the card only if everything else allows a charge."""
    decision = decide_recharge(context)
    if not isinstance(decision, BuyCredit):
        return decision
    card = decision.backup or rule_card(context.rule)
    if card.type is MethodType.BANK_ACCOUNT and not bank_accounts:
        return Stop(SuspensionReason.UNUSABLE)
    return decide_recharge(replace(context, card=worker.gate.cards.state(card, context.now)))


def _claim(
    recharges: RechargeStore, snapshot: Snapshot, rule: Rule, purchase: BuyCredit, now: datetime, tax: Taxation
) -> TopUp | None:
    if snapshot.customer_id is None:  # Only an edit of the table removes the customer of a rule's card.
        return None
    attempt, card = snapshot.recharge.state.attempt + 1, purchase.backup or rule_card(rule)
    is_backup, amount, customer_id = purchase.backup is not None, purchase.amount_micros, snapshot.customer_id
    topup = automatic_topup(snapshot.account_id, attempt, amount, card, customer_id, now, is_backup=is_backup, tax=tax)
    return topup if recharges.claim(snapshot, topup, now) else None


def _resume(worker: TopUpWorker, account_id: str, decision: Resume, now: datetime) -> str:
    topup = worker.topups.read(account_id, decision.topup_id)
    if topup is None:
        return LOST_RACE
    leased = topup if topup.status == TopUpStatus.SUCCEEDED else worker.topups.acquire_lease(topup, LEASE, now)
    return LEASED_BY_OTHER if leased is None else f"resumed:{worker.advance(leased).status}"
