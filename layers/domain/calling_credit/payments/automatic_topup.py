"""One look at an account's automatic recharge: read, decide, and charge, go on, or let it sleep. Whoever is woken calls
this: the table's stream, or the sweeper.
"""

from datetime import datetime

from calling_credit.money import Bounds
from calling_credit.payments.new_topup import automatic_topup
from calling_credit.payments.topup_worker import Cashier
from calling_credit.recharge.decision import Charge, Resume, Rule, Situation, Stop, StopReason, decide
from calling_credit.recharge.store import RechargeKeeper, Snapshot
from calling_credit.topups.topup import LEASE, Card, TopUp

SILENT = frozenset(
    {
        StopReason.DISABLED,
        StopReason.ACCOUNT_CLOSED,
        StopReason.ACCOUNT_FROZEN,
        StopReason.ABOVE_THRESHOLD,
        StopReason.IN_FLIGHT,
    }
)
"""Stops after which the balance stays watched: nothing has to end before the next fall below the threshold counts."""
ROUNDS = 3
NO_RULE = "no_rule"
TAKEN = "taken_over"
OUTRUN = "outrun"


def run_recharge(keeper: RechargeKeeper, cashier: Cashier, account_id: str, bounds: Bounds, now: datetime) -> str:
    """Look at one account; what came of it: `charged:<status>`, `resumed:<status>`, or the code of the reason to stop.

    Raises:
        Unavailable: the table did not answer; the same look is safe again.
        NotFound: `unknown_account`.
    """
    ended: set[str] = set()
    for _ in range(ROUNDS):
        snapshot = keeper.snapshot(account_id)
        rule = snapshot.recharge.rule
        if rule is None:
            return NO_RULE
        open_topups = cashier.topups.recent(account_id, now)
        decision = decide(_situation(snapshot, rule, open_topups, bounds, now))
        if isinstance(decision, Stop):
            if decision.code not in SILENT:
                keeper.stop(snapshot, decision, now)
            return decision.code
        if isinstance(decision, Resume):
            return _resume(cashier, account_id, decision, now)
        waiting = [t for t in open_topups if t.status == "requires_action" and not t.is_on_its_way(now)]
        waiting = [challenged for challenged in waiting if challenged.topup_id not in ended]
        if waiting:
            for challenged in waiting:
                cashier.cancel(challenged)
                ended.add(challenged.topup_id)  # Or an operator has to look at it; a new need does not wait for that.
            continue
        topup = _claim(keeper, snapshot, rule, decision, now)
        if topup is not None:
            return f"charged:{cashier.carry_on(topup).status}"
    return OUTRUN


def _situation(snapshot: Snapshot, rule: Rule, open_topups: list[TopUp], bounds: Bounds, now: datetime) -> Situation:
    state = snapshot.recharge.state
    own = state.in_flight.topup_id if state.in_flight else None
    others = [topup for topup in open_topups if topup.topup_id != own]
    pending = sum(topup.amount_micros for topup in others if topup.is_on_its_way(now))
    return Situation(
        rule=rule,
        state=state,
        posted_micros=snapshot.posted_micros,
        pending_micros=pending,
        is_closed=snapshot.is_closed,
        time_zone=snapshot.time_zone,
        maximum_micros=bounds.maximum_micros,
        now=now,
        is_frozen=snapshot.is_frozen,
    )


def _claim(keeper: RechargeKeeper, snapshot: Snapshot, rule: Rule, charge: Charge, now: datetime) -> TopUp | None:
    if snapshot.customer_id is None:  # A rule has a card, and a card a customer; only a hand in the table undoes that.
        return None
    card = Card(rule.payment_method_id, rule.brand, rule.last4, rule.fingerprint)
    attempt = snapshot.recharge.state.attempt + 1
    topup = automatic_topup(snapshot.account_id, attempt, charge.amount_micros, card, snapshot.customer_id, now)
    return topup if keeper.claim(snapshot, topup, now) else None


def _resume(cashier: Cashier, account_id: str, decision: Resume, now: datetime) -> str:
    found = cashier.topups.read(account_id, decision.topup_id)
    if found is None:
        return OUTRUN
    leased = found if found.status == "succeeded" else cashier.topups.take_lease(found, LEASE, now)
    return TAKEN if leased is None else f"resumed:{cashier.carry_on(leased).status}"
