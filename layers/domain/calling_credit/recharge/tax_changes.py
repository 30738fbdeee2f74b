"""What new billing details change for automatic recharge."""

from datetime import datetime

from calling_credit.changes.actor import Actor
from calling_credit.recharge import attempts
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule, StopReason
from calling_credit.recharge.store import RechargeStore


def end_wait_for_tax(recharges: RechargeStore, account_id: str, actor: Actor, now: datetime) -> None:
    """Decide a rule again that stopped because its tax could not be calculated; leave any other as it is.

    Raises:
        Unavailable: `busy`, or the table did not answer; the rule is decided again within an hour anyway.
    """

    def change(rule: Rule, state: State) -> tuple[Rule, State]:
        return rule, attempts.wake(state) if state.stopped == StopReason.TAX_UNAVAILABLE else state

    recharges.change_rule(account_id, change, actor, now)
