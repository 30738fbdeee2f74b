"""Ends top-ups: credited exactly once from any state, or failed, or canceled, or waiting for the customer.

`settle` is one transaction: the top-up becomes succeeded, and entry, day, balance, and the card's money change with
it. The top-up must not have succeeded before; nothing else is required, because no rule, state, or limit may veto money
that Stripe has charged. `finish` then applies the payment to automatic recharge. The sweep index lists a settled top-up
until then.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.changes.actor import stripe_actor
from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant
from calling_credit.ledger.headroom import arm_action, nudge_action
from calling_credit.ledger.posting import posting_plan
from calling_credit.payments.bought_money import payment_actions
from calling_credit.payments.outcomes import Outcome, outcome_actions, outcome_keys
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import armed_threshold
from calling_credit.recharge.interrupted import after_payment
from calling_credit.recharge.items import Recharge, put_recharge_action, recharge_from_item
from calling_credit.recharge.rule_changes import record_actions
from calling_credit.recharge.store import RECHARGE
from calling_credit.topups.declines import Decline
from calling_credit.topups.entry import topup_entry
from calling_credit.topups.items import CARD_FIELDS, TOPUP_KIND, topup_key
from calling_credit.topups.topup import OPEN, Intent, TopUp, TopUpKind, TopUpStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Change = Callable[[State], State]


def keep_state(state: State) -> State:
    """Leave automatic recharge unchanged: the end of an unpaid manual top-up does not affect it."""
    return state


class SettlementStore:
    """Writes the end of top-ups."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def settle(self, topup: TopUp, intent: Intent, time_zone: str, now: datetime) -> bool:
        """Credit a paid top-up. Return whether this call did.

        Raises:
            Unavailable: the table did not answer in time; the same call is safe again.
        """
        values = {
            ":succeeded": to_attribute(TopUpStatus.SUCCEEDED),
            ":intent": to_attribute(intent.intent_id),
            ":now": to_attribute(format_instant(now)),
            ":soon": to_attribute(f"{format_instant(now)}#{topup.account_id}#{topup.topup_id}"),
            ":kind": to_attribute(sweep_keys.sweep_pk(TOPUP_KIND, topup.account_id)),
            ":receipt": to_attribute(intent.receipt_url or ""),
        }
        names, card = {"#status": "status"}, ""
        if topup.kind == TopUpKind.CHECKOUT:  # Only now it is certain which card paid.
            fields = {name: getattr(topup.card, name) for name in CARD_FIELDS}
            values |= {f":{name}": to_attribute(value) for name, value in fields.items()}
            names |= {f"#{name}": name for name in fields}
            card = "".join(f", #{name} = :{name}" for name in fields)
        settlement = update(
            self._table_name,
            topup_key(topup.account_id, topup.topup_id),
            "SET #status = :succeeded, intent_id = :intent, settled_at = :now, updated_at = :now, "
            f"receipt_url = :receipt, sweep_pk = :kind, sweep_sk = :soon{card} "
            "REMOVE lease_until, next_action_url, is_finished",
            "attribute_exists(PK) AND #status <> :succeeded",
            values,
            names,
        )
        entry = topup_entry(topup, intent, time_zone, now)
        plan = posting_plan(self._table_name, [entry])
        plan.add(("top_up", topup.topup_id), settlement)
        for name, action in payment_actions(self._table_name, topup, entry, format_instant(now)).items():
            plan.add(name, action)
        return not plan.write(self._client)

    def finish(self, topup: TopUp, change: Change, now: datetime) -> None:
        """Apply a settled top-up to automatic recharge, once, and remove it from the sweep index.

        Raises:
            Unavailable: `busy`, or the table did not answer in time; the sweeper repeats it.
        """
        finished = update(
            self._table_name,
            topup_key(topup.account_id, topup.topup_id),
            "SET is_finished = :yes REMOVE sweep_pk, sweep_sk",
            "#status = :succeeded AND attribute_not_exists(is_finished)",
            {":yes": to_attribute(True), ":succeeded": to_attribute(TopUpStatus.SUCCEEDED)},
            {"#status": "status"},
        )
        self._with_recharge(topup, finished, change, Outcome(is_paid=True), now)

    def end(
        self,
        topup: TopUp,
        status: TopUpStatus,
        change: Change,
        now: datetime,
        *,
        decline: Decline | None = None,
    ) -> bool:
        """End an unpaid top-up as failed or canceled, and apply `change` to automatic recharge. Return whether this
        call ended it.

        Raises:
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """
        expression = "SET #status = :status, updated_at = :now, is_finished = :yes"
        values = {
            ":status": to_attribute(status),
            ":now": to_attribute(format_instant(now)),
            ":yes": to_attribute(True),
        }
        if decline is not None:
            expression += ", failure_code = :failure"
            values[":failure"] = to_attribute(decline.code)
        expression += " REMOVE lease_until, next_action_url, sweep_pk, sweep_sk"
        return self._leave_open(topup, expression, values, change, Outcome(decline), now)

    def await_customer(self, topup: TopUp, change: Change, failure_code: str, check_at: str, now: datetime) -> bool:
        """Let an automatic top-up wait for its customer, and suspend the recharge. Return whether this call did."""
        values = {
            ":status": to_attribute(TopUpStatus.REQUIRES_ACTION),
            ":now": to_attribute(format_instant(now)),
            ":failure": to_attribute(failure_code),
            ":check": to_attribute(f"{check_at}#{topup.account_id}#{topup.topup_id}"),
        }
        expression = (
            "SET #status = :status, updated_at = :now, failure_code = :failure, sweep_sk = :check "
            "REMOVE lease_until, next_action_url"
        )
        return self._leave_open(topup, expression, values, change, Outcome(), now)

    def _leave_open(
        self, topup: TopUp, expression: str, values: dict[str, Any], change: Change, outcome: Outcome, now: datetime
    ) -> bool:
        open_statuses = {f":open_{at}": to_attribute(status) for at, status in enumerate(sorted(OPEN))}
        ended = update(
            self._table_name,
            topup_key(topup.account_id, topup.topup_id),
            expression,
            f"#status IN ({', '.join(open_statuses)})",
            values | open_statuses,
            {"#status": "status"},
        )
        return self._with_recharge(topup, ended, change, outcome, now)

    def _with_recharge(
        self, topup: TopUp, action: dict[str, Any], change: Change, outcome: Outcome, now: datetime
    ) -> bool:
        """Write an action on a top-up together with the change of automatic recharge, of the card's tries, and of the
        account's limits, and make the stream report the balance again: the open payment may have delayed a recharge.
        """

        def attempt() -> bool | None:
            recharge = (keys.account_pk(topup.account_id), keys.auto_recharge_sk())
            items = read_many(self._client, self._table_name, [recharge, *outcome_keys(topup)])
            actions = [
                action,
                *self._recharge_actions(topup, recharge_from_item(items.get(recharge)), change, now),
                *outcome_actions(self._table_name, topup, outcome, items, now),
            ]
            failed = transact(self._client, actions)
            if failed and 0 not in failed:
                return None
            return not failed

        return retry_on_race(RECHARGE, attempt)

    def _recharge_actions(self, topup: TopUp, current: Recharge, change: Change, now: datetime) -> list[dict[str, Any]]:
        account_id = topup.account_id
        if current.rule is None:
            return [nudge_action(self._table_name, account_id)]
        actor = stripe_actor(topup.intent_id or topup.topup_id)
        state = after_payment(current.rule, current.state, change(current.state), topup)
        return [
            arm_action(self._table_name, account_id, armed_threshold(current.rule, state, now)),
            put_recharge_action(self._table_name, account_id, current.rule, state, now, rule_read=current.rule),
            *record_actions(self._table_name, account_id, current, (current.rule, state), actor, now),
        ]
