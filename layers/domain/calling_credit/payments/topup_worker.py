"""Carries a top-up from one state to the next: stores what it is about to do, asks Stripe, stores what came of it.
Every step may be the last of a process that dies, and any other process goes on from what is stored.

What is sent is always a stored request under a key made of the payment's id, so sending it again is safe; an intent is
confirmed only after its id is stored; and whatever Stripe has taken is credited, by whoever notices first.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import stripe

from calling_credit.accounts.reader import AccountReader
from calling_credit.payments import intents
from calling_credit.payments.issues import Issue, keep_issue
from calling_credit.payments.safe_retries import NOT_MADE, ask_to_confirm, ask_to_create, confirm_key, is_card_gone
from calling_credit.payments.settlement import Settler, unchanged
from calling_credit.payments.stripe_client import NoAnswer, Refused, no_answer
from calling_credit.recharge import attempts
from calling_credit.recharge.decision import is_unwanted
from calling_credit.recharge.store import RechargeKeeper
from calling_credit.topups.declines import CARD_REMOVED, Decline
from calling_credit.topups.items import next_look
from calling_credit.topups.store import TopUps
from calling_credit.topups.topup import (
    ABANDONED_AFTER,
    CHALLENGE_LASTS,
    KEY_LASTS,
    LEASE,
    MOVED_ON_AFTER,
    Intent,
    TopUp,
    mismatch,
    next_step,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_STEPS: Final = 6
WAITS_FOR_CUSTOMER: Final = ("challenge", "await_customer")
UNREADABLE: Final = Decline("card_declined")


class Cashier:
    """Works on top-ups for the length of one invocation. `tally` counts what operators watch."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        stripe_client: stripe.StripeClient,
        now: datetime,
        seconds_left: Callable[[], float],
    ) -> None:
        self.topups = TopUps(client, table_name)
        self.tally: Counter[str] = Counter()
        self._settler = Settler(client, table_name)
        self._recharges = RechargeKeeper(client, table_name)
        self._dynamodb = client
        self._table_name = table_name
        self.stripe = stripe_client
        self.now = now
        self._seconds_left = seconds_left

    def carry_on(self, topup: TopUp) -> TopUp:
        """Go on with a top-up this process has the lease of, until it ends or has to wait; as it then is.

        Raises:
            Unavailable: the table did not answer; what was stored before stands, and the next one goes on from there.
        """
        if topup.status == "succeeded":
            return self._finish(topup)
        if topup.intent_id is not None:
            said = intents.retrieve(self.stripe, topup.intent_id)
            return self.act(topup, said) if isinstance(said, Intent) else self._wait(topup, said)
        return self._cancel_without_intent(topup) if self._is_given_up(topup) else self._begin(topup)

    def _begin(self, topup: TopUp) -> TopUp:
        """Make the intent, store its id, and only then go on to have it confirmed."""
        said = ask_to_create(self.stripe, topup, self._seconds_left)
        if isinstance(said, Refused) and said != NOT_MADE and is_card_gone(self.stripe, topup, said):
            return self._fail(topup, Decline(CARD_REMOVED))  # Nothing was ever confirmed.
        if said == NOT_MADE:
            return self._cancel(topup)
        if not isinstance(said, Intent):
            return self._wait(topup, said)
        kept = self.topups.keep_intent(topup, said.intent_id, self.now)
        if kept is None:
            kept = self._again(topup)
            if kept.intent_id != said.intent_id or not kept.is_open:
                intents.cancel(self.stripe, said.intent_id)  # Given up meanwhile: nobody may confirm it any more.
                return kept
        return self.act(kept, said)

    def act(self, topup: TopUp, intent: Intent) -> TopUp:
        """Do what an intent's state asks for, and what that leads to; the top-up as it then is."""
        if topup.status == "created" and mismatch(topup, intent) is None:
            topup = self.topups.keep_intent(topup, intent.intent_id, self.now) or self._again(topup)
        for _ in range(MOST_STEPS):
            reason = mismatch(topup, intent)
            if reason is not None:
                return self._list(topup, intent, reason)
            step = next_step(topup, intent)
            if step == "settle":
                return self._settle(topup, intent)
            if not topup.is_open:
                return topup
            if step in ("fail", "cancel"):
                return self._end(topup, intent, step)
            if step == "confirm" and not self._is_given_up(topup):
                topup, said = ask_to_confirm(self.stripe, self.topups, topup, self.now, self._seconds_left)
            elif step in ("confirm", "give_up") or (step in WAITS_FOR_CUSTOMER and self._is_expired(topup)):
                topup = self._remember(topup, intent, step)
                said = intents.cancel(self.stripe, intent.intent_id)
            else:
                return self._rest(topup, intent, step)
            if not isinstance(said, Intent):
                return self._wait(topup, said)
            intent = said
        return topup

    def cancel(self, topup: TopUp) -> TopUp:
        """Make sure that a top-up which waits for its customer takes no money, before another payment is begun. If it
        was paid meanwhile, it is credited; one that Stripe does not know takes none.

        Raises:
            Unavailable: payments_unavailable, it may still take money; or the table did not answer.
        """
        if topup.intent_id is None:
            return self._cancel_without_intent(topup)
        said = intents.cancel(self.stripe, topup.intent_id)
        if isinstance(said, NoAnswer):
            raise no_answer()
        return self.act(topup, said) if isinstance(said, Intent) else topup

    def confirm_on_session(self, topup: TopUp, request: str) -> TopUp:
        """The customer is there now: confirm the same intent once more, with the way back for their bank.

        Raises:
            Unavailable: the table did not answer.
        """
        kept = self.topups.keep_confirmation(topup, request, self.now)
        if kept is None or kept.intent_id is None:
            return self._again(topup)
        said = intents.confirm(self.stripe, kept.intent_id, intents.request_of(kept.confirm_request), confirm_key(kept))
        return self.act(kept, said) if isinstance(said, Intent) else self.carry_on(kept)

    def _settle(self, topup: TopUp, intent: Intent) -> TopUp:
        if topup.status != "succeeded":
            account = AccountReader(self._dynamodb, self._table_name, topup.account_id)
            is_credited_now = self._settler.settle(topup, intent, account.settings()["time_zone"], self.now)
            self.tally["top_ups_settled"] += is_credited_now
            self.tally["top_ups_settled_after_end"] += is_credited_now and topup.status in ("failed", "canceled")
        return self._finish(topup)

    def _finish(self, topup: TopUp) -> TopUp:
        if topup.status == "succeeded" and topup.is_finished:
            return topup
        self._settler.finish(topup, partial(attempts.paid, topup=topup), self.now)
        return self._again(topup)

    def _rest(self, topup: TopUp, intent: Intent, step: str) -> TopUp:
        """Nothing to do but to wait: for Stripe, or for the customer."""
        if step == "challenge":
            if topup.kind == "manual" and topup.age(self.now) > ABANDONED_AFTER:
                self.topups.nudge(topup.account_id)  # It keeps no recharge from being needed any more.
            return self.topups.note(topup, "requires_action", intent.next_action_url, self.now) or self._again(topup)
        if step == "await_customer":
            if topup.status == "requires_action":
                return self.topups.note(topup, "requires_action", None, self.now) or self._again(topup)
            decline = intent.decline or UNREADABLE
            change = partial(attempts.awaiting_customer, topup=topup)
            self._settler.await_customer(topup, change, decline.code, next_look(topup, self.now), self.now)
            self.tally["recharges_suspended"] += 1
            return self._again(topup)
        return self.topups.note(topup, "processing", None, self.now) or self._again(topup)

    def _remember(self, topup: TopUp, intent: Intent, step: str) -> TopUp:
        """Keep the bank's refusal before the intent is canceled, so that it is not forgotten halfway."""
        if step != "give_up":
            return topup
        return self.topups.keep_decline(topup, intent.decline or UNREADABLE, self.now) or topup

    def _end(self, topup: TopUp, intent: Intent, step: str) -> TopUp:
        decline = intent.decline or topup.decline or UNREADABLE
        return self._fail(topup, decline) if step == "fail" else self._cancel(topup)

    def _fail(self, topup: TopUp, decline: Decline) -> TopUp:
        change = partial(attempts.declined, topup=topup, decline=decline, now=self.now)
        self.tally["top_ups_failed"] += self._settler.end(
            topup,
            "failed",
            change if topup.kind == "automatic" else unchanged,
            self.now,
            failure_code=decline.code,
        )
        return self._again(topup)

    def _cancel(self, topup: TopUp) -> TopUp:
        change = partial(attempts.canceled, topup=topup) if topup.kind == "automatic" else unchanged
        self._settler.end(topup, "canceled", change, self.now)
        return self._again(topup)

    def _cancel_without_intent(self, topup: TopUp) -> TopUp:
        """Nothing was confirmed, so nothing can have been taken; intents made without our hearing of it are
        canceled.
        """
        made = datetime.fromisoformat(topup.created_at)
        found = intents.find(self.stripe, topup.customer_id, made, topup.topup_id)
        if isinstance(found, NoAnswer):
            return self._wait(topup, found)
        for intent in found:
            intents.cancel(self.stripe, intent.intent_id)
        return self._cancel(topup)

    def _is_given_up(self, topup: TopUp) -> bool:
        """Whether it must not be begun any more: its person has left, its keys are forgotten, or nobody wants it."""
        age = topup.age(self.now)
        if topup.kind == "manual":
            return age > MOVED_ON_AFTER
        return age > KEY_LASTS or (age >= LEASE and self._is_unwanted(topup))

    def _is_unwanted(self, topup: TopUp) -> bool:
        account = self._recharges.snapshot(topup.account_id)
        rule, state = account.recharge.rule, account.recharge.state
        return account.is_halted or is_unwanted(rule, state, account.posted_micros, topup, account.time_zone)

    def _is_expired(self, topup: TopUp) -> bool:
        return topup.status == "requires_action" and topup.age(self.now) > CHALLENGE_LASTS

    def _wait(self, topup: TopUp, said: Intent | NoAnswer | Refused) -> TopUp:
        """Nobody knows, or Stripe finds fault with our request: what is stored stays, and is looked at again later."""
        self.tally["stripe_refusals" if isinstance(said, Refused) else "stripe_unanswered"] += 1
        return self._again(topup)

    def _list(self, topup: TopUp, intent: Intent, reason: str) -> TopUp:
        details = f"top-up {topup.topup_id}: {intent.status}, {intent.amount_micros} micros of {intent.currency}"
        issue = Issue(intent.intent_id, reason, topup.account_id, details)
        self.tally["payment_issues"] += keep_issue(self._dynamodb, self._table_name, issue, self.now)
        self.topups.look_later(topup, self.now)
        if topup.kind == "automatic":
            self._recharges.set_aside(topup, self.now)
        return topup

    def _again(self, topup: TopUp) -> TopUp:
        return self.topups.read(topup.account_id, topup.topup_id) or topup
