"""Handles Stripe events, from callbacks or from the list of events. The current object is read from Stripe, so order
and repetition do not matter.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

import stripe

from calling_credit.accounts.freeze_times import was_open_while_frozen
from calling_credit.accounts.freezing import read_item
from calling_credit.accounts.store import AccountStore
from calling_credit.changes.actor import stripe_actor
from calling_credit.dynamodb import keys
from calling_credit.payments import customers, fraud, intents
from calling_credit.payments.card_changes import CARD_RENEWED, CUSTOMER_DELETED, RuleCards
from calling_credit.payments.card_records import record_card
from calling_credit.payments.cards import keep_first_card_as_default
from calling_credit.payments.issues import Issue, IssueCode, report_issue
from calling_credit.payments.reversal import reverse_topup
from calling_credit.payments.setup_pages import read_saved_card, record_saved_card, refuse_saved_card
from calling_credit.payments.stripe_client import NoAnswer, payments_unavailable
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.payments.webhook_signature import StripeEvent
from calling_credit.recharge.backup_store import BackupStore
from calling_credit.recharge.store import RechargeStore
from calling_credit.topups.reversals import warning_signal
from calling_credit.topups.topup import Card, Intent, TopUp, TopUpStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REVERSAL_EVENTS: Final = ("charge.refund", "charge.dispute.", "refund.")
WARNING_EVENTS: Final = frozenset(f"radar.early_fraud_warning.{what}" for what in ("created", "updated"))
PAYMENT_EVENTS: Final = frozenset(
    f"payment_intent.{what}" for what in ("succeeded", "payment_failed", "processing", "requires_action", "canceled")
)
DISPUTE_EVENTS: Final = ("created", "updated", "closed", "funds_withdrawn", "funds_reinstated")
PAGE_COMPLETED: Final = "checkout.session.completed"
PAGE_PAID_LATER: Final = frozenset(f"checkout.session.async_payment_{how}" for how in ("succeeded", "failed"))
"""How a payment ended whose page was completed before: by bank account, for example."""
CARD_REMOVED: Final = "payment_method.detached"
ENDPOINT_EVENTS: Final = frozenset(
    {
        *PAYMENT_EVENTS,
        PAGE_COMPLETED,
        *PAGE_PAID_LATER,
        CARD_REMOVED,
        *WARNING_EVENTS,
        CUSTOMER_DELETED,
        *CARD_RENEWED,
        "charge.refunded",
        "charge.refund.updated",
        *(f"refund.{what}" for what in ("created", "updated", "failed")),
        *(f"charge.dispute.{what}" for what in DISPUTE_EVENTS),
        *(f"radar.early_fraud_warning.{what}" for what in ("created", "updated")),
    }
)
"""The events that the endpoint at Stripe must send. docs/deploy.md lists them, and `make check-stripe` compares."""
SWEPT_EVENTS: Final = ENDPOINT_EVENTS - {
    "charge.refunded",
    "charge.refund.updated",
    "payment_intent.processing",
    "payment_intent.requires_action",
    *PAGE_PAID_LATER,
}
"""The events that the sweep lists, at most 20 (docs.stripe.com/api/events/list). The others repeat what it lists, or
are about open payments, which are checked anyway.
"""


class StripeEventHandler:
    """Handles events for the length of one invocation. `tally` counts what operators watch."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        stripe_client: stripe.StripeClient,
        now: datetime,
        seconds_left: Callable[[], float],
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._stripe = stripe_client
        self._now = now
        self._worker = TopUpWorker(client, table_name, stripe_client, now, seconds_left)
        self._recharges = RechargeStore(client, table_name)
        self._rule_cards = RuleCards(client, table_name, stripe_client, self._worker.guard, now)

    @property
    def tally(self) -> Counter[str]:
        """The counts so far."""
        return self._worker.tally

    def handle(self, event: StripeEvent) -> str:
        """Handle an event, and return the outcome; "ignored" for other types.

        Raises:
            Unavailable: Stripe or the table did not answer; the same event is safe again.
        """
        if not event.object_id:
            return "ignored"
        if event.kind in PAYMENT_EVENTS:
            topup = self._bring_up_to_date(event, event.object_id)
            return topup.status if isinstance(topup, TopUp) else topup
        if event.kind.startswith(REVERSAL_EVENTS) or event.kind in WARNING_EVENTS:
            return self._handle_warning(event) if event.kind in WARNING_EVENTS else self._handle_reversal(event)
        if event.kind == PAGE_COMPLETED or event.kind in PAGE_PAID_LATER:
            return self._handle_page(event)
        if event.kind in CARD_RENEWED:
            return self._rule_cards.handle_renewed_card(event)
        if event.kind == CUSTOMER_DELETED:
            return self._rule_cards.handle_deleted_customer(event)
        return self._handle_removed_card(event) if event.kind == CARD_REMOVED else "ignored"

    def _handle_page(self, event: StripeEvent) -> str:
        """Handle a completed page at Stripe: bring its payment, if it has one, up to date, then its card."""
        topup = self._bring_up_to_date(event, event.intent_id) if event.intent_id else None
        if topup is None:
            return self._handle_saved_card(event) if event.kind == PAGE_COMPLETED else "ignored"
        if not isinstance(topup, TopUp):
            return topup
        if event.kind == PAGE_COMPLETED:
            self._handle_saved_card(event)
        return topup.status

    def _handle_saved_card(self, event: StripeEvent) -> str:
        """Handle a card that was saved on Stripe's page: the first is the default, and a rule follows its own card. It
        is removed if the account was frozen while the page was open.
        """
        saved = read_saved_card(self._stripe, event.object_id)
        if saved is None:
            return "ignored"
        account = read_item(self._client, self._table_name, saved.account_id, keys.account_sk()) or {}
        completed_at = event.created or int(self._now.timestamp())
        if saved.is_new and was_open_while_frozen(account, saved.opened_at, completed_at):
            refuse_saved_card(self._stripe, self._client, self._table_name, saved)
            self._record_card(saved.account_id, saved.card, event.object_id, is_saved=False)
            return "card_refused"
        keep_first_card_as_default(self._stripe, saved.customer, saved.card.payment_method_id)
        self._rule_cards.handle_saved_card(saved.account_id, saved.customer.id)
        record_saved_card(self._client, self._table_name, saved, self._now)
        self._record_card(saved.account_id, saved.card, event.object_id, is_saved=True)
        return "card_saved"

    def _bring_up_to_date(self, event: StripeEvent, intent_id: str) -> TopUp | str:
        """Bring a top-up up to date with its intent. Report an intent without a top-up to operators, and return the
        issue's code.
        """
        intent = intents.retrieve(self._stripe, intent_id)
        if isinstance(intent, NoAnswer):
            raise payments_unavailable()
        if not isinstance(intent, Intent):
            return self._report(
                Issue(intent_id, IssueCode.UNKNOWN_OBJECT, "", f"{event.kind}: Stripe does not return it")
            )
        is_named = bool(intent.account_id and intent.topup_id)
        topup = self._worker.topups.read(intent.account_id, intent.topup_id) if is_named else None
        if topup is None:
            return self._report(
                Issue(intent.intent_id, IssueCode.FOREIGN_PAYMENT, intent.account_id, f"{event.kind}: {intent.status}")
            )
        return "not_confirmed" if intent.status == "requires_confirmation" else self._worker.advance(topup, intent)

    def _handle_reversal(self, event: StripeEvent) -> str:
        """Handle a refund or dispute: settle the payment if necessary, then reverse its losses. A dispute blocks the
        card also if its payment is not credited, because it differs from our request.
        """
        topup = self._bring_up_to_date(event, event.intent_id) if event.intent_id else "ignored"
        if not isinstance(topup, TopUp):
            return topup
        if topup.status != TopUpStatus.SUCCEEDED and not event.kind.startswith("charge.dispute."):
            return topup.status
        outcome = reverse_topup(
            self._client, self._table_name, self._stripe, topup.account_id, topup.topup_id, self._now, self.tally
        )
        self.tally[f"top_ups_{outcome}"] += outcome in ("reversed", "returned")
        return outcome

    def _handle_warning(self, event: StripeEvent) -> str:
        """Handle an early fraud warning: block the card and suspend automatic recharge, once."""
        intent_id = event.intent_id or fraud.warned_intent(self._stripe, event.object_id)
        topup = self._bring_up_to_date(event, intent_id) if intent_id else "ignored"
        if not isinstance(topup, TopUp):
            return topup
        guard = fraud.FraudGuard(self._client, self._table_name, self._stripe, self._now)
        try:
            return "suspected" if guard.answer(topup, [warning_signal(event.object_id)]) else "unchanged"
        finally:
            self.tally.update(guard.tally)

    def _handle_removed_card(self, event: StripeEvent) -> str:
        """Handle a removed card, also if it was removed at Stripe: suspend automatic recharge that uses it."""
        if not event.customer_id:
            return "ignored"
        account_id = customers.account_of_customer(self._stripe, event.customer_id)
        stored = AccountStore(self._client, self._table_name).customer_of(account_id) if account_id else None
        if stored != event.customer_id:
            details = f"{event.kind} of {event.customer_id}"
            return self._report(Issue(event.object_id, IssueCode.FOREIGN_CARD, account_id, details))
        actor = stripe_actor(event.object_id)
        was_suspended = self._recharges.suspend_for_removed_card(account_id, event.object_id, actor, self._now)
        BackupStore(self._client, self._table_name).clear(account_id, [event.object_id], actor, self._now)
        self._record_card(account_id, Card(event.object_id, "", "", ""), event.object_id, is_saved=False)
        return "suspended" if was_suspended else "ignored"

    def _record_card(self, account_id: str, card: Card, object_id: str, *, is_saved: bool) -> None:
        """Record that a card was saved or removed, unless it is recorded already."""
        look = (card.brand, card.last4) if card.last4 else None
        actor = stripe_actor(object_id)
        method = card.payment_method_id
        record_card(self._client, self._table_name, account_id, method, actor, self._now, is_saved=is_saved, look=look)

    def _report(self, issue: Issue) -> str:
        """Report an issue to operators; Stripe's event counts as handled."""
        self.tally["payment_issues"] += report_issue(self._client, self._table_name, issue, self._now)
        return issue.code
