"""Automatic recharge as the overview of an account shows it, and whether it keeps the balance up."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.account import Account, account_from_item
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.tax_keys import billing_details_sk
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.ledger.balance import Balance, balance_from_item
from calling_credit.recharge.decision import StopReason
from calling_credit.recharge.items import Recharge, recharge_from_item
from calling_credit.recharge.rule_tax import tax_of_rule
from calling_credit.recharge.settings import RechargeStatus, balance_view, rule_view, status_view
from calling_credit.tax.calculation import NO_TAX, Taxation
from calling_credit.tax.details import BillingDetails
from calling_credit.tax.details_store import details_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAYS_OF_MONTH: Final = 31
_GOES_ON: Final = frozenset({None, StopReason.IN_FLIGHT, StopReason.NO_CALL_SINCE})
"""Reasons for not charging now that the next call, or the payment under way, ends."""


@dataclass(frozen=True, slots=True)
class RechargedAccount:
    """An account with its balance, automatic recharge, and billing details, read together."""

    account: Account
    balance: Balance
    recharge: Recharge
    billing: BillingDetails | None = None

    def view(self, now: datetime) -> dict[str, Any]:
        """The automatic recharge part of `GET /overview`: that of `GET /balance`, and what its words need."""
        rule, state, account = self.recharge.rule, self.recharge.state, self.account
        whole = rule_view(rule, state, now, is_closed=account.is_closed, is_frozen=account.is_frozen)
        shown = balance_view(rule, state, now, is_closed=account.is_closed, is_frozen=account.is_frozen)
        return {**shown, **{name: whole[name] for name in ("daily_limit", "message", "payment_method")}}

    def keeps_up(self, daily_micros: int, now: datetime, tax: Taxation = NO_TAX) -> bool:
        """Whether automatic recharge keeps the balance up at a daily spend: it is on, nothing pauses it, it buys before
        the balance is used up, and its limits, which count the tax too, allow that spend.
        """
        rule, account = self.recharge.rule, self.account
        if rule is None or not rule.enabled or rule.threshold_micros <= 0:
            return False
        status = status_view(rule, self.recharge.state, now, is_closed=account.is_closed, is_frozen=account.is_frozen)
        if status["status"] == RechargeStatus.SUSPENDED or status["reason"] not in _GOES_ON:
            return False
        of_rule = tax_of_rule(tax, self.recharge.state, now)
        if not of_rule.is_available:
            return False
        daily, monthly = (of_rule.gross_micros(micros) for micros in (daily_micros, daily_micros * DAYS_OF_MONTH))
        return daily <= rule.daily_limit_micros and monthly <= rule.monthly_limit_micros


def read_recharged_account(client: "DynamoDBClient", table_name: str, account_id: str) -> RechargedAccount:
    """Read an account, its balance, its rule, and its billing details in one request.

    Raises:
        NotFound: `unknown_account`. Unavailable: the table throttles.
    """
    kinds = (keys.account_sk(), keys.balance_sk(), keys.auto_recharge_sk(), billing_details_sk())
    found = read_many(client, table_name, [(keys.account_pk(account_id), kind) for kind in kinds])
    account, balance, rule, billing = (found.get((keys.account_pk(account_id), kind)) for kind in kinds)
    if account is None or balance is None:
        raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
    return RechargedAccount(
        account_from_item(from_attributes(account)),
        balance_from_item(from_attributes(balance)),
        recharge_from_item(rule),
        details_of(billing),
    )
