"""Applies to the rule what happens to its card at Stripe: the bank renews its number or date, the customer saves it
again, or an operator deletes the customer. The current object is read from Stripe.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import stripe

from calling_credit.accounts.store import AccountStore
from calling_credit.changes.actor import stripe_actor
from calling_credit.instants import format_instant
from calling_credit.payments import cards, customers
from calling_credit.payments.card_store import CardStore
from calling_credit.payments.cards import SavedCard
from calling_credit.payments.stripe_account import StripeAccountGuard
from calling_credit.payments.webhook_signature import StripeEvent
from calling_credit.recharge.backup_store import BackupStore
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.rule_card import rule_card, store_rule_card
from calling_credit.recharge.store import RechargeStore
from calling_credit.topups.card_history import CardHistory
from calling_credit.topups.topup import Card

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CARD_RENEWED: Final = frozenset({"payment_method.updated", "payment_method.automatically_updated"})
CUSTOMER_DELETED: Final = "customer.deleted"


class RuleCards:
    """Keeps the cards of rules up to date for the length of one invocation."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        stripe_client: stripe.StripeClient,
        guard: StripeAccountGuard,
        now: datetime,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._stripe = stripe_client
        self._guard = guard
        self._now = now
        self._accounts = AccountStore(client, table_name)
        self._cards = CardStore(client, table_name)
        self._recharges = RechargeStore(client, table_name)
        self._backups = BackupStore(client, table_name)

    def require_same_account(self) -> None:
        """Return if the key belongs to the stack's Stripe account. Stripe is asked, because it shows no card.

        Raises:
            Unavailable: stripe_account_changed; payments_unavailable; stripe_refuses_us.
        """
        self._guard.require_same(ask_stripe=True)

    def handle_renewed_card(self, event: StripeEvent) -> str:
        """A saved card has a new number or date. The new number inherits block and declines, also if no rule uses it.

        Raises:
            Unavailable: payments_unavailable, or the table did not answer.
        """
        account_id = self._account_of(event.customer_id)
        card = None if account_id is None else cards.find_own_card(self._stripe, event.customer_id, event.object_id)
        if account_id is None or card is None:
            return "ignored"
        if event.previous_fingerprint:
            at = datetime.fromtimestamp(event.created, UTC) if event.created else self._now
            old = Card(card.payment_method_id, "", "", event.previous_fingerprint)
            self._cards.inherit(old, card, self._now, format_instant(at))
        self._backups.refresh(account_id, card, stripe_actor(card.payment_method_id), self._now)
        rule = self._recharges.recharge(account_id).rule
        if rule is None or rule.payment_method_id != card.payment_method_id:
            return "card_renewed"
        self._store(account_id, rule, card)
        return "rule_renewed"

    def handle_saved_card(self, account_id: str, customer_id: str) -> None:
        """A card was saved. If it is the rule's own, the rule follows the newer payment method.

        Raises:
            Unavailable: payments_unavailable, or the table did not answer.
        """
        if self._accounts.customer_of(account_id) != customer_id:
            return
        rule = self._recharges.recharge(account_id).rule
        if rule is not None:
            self.follow(account_id, rule, cards.list_cards(self._stripe, customer_id)[0])

    def handle_deleted_customer(self, event: StripeEvent) -> str:
        """A customer was deleted, and its cards with it: suspend the rule, and end the use of the backup card.

        Raises:
            Unavailable: payments_unavailable, stripe_account_changed, or the table did not answer.
        """
        stored = self._accounts.customer_of(event.account_id) if event.account_id else None
        if stored != event.object_id or not customers.is_customer_lost(self._stripe, event.object_id):
            return "ignored"
        self._guard.require_same(ask_stripe=True)
        has_rule = self._recharges.lose_cards(event.account_id, stripe_actor(event.object_id), self._now)
        return "suspended" if has_rule else "ignored"

    def refresh(self, account_id: str, rule: Rule) -> None:
        """Read the card of a rule again. Suspend the rule if Stripe no longer has the card.

        Raises:
            Unavailable: payments_unavailable, stripe_account_changed, or the table did not answer.
        """
        card = cards.find_own_card(self._stripe, self._accounts.customer_of(account_id), rule.payment_method_id)
        if card is not None:
            self._store(account_id, rule, card)
            return
        self._guard.require_same(ask_stripe=True)
        actor = stripe_actor(rule.payment_method_id)
        self._recharges.suspend_for_removed_card(account_id, rule.payment_method_id, actor, self._now)

    def follow(self, account_id: str, rule: Rule, saved: Iterable[SavedCard], *, may_switch: bool = True) -> bool:
        """Give a rule the current data of its card, or, if it may switch, the newer payment method of the same number.
        Return whether it changed. Nothing else depends on it: the older payment method remains usable.
        """
        for one in saved:
            followed = one.payment_method_ids if may_switch else (one.card.payment_method_id,)
            if rule.payment_method_id in followed:
                return self._store(account_id, rule, one.card)
        return False

    def follow_backup(self, account_id: str, backup: Card | None, saved: Iterable[SavedCard]) -> Card | None:
        """Give the account the current data of its backup card, or end the use of one that is no longer saved. Return
        the backup card.

        Raises:
            Unavailable: busy, or the table did not answer.
        """
        if backup is None:
            return None
        actor = stripe_actor(backup.payment_method_id)
        current = next((one.card for one in saved if backup.payment_method_id in one.payment_method_ids), None)
        if current is None:
            self._backups.clear(account_id, [backup.payment_method_id], actor, self._now)
        elif current != backup:
            self._backups.refresh(account_id, current, actor, self._now)
        return current

    def histories(self, saved: Iterable[SavedCard]) -> dict[str, CardHistory]:
        """What saved cards still allow, by payment method."""
        return self._cards.states((one.card for one in saved), self._now)

    def _store(self, account_id: str, rule: Rule, card: Card) -> bool:
        is_renewed = rule.card_expires not in ("", card.expires)
        if is_renewed or rule.fingerprint != card.fingerprint:
            at = format_instant(self._now) if is_renewed else None
            # First, so that a crash leaves the renewal to be found again.
            self._cards.inherit(rule_card(rule), card, self._now, at)
        return store_rule_card(self._client, self._table_name, account_id, rule, card, self._now)

    def _account_of(self, customer_id: str) -> str | None:
        """The account whose stored customer this is."""
        account_id = customers.account_of_customer(self._stripe, customer_id) if customer_id else ""
        return account_id if account_id and self._accounts.customer_of(account_id) == customer_id else None
