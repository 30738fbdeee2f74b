"""Moves a top-up from one state to the next: stores the intention, asks Stripe, stores the answer.

A process may die after any step; another one resumes from the stored item. Each request to Stripe is stored before it
is sent, under a key made of the top-up's id, so sending it again is safe. Every charge by Stripe is credited.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, assert_never

import stripe

from calling_credit.accounts.reader import AccountReader
from calling_credit.payments import intents
from calling_credit.payments.checkout_progress import advance_checkout, give_up_checkout, report_blocked_card
from calling_credit.payments.confirm_gate import ConfirmGate
from calling_credit.payments.intents import StripeResult
from calling_credit.payments.issues import Issue, report_issue
from calling_credit.payments.lost_intents import lost_payment_issue, retrieve_intent
from calling_credit.payments.safe_retries import NOT_CREATED, confirm_intent, create_intent, is_card_gone
from calling_credit.payments.settled_counts import count_settled
from calling_credit.payments.settlement import SettlementStore, keep_state
from calling_credit.payments.stripe_account import StripeAccountGuard
from calling_credit.payments.stripe_client import NoAnswer, Refused, payments_unavailable
from calling_credit.receipts.issuing import issue_receipt
from calling_credit.recharge import attempts, backup
from calling_credit.recharge.interrupted import is_unwanted
from calling_credit.recharge.store import RechargeStore
from calling_credit.topups import decision
from calling_credit.topups.declines import Decline, FailureCode
from calling_credit.topups.items import next_check
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import Intent, TopUp, TopUpKind, TopUpStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_STEPS: Final = 8  # More than one invocation ever needs: create, store, confirm, cancel, and end.


class TopUpWorker:
    """Works on top-ups for the length of one invocation. `tally` counts what operators watch."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        stripe_client: stripe.StripeClient,
        now: datetime,
        seconds_left: Callable[[], float],
    ) -> None:
        self.topups = TopUpStore(client, table_name)
        self.tally: Counter[str] = Counter()
        self.guard = StripeAccountGuard(client, table_name, stripe_client, self.tally)
        self.gate = ConfirmGate(client, table_name)
        self._settlements = SettlementStore(client, table_name)
        self._recharges = RechargeStore(client, table_name)
        self.table = client, table_name
        self.stripe = stripe_client
        self.now = now
        self.seconds_left = seconds_left

    def advance(self, topup: TopUp, intent: Intent | None = None) -> TopUp:
        """Work on a top-up until it ends or waits. The caller holds its lease, or passes the intent of a callback.

        Raises:
            Unavailable: the table did not answer. The next worker resumes from the stored top-up.
        """
        if topup.kind == TopUpKind.CHECKOUT:
            return advance_checkout(self, topup, intent)
        for _ in range(MAX_STEPS):
            action = decision.next_action(
                topup, intent, self.now, partial(self._is_wanted, topup), partial(self._may_not_wait, topup)
            )
            topup, result = self._apply(action, topup)
            if result is None:
                return topup
            if not isinstance(result, Intent):
                return self.record_no_answer(topup, result)
            intent = result
        return topup

    def _apply(  # noqa: C901, PLR0912 One branch for each action.
        self, action: decision.Action, topup: TopUp
    ) -> tuple[TopUp, StripeResult | None]:
        """Return the top-up after the action, and Stripe's answer; None if there is nothing left to do now."""
        result: StripeResult | None = None
        match action:
            case decision.RetrieveIntent(intent_id):
                result = retrieve_intent(self.stripe, self.guard, intent_id)
                if result is None:
                    topup = self.fail_lost(topup)
            case decision.CreateIntent():
                topup, result = self._create_intent(topup)
            case decision.StoreIntent(intent):
                topup = self.topups.store_intent(topup, intent.intent_id, self.now) or self.reload(topup)
                result = intent
            case decision.Confirm():
                topup, result = confirm_intent(self.stripe, self.topups, self.gate, topup, self.now, self.seconds_left)
            case decision.CancelIntent(intent_id, decline):
                if decline is not None:
                    topup = self.topups.store_decline(topup, decline, self.now) or topup
                result = intents.cancel(self.stripe, intent_id)
            case decision.CancelWithoutIntent():
                topup = self._cancel_without_intent(topup)
            case decision.Settle(intent):
                topup = self.settle(topup, intent)
            case decision.Finish():
                topup = self.finish(topup)
            case decision.Fail(decline):
                topup = self.fail(topup, decline)
            case decision.Cancel():
                topup = self.end_canceled(topup)
            case decision.AwaitCustomer(decline):
                topup = self._await_customer(topup, decline)
            case decision.RecordStatus():
                topup = self._record_status(topup, action)
            case decision.ReportMismatch(intent, reason):
                topup = self.report_mismatch(topup, intent, reason)
            case decision.Leave():
                pass
            case _:
                assert_never(action)
        return topup, result

    def cancel(self, topup: TopUp) -> TopUp:
        """Make sure that a top-up which waits for its customer is not charged, before another payment starts. If it
        was paid meanwhile, credit it.

        Raises:
            Unavailable: `payments_unavailable`, it may still be charged; or the table did not answer.
        """
        if topup.kind == TopUpKind.CHECKOUT:
            return give_up_checkout(self, topup)
        if topup.intent_id is None:
            return self._cancel_without_intent(topup)
        result = intents.cancel(self.stripe, topup.intent_id)
        if isinstance(result, NoAnswer):
            raise payments_unavailable()
        return self.advance(topup, result) if isinstance(result, Intent) else topup

    def _create_intent(self, topup: TopUp) -> tuple[TopUp, StripeResult | None]:
        """Create the intent and store its id. Cancel it if the top-up was given up meanwhile."""
        self.guard.require_same()
        result = create_intent(self.stripe, topup, self.seconds_left)
        if result == NOT_CREATED:
            return self.end_canceled(topup), None
        if isinstance(result, Refused) and is_card_gone(self.stripe, topup, result):
            self.guard.require_same(ask_stripe=True)
            return self.fail(topup, Decline(FailureCode.CARD_REMOVED)), None  # No intent, so nothing was charged.
        if not isinstance(result, Intent):
            return topup, result
        stored = self.topups.store_intent(topup, result.intent_id, self.now) or self.reload(topup)
        if stored.intent_id == result.intent_id and stored.is_open:
            return stored, result
        intents.cancel(self.stripe, result.intent_id)
        return stored, None

    def settle(self, topup: TopUp, intent: Intent) -> TopUp:
        """Credit a paid top-up, and issue its receipt."""
        time_zone = AccountReader(*self.table, topup.account_id).account().time_zone
        if self._settlements.settle(topup, intent, time_zone, self.now):
            count_settled(self.tally, topup, self.now)
        self._finish(topup)
        return issue_receipt(*self.table, topup, time_zone, self.now, self.tally)

    def finish(self, topup: TopUp) -> TopUp:
        """Apply a credited top-up to automatic recharge."""
        if topup.status == TopUpStatus.SUCCEEDED and topup.is_finished:
            return topup
        self._finish(topup)
        return self.reload(topup)

    def _finish(self, topup: TopUp) -> None:
        self.tally["payment_issues"] += report_blocked_card(self, topup)
        self._settlements.finish(topup, partial(backup.record_payment, topup=topup), self.now)

    def _await_customer(self, topup: TopUp, decline: Decline) -> TopUp:
        change = partial(attempts.await_customer, topup=topup)
        self._settlements.await_customer(topup, change, decline.code, next_check(topup, self.now), self.now)
        self.tally["recharges_suspended"] += 1
        return self.reload(topup)

    def _record_status(self, topup: TopUp, action: decision.RecordStatus) -> TopUp:
        if action.wakes_recharge:
            self.topups.nudge(topup.account_id)
        return self.topups.record_status(topup, action.status, action.next_action_url, self.now) or self.reload(topup)

    def fail(self, topup: TopUp, decline: Decline) -> TopUp:
        """End an unpaid top-up as failed."""
        change = keep_state
        if topup.kind == TopUpKind.AUTOMATIC:
            has_backup = self._recharges.has_backup(topup.account_id)
            change = partial(backup.record_decline, topup=topup, decline=decline, now=self.now, has_backup=has_backup)
        is_new = self._settlements.end(topup, TopUpStatus.FAILED, change, self.now, decline=decline)
        self.tally["top_ups_failed"] += is_new
        return self.reload(topup)

    def fail_lost(self, topup: TopUp) -> TopUp:
        """End a payment whose intent Stripe does not know. The issue comes first, so that no crash can omit it."""
        self.tally["payment_issues"] += report_issue(*self.table, lost_payment_issue(topup), self.now)
        return self.fail(topup, Decline(FailureCode.PAYMENT_LOST))

    def end_canceled(self, topup: TopUp) -> TopUp:
        """End an unpaid top-up as canceled."""
        record = partial(backup.record_cancellation, topup=topup, now=self.now, stop=self.gate.stop_of(topup))
        change = record if topup.kind == TopUpKind.AUTOMATIC else keep_state
        self._settlements.end(topup, TopUpStatus.CANCELED, change, self.now)
        return self.reload(topup)

    def _cancel_without_intent(self, topup: TopUp) -> TopUp:
        """Nothing was confirmed, so nothing was charged. Cancel the intents whose creation Stripe did not answer."""
        created_at = datetime.fromisoformat(topup.created_at)
        existing = intents.find(self.stripe, topup.customer_id, created_at, topup.topup_id)
        if isinstance(existing, NoAnswer):
            return self.record_no_answer(topup, existing)
        for intent in existing:
            intents.cancel(self.stripe, intent.intent_id)
        return self.end_canceled(topup)

    def _is_wanted(self, topup: TopUp) -> bool:
        account = self._recharges.snapshot(topup.account_id)
        rule, state = account.recharge.rule, account.recharge.state
        return not account.is_halted and not is_unwanted(rule, state, account.posted_micros, topup, account.time_zone)

    def _may_not_wait(self, topup: TopUp) -> bool:
        """Whether a freeze, or a block of its card, ended a payment's waiting for its customer."""
        account = AccountReader(*self.table, topup.account_id).account()
        return account.was_frozen_since(topup.created_at) or self.gate.cards.is_blocked(topup.card)

    def record_no_answer(self, topup: TopUp, result: NoAnswer | Refused) -> TopUp:
        """Leave the stored top-up unchanged: the outcome is unknown, or Stripe refused the request."""
        self.tally["stripe_refusals" if isinstance(result, Refused) else "stripe_unanswered"] += 1
        return self.reload(topup)

    def report_mismatch(self, topup: TopUp, intent: Intent, reason: str) -> TopUp:
        """Report an intent that must not be credited to its top-up."""
        details = f"top-up {topup.topup_id}: {intent.status}, {intent.amount_micros} micros of {intent.currency}"
        issue = Issue(intent.intent_id, reason, topup.account_id, details)
        self.tally["payment_issues"] += report_issue(*self.table, issue, self.now)
        self.topups.reschedule_check(topup, self.now)
        if topup.kind == TopUpKind.AUTOMATIC:
            self._recharges.release_attempt(topup, self.now)
        return topup

    def reload(self, topup: TopUp) -> TopUp:
        """Read a top-up again."""
        return self.topups.read(topup.account_id, topup.topup_id) or topup
