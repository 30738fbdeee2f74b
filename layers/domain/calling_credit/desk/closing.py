"""Closes an account, and reports what that leaves: balance, calls in progress, open payments, and the rule. Both the
staff's act and the operator's `PUT /accounts/{account_id}` close by it.

The law: one transaction closes the account, switches its rule off, and records who did and why, on the condition that
neither has changed since it was read. An account with a payment under way is not closed. A payment that begins at the
same moment is refused by the last check before its confirmation, or was confirmed before and is credited.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.account import Account, Status, account_from_item
from calling_credit.accounts.freezing import account_key, unknown_account
from calling_credit.accounts.store import AccountStore
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.changes.sign_in import SignIn
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import Plain, from_attributes, to_attribute, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.errors import Conflict, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.balance import balance_from_item
from calling_credit.ledger.headroom import unarm_action
from calling_credit.money import format_money, parse_money
from calling_credit.recharge.items import Recharge, put_recharge_action, recharge_from_item
from calling_credit.recharge.rule_changes import record_actions
from calling_credit.recharge.switched_off import SwitchedOff
from calling_credit.recharge.switching_off import switch_off
from calling_credit.request_fields import read_text
from calling_credit.topups.amounts import amounts_view
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUp
from calling_credit.versions import changed_meanwhile

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_REASON_CHARACTERS: Final = 200
RULE_OFF: Final = "The account was closed."
"""Why a rule is off whose account was closed without a reason."""


@dataclass(frozen=True, slots=True)
class ClosingRequest:
    """Why to close an account, and the balance that was confirmed; None without one."""

    reason: str | None = None
    balance_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """An account that is or may be closed. `item` and `balance` are plain items."""

    item: Mapping[str, Any]
    balance: Mapping[str, Any]
    recharge: Recharge
    open_payments: tuple[TopUp, ...]

    @property
    def account(self) -> Account:
        """The account."""
        return account_from_item(self.item)

    @property
    def version(self) -> int:
        """The version of the account's settings."""
        return int(self.item.get("settings_version", 0))

    @property
    def posted_micros(self) -> int:
        """The balance."""
        return balance_from_item(self.balance).posted_micros

    def view(self) -> dict[str, Any]:
        """The closing report."""
        account, balance = self.account, balance_from_item(self.balance)
        rule = self.recharge.rule
        facts = {name: self.item.get(name) if account.is_closed else None for name in _FACTS}
        return {
            "account_id": account.account_id,
            "status": account.status,
            **{_FACTS[name]: value for name, value in facts.items()},
            "balance": format_money(balance.posted_micros),
            "held": format_money(balance.held_micros),
            "calls_in_progress": self.balance["live_holds"],
            "auto_recharge_enabled": rule is not None and rule.enabled,
            "open_payments": [_payment_view(payment) for payment in self.open_payments],
            "can_close": not account.is_closed and not self.open_payments,
        }


_FACTS: Final = {"closed_at": "closed_at", "closed_by": "closed_by", "closed_reason": "reason"}
"""The attributes of a closed account, and their names in the report."""


def parse_closing(body: dict[str, Any]) -> ClosingRequest:
    """Parse `{reason, balance?}`.

    Raises:
        InvalidValue: missing_field, invalid_field, invalid_amount.
    """
    reason = read_text(body, "reason", MAX_REASON_CHARACTERS)
    balance = body.get("balance")
    return ClosingRequest(reason, None if balance is None else parse_money(balance, field="balance"))


def read_closing(client: "DynamoDBClient", table_name: str, account_id: str, now: datetime) -> Closing:
    """Read what closing an account would leave, or has left.

    Raises:
        NotFound: `unknown_account`. Unavailable: the table throttles.
    """
    pk = keys.account_pk(account_id)
    wanted = [(pk, keys.account_sk()), (pk, keys.balance_sk()), (pk, keys.auto_recharge_sk())]
    items = read_many(client, table_name, wanted)
    account, balance, rule = (items.get(key) for key in wanted)
    if account is None or balance is None:
        raise unknown_account()
    payments = TopUpStore(client, table_name).recent(account_id, now)
    return Closing(
        from_attributes(account),
        from_attributes(balance),
        recharge_from_item(rule),
        tuple(payment for payment in payments if payment.is_open),
    )


def close_account(
    client: "DynamoDBClient", table_name: str, account_id: str, request: ClosingRequest, actor: Actor, now: datetime
) -> Closing:
    """Close an account. Return the report, also of an account that is closed already.

    Raises:
        NotFound: `unknown_account`. Unavailable: `busy`, or the table did not answer; the same request is safe again.
        Conflict: `payments_in_flight`; `changed_meanwhile`, the balance is not the confirmed one.
    """

    def attempt() -> Closing | None:
        closing = read_closing(client, table_name, account_id, now)
        if closing.account.is_closed:
            return closing
        if request.balance_micros not in (None, closing.posted_micros):
            raise changed_meanwhile("The balance", closing.view())
        if closing.open_payments:
            raise payments_in_flight(len(closing.open_payments))
        if transact(client, _actions(table_name, closing, request, actor, now)):
            return None
        return read_closing(client, table_name, account_id, now)

    return retry_on_race("The account is", attempt)


def close_by_settings(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    change: Callable[[Account | None], Account],
    actor: Actor,
    now: datetime,
    sign_in: SignIn | None = None,
) -> None:
    """Close an open account whose changed settings say so, before they are stored: a refused closing stores none of
    them, and a repetition stores what a crash has left.

    Raises:
        Forbidden: `signed_out`. Also what `change` and `close_account` raise.
    """
    current = AccountStore(client, table_name).account(account_id, sign_in)
    if current is not None and not current.is_closed and change(current).is_closed:
        close_account(client, table_name, account_id, ClosingRequest(), actor, now)


def payments_in_flight(count: int) -> Conflict:
    """The error of closing an account whose payments have not ended."""
    return Conflict(
        ProblemCode.PAYMENTS_IN_FLIGHT,
        f"{count} of the account's payments have not ended, so it was not closed. Try again when they have ended; "
        "freeze the account to end those that wait for their customer.",
    )


def _actions(
    table_name: str, closing: Closing, request: ClosingRequest, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    account_id, at = closing.account.account_id, format_instant(now)
    old = {"status": Status.OPEN}
    new = {"status": Status.CLOSED, "reason": request.reason, "balance": format_money(closing.posted_micros)}
    change = Change(ChangeAction.ACCOUNT_CLOSED, "account", f"account-{closing.version + 1:06d}", old, new)
    balance = unarm_action(table_name, account_id)
    if request.balance_micros is not None:
        balance["Update"]["ConditionExpression"] += " AND posted_micros = :confirmed"
        balance["Update"]["ExpressionAttributeValues"][":confirmed"] = to_attribute(request.balance_micros)
    actions = [
        _close_action(table_name, closing, request, actor, at),
        balance,
        change_action(table_name, account_id, change, actor, now),
    ]
    rule, state = closing.recharge.rule, closing.recharge.state
    if rule is None or not rule.enabled:
        return actions
    off = switch_off(rule, state, SwitchedOff(actor.by, request.reason or RULE_OFF, at))
    return [
        *actions,
        put_recharge_action(table_name, account_id, *off, now, rule_read=rule),
        *record_actions(table_name, account_id, closing.recharge, off, actor, now),
    ]


def _close_action(table_name: str, closing: Closing, request: ClosingRequest, actor: Actor, at: str) -> dict[str, Any]:
    values: dict[str, Plain] = {
        ":closed": Status.CLOSED,
        ":open": Status.OPEN,
        ":at": at,
        ":by": actor.by,
        ":next": closing.version + 1,
    }
    condition = "attribute_exists(PK) AND #status = :open"
    if closing.version:
        condition += " AND settings_version = :seen"
        values[":seen"] = closing.version
    else:
        condition += " AND attribute_not_exists(settings_version)"
    expression = "SET #status = :closed, closed_at = :at, closed_by = :by, settings_version = :next, updated_at = :at"
    if request.reason is not None:
        expression += ", closed_reason = :reason"
        values[":reason"] = request.reason
    key = account_key(closing.account.account_id)
    return update(table_name, key, expression, condition, to_attributes(values), {"#status": "status"})


def _payment_view(payment: TopUp) -> dict[str, Any]:
    return {
        "id": payment.topup_id,
        "kind": payment.kind,
        "status": payment.status,
        **amounts_view(payment),
        "created_at": payment.created_at,
    }
