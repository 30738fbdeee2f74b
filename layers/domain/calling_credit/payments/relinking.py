"""Plans and applies the relinking of accounts after a move to another Stripe account. Money is never touched.

Every step has a condition and may be repeated, so an interrupted run continues where it stopped.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import stripe

from calling_credit.accounts.customer_store import Customer, CustomerStore
from calling_credit.changes.actor import Actor
from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.sweep import query_due, read_listed
from calling_credit.dynamodb.unreadable import OnUnreadable, raise_unreadable, readable
from calling_credit.payments.cards import find_own_card
from calling_credit.payments.customers import account_in
from calling_credit.payments.stripe_client import public_error
from calling_credit.recharge.backup_store import BackupStore
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.rule_card import rule_card
from calling_credit.recharge.store import RechargeStore
from calling_credit.topups.items import TOPUP_KIND
from calling_credit.topups.topup import Card

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACCOUNT_KIND = "account"


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """What relinking does to one account: the lost customer to clear, and the lost card whose rule to suspend."""

    account_id: str
    lost_customer: Customer | None
    lost_card: Card | None

    @property
    def has_changes(self) -> bool:
        """Whether anything is to do."""
        return self.lost_customer is not None or self.lost_card is not None


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account's customer and rule, as the table has them."""

    account_id: str
    customer: Customer
    recharge: Recharge


class Relinker:
    """Relinks accounts to the Stripe account of a key."""

    def __init__(self, client: "DynamoDBClient", table_name: str, stripe_client: stripe.StripeClient) -> None:
        self._client = client
        self._table_name = table_name
        self._stripe = stripe_client
        self._customers = CustomerStore(client, table_name)
        self._recharges = RechargeStore(client, table_name)
        self._backups = BackupStore(client, table_name)

    def accounts(self, on_unreadable: OnUnreadable = raise_unreadable) -> Iterator[StoredAccount]:
        """Yield every readable account of the stack. Read them before Stripe's customers, so that no customer created
        meanwhile looks lost.
        """
        for item in read_listed(self._client, self._table_name, ACCOUNT_KIND, on_unreadable):
            yield from readable([item], self._stored, on_unreadable)

    def _stored(self, item: Mapping[str, Any]) -> StoredAccount:
        account_id = keys.account_of(item["PK"])
        return StoredAccount(account_id, self._customers.read(account_id), self._recharges.recharge(account_id))

    def open_topups(self) -> dict[str, list[str]]:
        """The ids of the top-ups that have not ended, by account."""
        found: dict[str, list[str]] = defaultdict(list)
        for partition in sweep_keys.sweep_partitions(TOPUP_KIND):
            for item in query_due(self._client, self._table_name, partition, keys.AFTER):
                found[keys.account_of(item["PK"]["S"])].append(keys.id_of(item["SK"]["S"]))
        return dict(found)

    def known_customers(self) -> dict[str, str]:
        """The customers that the Stripe account has, with the account that each names ("" if none).

        Raises:
            Unavailable: payments_unavailable, stripe_refuses_us.
        """
        try:
            listed = self._stripe.v1.customers.list({"limit": 100}).auto_paging_iter()
            return {customer.id: account_in(customer) for customer in listed}
        except stripe.StripeError as error:
            raise public_error(error) from error

    def plan(self, account: StoredAccount, known_customers: dict[str, str]) -> AccountPlan:
        """Decide what relinking does to an account. A rule that is already suspended by its card stays as it is.

        Raises:
            Unavailable: payments_unavailable.
        """
        account_id, customer, customer_id = account.account_id, account.customer, account.customer.customer_id
        is_known = customer_id is not None and known_customers.get(customer_id) in ("", account_id)
        lost = None if customer_id is None or is_known else customer
        rule, reason = account.recharge.rule, account.recharge.state.own_reason
        if rule is None or reason is not None or (is_known and self._has_card(customer, rule)):
            return AccountPlan(account_id, lost, None)
        return AccountPlan(account_id, lost, rule_card(rule))

    def apply(self, plan: AccountPlan, actor: Actor, now: datetime) -> None:
        """Suspend the rule, and end the use of a lost customer's backup card, then clear the customer, unless it has
        changed since the plan.

        Raises:
            Unavailable: the table did not answer; the same call is safe again.
        """
        if plan.lost_card is not None:
            payment_method_id = plan.lost_card.payment_method_id
            self._recharges.suspend_for_removed_card(plan.account_id, payment_method_id, actor, now)
        if plan.lost_customer is not None:
            self._backups.lose(plan.account_id, actor, now)
            self._customers.clear(plan.account_id, plan.lost_customer, actor, now)

    def _has_card(self, customer: Customer, rule: Rule) -> bool:
        return find_own_card(self._stripe, customer.customer_id, rule.payment_method_id) is not None
