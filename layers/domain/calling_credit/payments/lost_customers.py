"""Opens the page that saves a card, also for an account whose customer Stripe no longer knows: a new customer replaces
the lost one, once. Two simultaneous requests use the same idempotency key and the first to store its customer wins.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import stripe

from calling_credit.accounts.customer_store import Customer, CustomerStore
from calling_credit.accounts.store import AccountStore
from calling_credit.changes.actor import stripe_actor
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.payments import customers
from calling_credit.payments.stripe_account import StripeAccountGuard
from calling_credit.recharge.store import RechargeStore


class CardSaver:
    """Opens setup pages, and provides customers for payments on Stripe's page, within one request."""

    def __init__(
        self,
        accounts: AccountStore,
        customer_store: CustomerStore,
        recharges: RechargeStore,
        stripe_client: stripe.StripeClient,
        guard: StripeAccountGuard,
    ) -> None:
        self._accounts = accounts
        self._customers = customer_store
        self._recharges = recharges
        self._stripe = stripe_client
        self._guard = guard

    def setup_page(self, account_id: str, page_url: str, now: datetime, extra: Mapping[str, Any] | None = None) -> str:
        """Return the address of Stripe's page that saves a card. Create or replace the account's customer if needed.

        Raises:
            NotFound: unknown_account. Unavailable: payments_unavailable, setup_page_refused, customer_missing,
                stripe_account_changed.
        """
        customer_id, _ = self._stored_or_new(account_id)
        url = customers.setup_page(self._stripe, customer_id, page_url, extra)
        if url is None:
            customer_id = self._replace(account_id, customer_id, now)
            url = customers.setup_page(self._stripe, customer_id, page_url, extra)
        if url is None:
            raise customer_missing(60)
        return url

    def customer(self, account_id: str, now: datetime) -> str:
        """Return the account's customer at Stripe. Create it, or replace one that is lost, if needed.

        Raises:
            NotFound: unknown_account. Unavailable: payments_unavailable, customer_missing, stripe_account_changed.
        """
        customer_id, is_new = self._stored_or_new(account_id)
        if is_new or not customers.is_customer_lost(self._stripe, customer_id):
            return customer_id
        return self._replace(account_id, customer_id, now)

    def _stored_or_new(self, account_id: str) -> tuple[str, bool]:
        """The account's customer, and whether it was created now."""
        customer = self._customers.read(account_id)
        self._guard.require_same(ask_stripe=customer.customer_id is None)
        if customer.customer_id is not None:
            return customer.customer_id, False
        new_customer_id = customers.create_customer(self._stripe, account_id, customer.number)
        return self._accounts.store_customer(account_id, new_customer_id), True

    def _replace(self, account_id: str, lost_id: str, now: datetime) -> str:
        """Replace a customer that Stripe no longer knows, and return the new one."""
        lost = self._customers.read(account_id)
        if lost.customer_id is not None and lost.customer_id != lost_id:
            return lost.customer_id  # Another request was faster.
        if lost.customer_id is None or not customers.is_customer_lost(self._stripe, lost_id):
            raise customers.setup_page_refused()
        self._guard.require_same(ask_stripe=True)
        allowed = lost.next_replacement(now)
        if allowed is not None:
            raise customer_missing(math.ceil((allowed - now).total_seconds()))
        # First, so that the rule tries no lost card.
        self._recharges.lose_cards(account_id, stripe_actor(lost_id), now)
        new_customer_id = customers.create_customer(self._stripe, account_id, lost.number + 1)
        if self._customers.replace(account_id, lost, new_customer_id, now):
            return new_customer_id
        return self._stored(account_id, lost)

    def _stored(self, account_id: str, lost: Customer) -> str:
        """The customer that another request has stored."""
        stored = self._customers.read(account_id).customer_id
        if stored is None or stored == lost.customer_id:
            raise customer_missing(60)
        return stored


def customer_missing(retry_after_seconds: int) -> Unavailable:
    """The error if the customer that replaced a lost one is lost too."""
    return Unavailable(
        ProblemCode.CUSTOMER_MISSING,
        "Stripe has deleted this account's customer again within a day. Try again tomorrow, or contact your provider.",
        retry_after_seconds,
    )
