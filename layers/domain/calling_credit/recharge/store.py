"""Reads and changes the automatic recharge of an account: the customer's rule, the claim of one charge, a stop. One of
two changes at once reads again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.keys import recharge_key
from calling_credit.dynamodb.sweep import query_due
from calling_credit.dynamodb.transactions import put, transact
from calling_credit.errors import NotFound, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.ledger.headroom import arm_action, still_below_action
from calling_credit.recharge import attempts
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule, Stop, armed_threshold
from calling_credit.recharge.items import RECHARGE_KIND, Recharge, keep_recharge_action, read_recharge_item
from calling_credit.topups.items import payment_item, topup_item
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ROUNDS: Final = 10
"""How often a change is worked out again because another change came between."""


def busy() -> Unavailable:
    """What is told when others kept changing the same recharge."""
    return Unavailable(ProblemCode.BUSY, "The account's automatic recharge is being changed just now; try again.")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An account, its balance and its recharge, read at one moment."""

    account_id: str
    time_zone: str
    is_closed: bool
    customer_id: str | None
    posted_micros: int
    recharge: Recharge
    is_frozen: bool = False

    @property
    def is_halted(self) -> bool:
        """Whether nothing may be charged by itself, whatever the rule says."""
        return self.is_closed or self.is_frozen


class RechargeKeeper:
    """The automatic recharge of every account."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def recharge(self, account_id: str) -> Recharge:
        """Rule and state as they are now."""
        answer = self._client.get_item(TableName=self._table_name, Key=recharge_key(account_id), ConsistentRead=True)
        return read_recharge_item(answer.get("Item"))

    def snapshot(self, account_id: str) -> Snapshot:
        """Everything a decision needs of the account itself.

        Raises:
            NotFound: `unknown_account`. Unavailable: the table throttles.
        """
        kinds = (keys.account_sk(), keys.balance_sk(), keys.auto_recharge_sk())
        item_keys = [(keys.account_pk(account_id), kind) for kind in kinds]
        items = {kind: item for (_, kind), item in read_many(self._client, self._table_name, item_keys).items()}
        if keys.account_sk() not in items or keys.balance_sk() not in items:
            raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
        account, balance = from_attributes(items[keys.account_sk()]), from_attributes(items[keys.balance_sk()])
        return Snapshot(
            account_id,
            account["time_zone"],
            account["status"] == "closed",
            account.get("stripe_customer_id"),
            balance["posted_micros"],
            read_recharge_item(items.get(keys.auto_recharge_sk())),
            is_frozen="frozen_at" in account,
        )

    def keep_rule(self, account_id: str, change: Callable[[Recharge], tuple[Rule, State]], now: datetime) -> Recharge:
        """Set the rule that `change` makes of what stands there, and measure headroom from it; what then stands.

        Raises:
            Unavailable: `busy`, others kept changing it. NotFound: `unknown_account`.
        """
        for _ in range(MAX_ROUNDS):
            seen = self.recharge(account_id)
            rule, state = change(seen)
            if self._write(account_id, seen, rule, state, now):
                return self.recharge(account_id)
        raise busy()

    def stop(self, snapshot: Snapshot, stop: Stop, now: datetime) -> None:
        """Let the recharge sleep until the stop ends by itself, or somebody changes something. If something changed
        meanwhile, that change wakes it again, so nothing is written then.
        """
        seen = snapshot.recharge
        assert seen.rule is not None
        state = seen.state
        if state.suspended_reason is None:
            state = attempts.stopped(state, stop.code, stop.until)
        self._write(snapshot.account_id, seen, seen.rule, state, now)

    def suspend_for_removed_card(self, account_id: str, payment_method_id: str, now: datetime) -> bool:
        """The card was removed: whether it was the rule's, which is then suspended."""
        for _ in range(MAX_ROUNDS):
            seen = self.recharge(account_id)
            if seen.rule is None or seen.rule.payment_method_id != payment_method_id:
                return False
            if seen.state.suspended_reason == attempts.SuspensionReason.REMOVED:
                return True
            if self._write(account_id, seen, seen.rule, attempts.card_removed(seen.state), now):
                return True
        raise busy()

    def set_aside(self, topup: TopUp, now: datetime) -> None:
        """Let the recharge go on without an attempt that an operator has to look at."""
        for _ in range(MAX_ROUNDS):
            seen = self.recharge(topup.account_id)
            in_flight = seen.state.in_flight
            if seen.rule is None or in_flight is None or in_flight.topup_id != topup.topup_id:
                return
            if self._write(topup.account_id, seen, seen.rule, attempts.set_aside(seen.state, topup), now):
                return
        raise busy()

    def claim(self, snapshot: Snapshot, topup: TopUp, now: datetime) -> bool:
        """Begin one recharge: the claim and the payment's item are one transaction, on the condition that nothing of
        rule or state has changed and the balance is still below. Whether this call began it; if its answer was lost for
        good, the lease ends and another goes on with the same payment.
        """
        seen = snapshot.recharge
        assert seen.rule is not None
        state = attempts.claimed(seen.state, topup.topup_id, topup.amount_micros, topup.card.fingerprint, now)
        account_id = snapshot.account_id
        actions = [
            keep_recharge_action(self._table_name, account_id, seen.rule, state, now, rule_seen=seen.rule),
            put(self._table_name, topup_item(topup)),
            put(self._table_name, payment_item(topup)),
            still_below_action(self._table_name, account_id, snapshot.posted_micros),
        ]
        return not transact(self._client, actions)

    def wake(self, account_id: str, now: datetime) -> bool:
        """A wait has ended, or nobody has looked for hours: measure headroom from the threshold again, so that a
        balance below it is seen.
        """
        seen = self.recharge(account_id)
        waits = seen.state.next_attempt_at is not None and seen.state.next_attempt_at > format_instant(now)
        if seen.rule is None or waits or not seen.rule.enabled or seen.state.suspended_reason is not None:
            return False
        return self._write(account_id, seen, seen.rule, attempts.awake(seen.state), now)

    def due(self, now: datetime) -> Iterator[str]:
        """The accounts whose recharge waits for nothing any more."""
        for partition in sweep_keys.sweep_partitions(RECHARGE_KIND):
            for item in query_due(self._client, self._table_name, partition, format_instant(now)):
                yield keys.account_of(item["PK"]["S"])

    def _write(self, account_id: str, seen: Recharge, rule: Rule, state: State, now: datetime) -> bool:
        """Whether it was written: False if something else was, meanwhile."""
        actions = [
            keep_recharge_action(self._table_name, account_id, rule, state, now, rule_seen=seen.rule),
            arm_action(self._table_name, account_id, armed_threshold(rule, state, now)),
        ]
        refused = transact(self._client, actions)
        if 1 in refused:
            raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
        return not refused
