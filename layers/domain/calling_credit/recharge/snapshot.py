"""An account with its balance and automatic recharge, read together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calling_credit.accounts.account import account_from_item
from calling_credit.accounts.limits import DEFAULT_LIMITS
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.tax_keys import billing_details_sk
from calling_credit.ledger.balance import balance_from_item
from calling_credit.recharge.backup import backup_from_item
from calling_credit.recharge.items import Recharge, recharge_from_item
from calling_credit.tax.details import BillingDetails
from calling_credit.tax.details_store import details_of
from calling_credit.topups.topup import Card


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An account with its balance and automatic recharge, read together."""

    account_id: str
    time_zone: str
    is_closed: bool
    customer_id: str | None
    posted_micros: int
    recharge: Recharge
    is_frozen: bool = False
    has_call_since: bool = True
    daily_top_up_micros: int = DEFAULT_LIMITS.daily_top_up_micros
    backup: Card | None = None
    billing: BillingDetails | None = None

    @property
    def is_halted(self) -> bool:
        """Whether closing or freezing forbids every automatic charge."""
        return self.is_closed or self.is_frozen


def snapshot_from_items(account_id: str, items: Mapping[str, dict[str, Any]]) -> Snapshot:
    """The snapshot of an account's items (attribute values) by sort key: of the account, the balance, the rule, and the
    billing details.
    """
    item = from_attributes(items[keys.account_sk()])
    account = account_from_item(item)
    balance = balance_from_item(from_attributes(items[keys.balance_sk()]))
    return Snapshot(
        account_id,
        account.time_zone,
        account.is_closed,
        item.get("stripe_customer_id"),
        balance.posted_micros,
        recharge_from_item(items.get(keys.auto_recharge_sk())),
        is_frozen=account.is_frozen,
        has_call_since=balance.has_call_since,
        daily_top_up_micros=account.limits.daily_top_up_micros,
        backup=backup_from_item(item),
        billing=details_of(items.get(billing_details_sk())),
    )
