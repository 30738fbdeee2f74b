"""Moves a payment on Stripe's page from one state to the next. Its page, its callbacks, and the sweeper may do so at
once, because each step is repeated without harm: Stripe is asked, and the stored top-up changes on a condition.

A page that is over is expired at Stripe before the top-up ends, so that it is not paid unnoticed. Money that arrives
after all is credited.
"""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, assert_never

import stripe

from calling_credit.accounts.reader import AccountReader
from calling_credit.payments.checkout_sessions import PageResult, expire_session, read_session
from calling_credit.payments.confirm_gate import ConfirmGate
from calling_credit.payments.issues import Issue, IssueCode, report_issue
from calling_credit.payments.lost_intents import retrieve_intent
from calling_credit.payments.stripe_account import StripeAccountGuard
from calling_credit.payments.stripe_client import MISSING, NoAnswer, Refused, payments_unavailable
from calling_credit.topups import checkout, decision
from calling_credit.topups.checkout import CheckoutPage, next_checkout_action
from calling_credit.topups.declines import Decline
from calling_credit.topups.items import next_check
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import MANUAL_LEASE, Intent, TopUp, TopUpKind, TopUpStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_STEPS: Final = 8
"""More steps than one invocation ever needs: read, expire, read again, and end."""


class CheckoutWorker(Protocol):
    """What the worker of all top-ups does for those on Stripe's page."""

    table: tuple["DynamoDBClient", str]
    stripe: stripe.StripeClient
    guard: StripeAccountGuard
    gate: ConfirmGate
    topups: TopUpStore
    now: datetime

    def settle(self, topup: TopUp, intent: Intent) -> TopUp:
        """Credit a paid top-up."""

    def finish(self, topup: TopUp) -> TopUp:
        """Apply a credited top-up to automatic recharge."""

    def fail(self, topup: TopUp, decline: Decline) -> TopUp:
        """End an unpaid top-up as failed."""

    def fail_lost(self, topup: TopUp) -> TopUp:
        """End a payment that Stripe does not know."""

    def end_canceled(self, topup: TopUp) -> TopUp:
        """End an unpaid top-up as canceled."""

    def record_no_answer(self, topup: TopUp, result: NoAnswer | Refused) -> TopUp:
        """Leave the stored top-up unchanged."""

    def report_mismatch(self, topup: TopUp, intent: Intent, reason: str) -> TopUp:
        """Report an intent that must not be credited to its top-up."""

    def reload(self, topup: TopUp) -> TopUp:
        """Read a top-up again."""


_Known = tuple[CheckoutPage | None, Intent | None]
"""What Stripe has said of the session and its intent."""


def advance_checkout(worker: CheckoutWorker, topup: TopUp, intent: Intent | None = None) -> TopUp:
    """Work on a payment on Stripe's page until it ends or has to wait. No lease is needed.

    Raises:
        Unavailable: the table did not answer, or `stripe_account_changed`. The next worker resumes.
    """
    known: _Known = None, intent
    may_not_wait = partial(_is_halted, worker, topup)
    for _ in range(MAX_STEPS):
        action = next_checkout_action(topup, *known, worker.now, may_not_wait)
        match action:
            case checkout.ReadPage(session_id):
                result = read_session(worker.stripe, session_id)
            case checkout.ExpirePage(session_id):
                result = expire_session(worker.stripe, session_id)
            case decision.RetrieveIntent(intent_id):
                found = retrieve_intent(worker.stripe, worker.guard, intent_id)
                if not isinstance(found, Intent):
                    return worker.fail_lost(topup) if found is None else worker.record_no_answer(topup, found)
                known = None, found
                continue
            case _:
                return _end(worker, topup, action, known)
        if not isinstance(result, CheckoutPage):
            return _without_page(worker, topup, result)
        known = result, result.intent
    return topup


def _end(  # noqa: PLR0911 One return for each action.
    worker: CheckoutWorker, topup: TopUp, action: checkout.Action, known: _Known
) -> TopUp:
    """Apply the last action of an invocation."""
    page, intent = known
    match action:
        case decision.Settle(paid):
            return worker.settle(_with_card(topup, paid), paid)
        case decision.Finish():
            return worker.finish(topup)
        case decision.Cancel():
            return worker.end_canceled(topup)
        case decision.Fail(decline):
            return worker.fail(_remember(worker, topup, intent, is_shown=page is not None), decline)
        case decision.RecordStatus(status):
            return _remember(worker, topup, intent, status)
        case decision.ReportMismatch(found, reason):
            return worker.report_mismatch(topup, found, reason)
        case checkout.AwaitPage():
            return worker.topups.await_page(topup, worker.now) if topup.lease_until else topup
        case decision.Leave() | decision.RetrieveIntent() | checkout.ReadPage() | checkout.ExpirePage():
            return topup
        case _:
            assert_never(action)


def give_up_checkout(worker: CheckoutWorker, topup: TopUp) -> TopUp:
    """Make sure that a page is not paid, before its customer starts another payment. If it was paid meanwhile, credit
    it. A page that another request is opening is not left, and stays.

    Raises:
        Unavailable: `payments_unavailable`, it may still be paid; or the table did not answer.
    """
    if topup.session_id is None:  # As it was read. With the lease, no request opens its page from now on.
        leased = worker.topups.acquire_lease(topup, MANUAL_LEASE, worker.now)
        if leased is None:
            return worker.reload(topup)
        if leased.session_id is None:
            return worker.end_canceled(leased)  # No one has seen a page.
        topup = worker.topups.await_page(leased, worker.now)
    result = expire_session(worker.stripe, topup.session_id or "")
    if isinstance(result, NoAnswer):
        raise payments_unavailable()
    if isinstance(result, Refused):
        return _without_page(worker, topup, result)
    action = next_checkout_action(topup, result, result.intent, worker.now, lambda: True)
    return _end(worker, topup, action, (result, result.intent))


def report_blocked_card(worker: CheckoutWorker, topup: TopUp) -> bool:
    """Tell the operator if a page was paid with a blocked card, which only Stripe could have refused. The payment is
    credited like any other. Return whether there is a new issue.
    """
    if topup.kind != TopUpKind.CHECKOUT or not topup.has_card or not worker.gate.cards.is_blocked(topup.card):
        return False
    details = (
        f"top-up {topup.topup_id} was paid on Stripe's page with the blocked {topup.card.brand} {topup.card.last4}"
    )
    issue = Issue(
        topup.intent_id or topup.topup_id,
        IssueCode.CARD_BLOCKED,
        topup.account_id,
        details,
        f"paid blocked {topup.topup_id}",
    )
    return report_issue(*worker.table, issue, worker.now)


def _is_halted(worker: CheckoutWorker, topup: TopUp) -> bool:
    """Whether the account was frozen, or closed, since the page was opened."""
    account = AccountReader(*worker.table, topup.account_id).account()
    return account.is_closed or account.was_frozen_since(topup.created_at)


def _with_card(topup: TopUp, intent: Intent) -> TopUp:
    return replace(topup, intent_id=intent.intent_id, card=intent.card or topup.card)


def _remember(
    worker: CheckoutWorker,
    topup: TopUp,
    intent: Intent | None,
    status: TopUpStatus | None = None,
    *,
    is_shown: bool = False,
) -> TopUp:
    """Store what pays, and check again later. `is_shown`: Stripe's page has shown the decline, so no mail repeats
    it.
    """
    if intent is None:
        return topup
    known, now = _with_card(topup, intent), worker.now
    changed = worker.topups.store_method(known, status or topup.status, next_check(topup, now), now, is_shown=is_shown)
    return changed or worker.reload(topup)


def _without_page(worker: CheckoutWorker, topup: TopUp, result: PageResult) -> TopUp:
    """Leave the top-up unchanged, unless the stack's Stripe account no longer knows its session: whether it was paid
    cannot be found out then.

    Raises:
        Unavailable: stripe_account_changed, another Stripe account may know it.
    """
    if isinstance(result, Refused) and result.code == MISSING:
        worker.guard.require_same(ask_stripe=True)
        return worker.fail_lost(topup)
    if isinstance(result, CheckoutPage):
        return topup
    worker.topups.reschedule_check(topup, worker.now)
    return worker.record_no_answer(topup, result)
