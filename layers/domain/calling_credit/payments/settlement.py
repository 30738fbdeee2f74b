"""How a top-up ends: credited, exactly once and whatever it was before; or failed, canceled, waiting for the customer.

`settle` is one transaction: the top-up becomes succeeded, and entry, day and balance move with it. Its only condition
is that it did not succeed before: no rule, state or limit can veto money that Stripe has taken. What a payment means
for automatic recharge comes after (`finish`); the sweep index shows a settled top-up until that is done, too.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant
from calling_credit.ledger.headroom import arm_action, nudge_action
from calling_credit.ledger.posting import posting_actions
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import after_payment, armed_threshold
from calling_credit.recharge.items import keep_recharge_action
from calling_credit.recharge.store import MAX_ROUNDS, RechargeKeeper, busy
from calling_credit.topups.items import TOPUP_KIND, topup_key
from calling_credit.topups.topup import OPEN, Intent, Status, TopUp, topup_entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Change = Callable[[State], State]


def unchanged(state: State) -> State:
    """What the end of a payment made by hand means for automatic recharge, unless it was paid."""
    return state


class Settler:
    """Ends top-ups."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name
        self._recharges = RechargeKeeper(client, table_name)

    def settle(self, topup: TopUp, intent: Intent, time_zone: str, now: datetime) -> bool:
        """Credit a paid top-up; whether this call did.

        Raises:
            Unavailable: the table did not take it in time; the same call is safe again.
        """
        values = {
            ":succeeded": to_attribute("succeeded"),
            ":intent": to_attribute(intent.intent_id),
            ":now": to_attribute(format_instant(now)),
            ":soon": to_attribute(f"{format_instant(now)}#{topup.account_id}#{topup.topup_id}"),
            ":kind": to_attribute(sweep_keys.sweep_pk(TOPUP_KIND, topup.account_id)),
            ":receipt": to_attribute(intent.receipt_url or ""),
        }
        paid = update(
            self._table_name,
            topup_key(topup.account_id, topup.topup_id),
            "SET #status = :succeeded, intent_id = :intent, settled_at = :now, updated_at = :now, "
            "receipt_url = :receipt, sweep_pk = :kind, sweep_sk = :soon "
            "REMOVE lease_until, next_action_url, is_finished",
            "attribute_exists(PK) AND #status <> :succeeded",
            values,
            {"#status": "status"},
        )
        entry = topup_entry(topup, intent, time_zone, now)
        return not transact(self._client, [paid, *posting_actions(self._table_name, [entry])])

    def finish(self, topup: TopUp, change: Change, now: datetime) -> None:
        """What a settled top-up means for automatic recharge, once; then nothing looks at it any more.

        Raises:
            Unavailable: `busy`, or the table did not take it in time; the sweeper does it then.
        """
        done = update(
            self._table_name,
            topup_key(topup.account_id, topup.topup_id),
            "SET is_finished = :yes REMOVE sweep_pk, sweep_sk",
            "#status = :succeeded AND attribute_not_exists(is_finished)",
            {":yes": to_attribute(True), ":succeeded": to_attribute("succeeded")},
            {"#status": "status"},
        )
        self._with_recharge(topup, done, change, now)

    def end(
        self,
        topup: TopUp,
        status: Status,
        change: Change,
        now: datetime,
        *,
        failure_code: str | None = None,
    ) -> bool:
        """failed or canceled: nothing is taken any more. Whether this call ended it. `change` is what that means for
        automatic recharge.

        Raises:
            Unavailable: `busy`, or the table did not take it in time; the same call is safe again.
        """
        expression = "SET #status = :status, updated_at = :now, is_finished = :yes"
        values = {
            ":status": to_attribute(status),
            ":now": to_attribute(format_instant(now)),
            ":yes": to_attribute(True),
        }
        if failure_code is not None:
            expression += ", failure_code = :failure"
            values[":failure"] = to_attribute(failure_code)
        expression += " REMOVE lease_until, next_action_url, sweep_pk, sweep_sk"
        return self._leave(topup, expression, values, change, now)

    def await_customer(self, topup: TopUp, change: Change, failure_code: str, look_at: str, now: datetime) -> bool:
        """requires_action although the customer was not there: the recharge is suspended, the payment waits for
        them.
        """
        values = {
            ":status": to_attribute("requires_action"),
            ":now": to_attribute(format_instant(now)),
            ":failure": to_attribute(failure_code),
            ":look": to_attribute(f"{look_at}#{topup.account_id}#{topup.topup_id}"),
        }
        expression = (
            "SET #status = :status, updated_at = :now, failure_code = :failure, sweep_sk = :look "
            "REMOVE lease_until, next_action_url"
        )
        return self._leave(topup, expression, values, change, now)

    def _leave(self, topup: TopUp, expression: str, values: dict[str, Any], change: Change, now: datetime) -> bool:
        still_open = {f":open_{at}": to_attribute(status) for at, status in enumerate(sorted(OPEN))}
        left = update(
            self._table_name,
            topup_key(topup.account_id, topup.topup_id),
            expression,
            f"#status IN ({', '.join(still_open)})",
            values | still_open,
            {"#status": "status"},
        )
        return self._with_recharge(topup, left, change, now)

    def _with_recharge(self, topup: TopUp, action: dict[str, Any], change: Change, now: datetime) -> bool:
        """Carry out an action on a top-up together with what it means for automatic recharge, and let the balance be
        looked at again: money that was on its way may have kept a recharge from being needed.
        """
        account_id = topup.account_id
        for _ in range(MAX_ROUNDS):
            seen = self._recharges.recharge(account_id)
            actions = [action]
            if seen.rule is None:
                actions.append(nudge_action(self._table_name, account_id))
            else:
                state = after_payment(seen.rule, seen.state, change(seen.state), topup)
                threshold = armed_threshold(seen.rule, state, now)
                actions.append(arm_action(self._table_name, account_id, threshold))
                actions.append(
                    keep_recharge_action(self._table_name, account_id, seen.rule, state, now, rule_seen=seen.rule)
                )
            refused = transact(self._client, actions)
            if not refused:
                return True
            if 0 in refused:
                return False
        raise busy()
