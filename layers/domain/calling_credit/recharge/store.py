"""Reads and changes an account's automatic recharge: rule, claim, stop. One of two concurrent changes reads again."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.freezing import account_frozen, unless_frozen_action
from calling_credit.changes.actor import Actor, sweep_actor
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.keys import recharge_key
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.tax_keys import billing_details_sk
from calling_credit.dynamodb.transactions import MAX_ATTEMPTS, put, transact
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.headroom import arm_action, still_below_action
from calling_credit.recharge import attempts
from calling_credit.recharge.acceptance import suspend_for_changed_charge
from calling_credit.recharge.arming import is_arming
from calling_credit.recharge.attempts import State
from calling_credit.recharge.backup_store import BackupStore
from calling_credit.recharge.card_expiry import announce_expiry
from calling_credit.recharge.decision import Rule, Stop, armed_threshold
from calling_credit.recharge.items import Recharge, put_recharge_action, recharge_from_item
from calling_credit.recharge.loosening import rule_loosens
from calling_credit.recharge.rule_changes import record_actions
from calling_credit.recharge.snapshot import Snapshot, snapshot_from_items
from calling_credit.recharge.tax_notices import TaxNotices
from calling_credit.topups.items import payment_item, topup_item
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RECHARGE: Final = "The account's automatic recharge is"
"""The subject of the error after losing every race with concurrent changes."""
BY_ITSELF: Final = sweep_actor("auto_recharge")
"""The actor of what automatic recharge decides by itself."""


class RechargeStore:
    """Automatic recharge in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def recharge(self, account_id: str) -> Recharge:
        """Read rule and state."""
        answer = self._client.get_item(TableName=self._table_name, Key=recharge_key(account_id), ConsistentRead=True)
        return recharge_from_item(answer.get("Item"))

    def snapshot(self, account_id: str, sign_in: SignIn | None = None) -> Snapshot:
        """Read what a decision needs of the account.

        Raises:
            NotFound: `unknown_account`. Forbidden: `signed_out`. Unavailable: the table throttles.
        """
        kinds = (keys.account_sk(), keys.balance_sk(), keys.auto_recharge_sk(), billing_details_sk())
        item_keys = [(keys.account_pk(account_id), kind) for kind in kinds]
        found = read_signed_in(self._client, self._table_name, item_keys, sign_in)
        items = {kind: item for (_, kind), item in found.items()}
        if keys.account_sk() not in items or keys.balance_sk() not in items:
            raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
        return snapshot_from_items(account_id, items)

    def lose_cards(self, account_id: str, actor: Actor, now: datetime) -> bool:
        """The account's customer is lost at Stripe, and its cards with it: end the use of the backup card, and suspend
        the rule. Return whether the account has a rule.

        Raises:
            Unavailable: the table did not answer; the same call is safe again.
        """
        BackupStore(self._client, self._table_name).lose(account_id, actor, now)
        rule = self.recharge(account_id).rule
        if rule is not None:
            self.suspend_for_removed_card(account_id, rule.payment_method_id, actor, now)
        return rule is not None

    def has_backup(self, account_id: str) -> bool:
        """Whether the account has a backup card."""
        return self.snapshot(account_id).backup is not None

    def store_rule(
        self, account_id: str, change: Callable[[Recharge], tuple[Rule, State] | None], actor: Actor, now: datetime
    ) -> Recharge:
        """Store what `change` makes of the current rule and state, and arm the balance; write nothing if it makes None.
        Arming a rule that stays suspended, or waits, forgives nothing: it shows no charge. Return the stored ones.

        Raises:
            Unavailable: `busy`, others kept changing it. NotFound: `unknown_account`.
            Forbidden: `account_frozen`, if the change loosens the rule.
        """

        def attempt() -> Recharge | None:
            current = self.recharge(account_id)
            changed = change(current)
            if changed is None:
                return current
            guards = []
            if rule_loosens((current.rule, current.state), changed):
                guards.append(unless_frozen_action(self._table_name, account_id))
            forgives = is_arming(current.rule, changed[0]) and armed_threshold(*changed, now) is not None
            is_written = self._write(account_id, current, *changed, actor, now, guards, forgives=forgives)
            return self.recharge(account_id) if is_written else None

        return retry_on_race(RECHARGE, attempt)

    def stop(self, snapshot: Snapshot, stop: Stop, now: datetime) -> None:
        """Stop the recharge until the stop ends or a setting changes. Write nothing if there was a change meanwhile,
        because it has already woken the recharge.
        """
        current = snapshot.recharge
        assert current.rule is not None
        state = current.state
        if stop.code == attempts.SuspensionReason.CHARGE_CHANGED:
            state = suspend_for_changed_charge(state)
        elif state.suspended_reason is None:
            state = attempts.record_stop(state, stop.code, stop.until)
        self._write(snapshot.account_id, current, current.rule, state, BY_ITSELF, now)

    def suspend_for_removed_card(self, account_id: str, payment_method_id: str, actor: Actor, now: datetime) -> bool:
        """Suspend the rule if it uses the removed card. Return whether it does."""

        def attempt() -> bool | None:
            current = self.recharge(account_id)
            if current.rule is None or current.rule.payment_method_id != payment_method_id:
                return False
            if current.state.own_reason == attempts.SuspensionReason.REMOVED:
                return True
            state = attempts.remove_card(current.state)
            return self._write(account_id, current, current.rule, state, actor, now) or None

        return retry_on_race(RECHARGE, attempt)

    def change_rule(
        self, account_id: str, change: Callable[[Rule, State], tuple[Rule, State]], actor: Actor, now: datetime
    ) -> Recharge:
        """Store what `change` makes of an existing rule and its state. It forgives no reversal. Return the stored ones.

        Raises:
            Unavailable: `busy`, others kept changing it.
        """

        def attempt() -> Recharge | None:
            current = self.recharge(account_id)
            if current.rule is None:
                return current
            changed = change(current.rule, current.state)
            if changed == (current.rule, current.state):
                return current
            return self.recharge(account_id) if self._write(account_id, current, *changed, actor, now) else None

        return retry_on_race(RECHARGE, attempt)

    def release_attempt(self, topup: TopUp, now: datetime) -> None:
        """Stop waiting for an attempt that an operator must check."""

        def attempt() -> bool | None:
            current = self.recharge(topup.account_id)
            in_flight = current.state.in_flight
            if current.rule is None or in_flight is None or in_flight.topup_id != topup.topup_id:
                return True
            state = attempts.release_attempt(current.state, topup)
            return self._write(topup.account_id, current, current.rule, state, BY_ITSELF, now) or None

        retry_on_race(RECHARGE, attempt)

    def claim(self, snapshot: Snapshot, topup: TopUp, now: datetime) -> bool:
        """Claim an attempt and store its top-up in one transaction, if rule and state are unchanged and the balance is
        still below. Return whether this call did. If the answer is lost, another worker resumes after the lease.
        """
        current = snapshot.recharge
        assert current.rule is not None
        state = attempts.record_claim(current.state, topup.topup_id, topup.gross_micros, topup.card.fingerprint, now)
        account_id = snapshot.account_id
        actions = [
            put_recharge_action(self._table_name, account_id, current.rule, state, now, rule_read=current.rule),
            put(self._table_name, topup_item(topup)),
            put(self._table_name, payment_item(topup)),
            still_below_action(self._table_name, account_id, snapshot.posted_micros),
        ]
        return not transact(self._client, actions)

    def wake(
        self,
        account_id: str,
        now: datetime,
        undated: list[tuple[str, Rule]] | None = None,
        seconds_left: Callable[[], float] | None = None,
        notices: TaxNotices | None = None,
    ) -> bool:
        """Arm the balance again after a wait, or after some hours without a check, so that the stream reports a balance
        below the threshold. Announce that the rule's card expires, or that tax begins, if it is time. A rule whose card
        has no date yet is added to `undated`.
        """
        current = self.recharge(account_id)
        waits = current.state.next_attempt_at is not None and current.state.next_attempt_at > format_instant(now)
        if current.rule is None or not current.rule.enabled or current.state.suspended_reason is not None:
            return False
        if undated is not None and not current.rule.card_expires:
            undated.append((account_id, current.rule))
        state = announce_expiry(current.rule, current.state, now)
        if notices is not None:
            state = notices.apply(account_id, state, now)
        if waits:
            if state == current.state:
                return False
        else:
            state = attempts.wake(state)
        return self._write(account_id, current, current.rule, state, BY_ITSELF, now, seconds_left=seconds_left)

    def _write(
        self,
        account_id: str,
        current: Recharge,
        rule: Rule,
        state: State,
        actor: Actor,
        now: datetime,
        unless_frozen: Sequence[dict[str, Any]] = (),
        *,
        forgives: bool = False,
        seconds_left: Callable[[], float] | None = None,
    ) -> bool:
        """Write rule and state, and record what changes, unless the account is frozen if asked so. Return False if
        another change was faster.
        `forgives`: a billing admin arms the rule.
        """
        actions = [
            put_recharge_action(self._table_name, account_id, rule, state, now, rule_read=current.rule),
            arm_action(self._table_name, account_id, armed_threshold(rule, state, now), forgives=forgives),
            *unless_frozen,
            *record_actions(self._table_name, account_id, current, (rule, state), actor, now),
        ]
        failed = transact(self._client, actions, seconds_left, max_attempts=MAX_ATTEMPTS)
        if 1 in failed:
            raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
        if unless_frozen and 2 in failed:
            raise account_frozen()
        return not failed
