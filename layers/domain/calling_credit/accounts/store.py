"""Creates and configures accounts, with the items by which they are found. Accounts are closed, never deleted."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Account, account_from_item
from calling_credit.accounts.account_index import account_found_as, account_index
from calling_credit.accounts.bounce_store import entered_actions
from calling_credit.accounts.cap_switching import prepare_caps
from calling_credit.accounts.freezing import ACCOUNT, account_frozen
from calling_credit.accounts.limits import AccountLimits
from calling_credit.accounts.loosening import limits_loosen
from calling_credit.accounts.minute_counters import minute_actions
from calling_credit.accounts.name_index import index_actions
from calling_credit.accounts.recipient_items import stored_recipients
from calling_credit.accounts.recorded_changes import account_changes, customer_limits_change
from calling_credit.accounts.stored_settings import breakdown_change, closing, prices_change, stored_settings
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import change_action
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_item_signed_in
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import Item, to_attribute, to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import UNARMED_MICROS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class AccountStore:
    """Reads and writes accounts and limits in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def account(self, account_id: str, sign_in: SignIn | None = None) -> Account | None:
        """Read an account; None if it does not exist. Refuse an ended sign-in: Forbidden `signed_out`."""
        item = self._read(account_id, keys.account_sk(), sign_in)
        return None if item is None else account_from_item(item)

    def customer_of(self, account_id: str) -> str | None:
        """Read the account's customer at Stripe; None without one, or without the account."""
        item = self._read(account_id, keys.account_sk())
        return None if item is None else item.get("stripe_customer_id")

    def store_customer(self, account_id: str, customer_id: str) -> str:
        """Store the account's customer at Stripe unless it has one. Return the stored one.

        Raises:
            NotFound: `unknown_account`.
        """
        try:
            answer = self._client.update_item(
                TableName=self._table_name,
                Key={"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.account_sk()}},
                UpdateExpression="SET stripe_customer_id = if_not_exists(stripe_customer_id, :customer)",
                ConditionExpression="attribute_exists(PK)",
                ExpressionAttributeValues={":customer": {"S": customer_id}},
                ReturnValues="ALL_NEW",
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
            raise no_account() from error
        return str(answer["Attributes"]["stripe_customer_id"]["S"])

    def store_account(
        self,
        account_id: str,
        change: Callable[[Account | None], Account | None],
        actor: Actor,
        now: datetime,
        sign_in: SignIn | None = None,
        also: Callable[[Account | None, Account], Iterable[dict[str, Any]]] = lambda *_: (),
    ) -> tuple[Account, bool]:
        """Store the account that `change` makes of the current one (None: write nothing), and record what differs.
        Return it, and whether it is new. One transaction creates the account and its balance, so two concurrent
        requests create one account with a balance of zero. It also holds the actions of `also`. Freezing is separate.

        Raises:
            Forbidden: `signed_out`. Conflict: `countries_not_indexed`.
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """

        def attempt() -> tuple[Account, bool] | None:
            item = self._read(account_id, keys.account_sk(), sign_in)
            current = None if item is None else account_from_item(item)
            account = change(current)
            if account is None:
                assert current is not None
                return current, False
            prepare_caps(self._client, self._table_name, current, account, now)
            version = 0 if item is None else int(item.get("settings_version", 0))
            changes = account_changes(current, account, version)
            records = [change_action(self._table_name, account_id, change, actor, now) for change in changes]
            settings = closing(current, account, actor, now) | dict(stored_recipients(current, account))
            settings |= prices_change(current, account)
            is_changed = bool(changes) or (current is not None and current.waiting != account.waiting)
            settings |= {"settings_version": version + is_changed} if is_changed or version else {}
            actions = (
                self._creation(account, settings, now)
                if current is None
                else self._configuration(account, current, version, settings, now)
            )
            entered = entered_actions(self._client, self._table_name, current, account, now)
            old, zone = current.bundles if current else (), account.time_zone
            minutes = minute_actions(self._client, self._table_name, account_id, None, old, account.bundles, zone, now)
            failed = transact(self._client, [*actions, *records, *entered, *minutes, *also(current, account)])
            return None if failed else (account, current is None)

        return retry_on_race(ACCOUNT, attempt)

    def limits(self, account_id: str, sign_in: SignIn | None = None) -> AccountLimits:
        """Read the operator's and the customer's limits.

        Raises:
            NotFound: `unknown_account`. Forbidden: `signed_out`.
        """
        item = self._read(account_id, keys.account_sk(), sign_in)
        if item is None:
            raise no_account()
        account = account_from_item(item)
        version = int(item.get("own_limits_version", 0))
        return AccountLimits(account.limits, item.get("own_limits", {}), account.is_frozen, version)

    def store_customer_limits(
        self,
        account_id: str,
        change: Callable[[AccountLimits], dict[str, Any] | None],
        actor: Actor,
        now: datetime,
        sign_in: SignIn | None = None,
    ) -> None:
        """Change the customer's limits, and record who changed them, when, and from where. Write nothing if they are
        the same.

        Args:
            change: Makes the customer's new limits from the current ones; None: write nothing.

        Raises:
            NotFound: `unknown_account`. Forbidden: `signed_out`; `account_frozen`, if it loosens a limit.
            Unavailable: `busy`, or the table did not answer in time.
        """

        def attempt() -> bool | None:
            current = self.limits(account_id, sign_in)
            new = change(current)
            if new is None or new == current.customer:
                return True
            loosens = limits_loosen(current.customer, new)
            if loosens and current.is_frozen:
                raise account_frozen()
            attributes: Item = {
                "own_limits": new,
                "own_limits_version": current.version + 1,
                "own_limits_by": actor.by,
                "own_limits_from": actor.address,
                "own_limits_at": format_instant(now),
            }
            set_limits = self._change(account_id, keys.account_sk(), attributes)
            set_limits["Update"]["ConditionExpression"] += (
                " AND (own_limits = :read OR attribute_not_exists(own_limits))"
                " AND (own_limits_version = :read_version OR attribute_not_exists(own_limits_version))"
                + loosens
                * " AND attribute_not_exists(frozen_at)"
            )
            set_limits["Update"]["ExpressionAttributeValues"][":read_version"] = to_attribute(current.version)
            set_limits["Update"]["ExpressionAttributeValues"][":read"] = to_attribute(current.customer)
            recorded = customer_limits_change(current, new)
            record = change_action(self._table_name, account_id, recorded, actor, now)
            return None if transact(self._client, [set_limits, record]) else True

        retry_on_race("The limits are", attempt)

    def _creation(self, account: Account, versions: Item, now: datetime) -> list[dict[str, Any]]:
        """The actions that create an account, its balance, and the items by which it is found."""
        pk, at = keys.account_pk(account.account_id), format_instant(now)
        settings: Item = {
            "PK": pk,
            "SK": keys.account_sk(),
            "currency": account.currency,
            **stored_settings(account, at),
            **breakdown_change(None, account, at),
            **versions,
            "admission": account.admission,
            "created_at": at,
            "updated_at": at,
        }
        balance: Item = {
            "PK": pk,
            "SK": keys.balance_sk(),
            "posted_micros": 0,
            "held_micros": 0,
            "available_micros": 0,
            "headroom_micros": UNARMED_MICROS,
            "live_holds": 0,
            "nudge": 0,
            "charged_micros": 0,
            "charged_since": at,
            "traced_micros": 0,
            "low_micros": account.low_micros,
            "updated_at": at,
        }
        puts = [put(self._table_name, to_attributes(item)) for item in (settings, balance)]
        return [*puts, *index_actions(self._table_name, {}, account_index(account))]

    def _configuration(
        self, account: Account, current: Account, version: int, versions: Item, now: datetime
    ) -> list[dict[str, Any]]:
        """The actions that write the settings, and the low-balance level beside the balance, where the stream's reader
        needs it, unless the settings are no longer as `current` has them. `admission` is written only if it differs.
        """
        settings = {**stored_settings(account, format_instant(now)), **versions, "updated_at": format_instant(now)}
        if account.admission != current.admission:
            settings |= {"admission": account.admission, "admission_changed_at": format_instant(now)}
        settings |= breakdown_change(current, account, format_instant(now))
        parts = ((keys.account_sk(), settings), (keys.balance_sk(), {"low_micros": account.low_micros}))
        actions = [self._change(account.account_id, sort_key, attributes) for sort_key, attributes in parts]
        condition, values = account_found_as(current)
        unchanged = "settings_version = :version" if version else "attribute_not_exists(settings_version)"
        actions[0]["Update"]["ConditionExpression"] += f"{condition} AND {unchanged}"
        actions[0]["Update"]["ExpressionAttributeValues"] |= values
        if version:
            actions[0]["Update"]["ExpressionAttributeValues"][":version"] = to_attribute(version)
        return [*actions, *index_actions(self._table_name, account_index(current), account_index(account))]

    def _change(self, account_id: str, sort_key: str, attributes: Item) -> dict[str, Any]:
        """The action that sets attributes of an item, and removes those that are None."""
        values = {f":{name}": value for name, value in to_attributes(attributes).items()}
        to_set = ", ".join(f"#{name} = :{name}" for name, value in attributes.items() if value is not None)
        to_remove = ", ".join(f"#{name}" for name, value in attributes.items() if value is None)
        expression = " ".join(f"{verb} {names}" for verb, names in (("SET", to_set), ("REMOVE", to_remove)) if names)
        key = {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": sort_key}}
        names = {f"#{name}": name for name in attributes}
        return update(self._table_name, key, expression, "attribute_exists(PK)", values, names)

    def _read(self, account_id: str, sort_key: str, sign_in: SignIn | None = None) -> dict[str, Any] | None:
        return read_item_signed_in(self._client, self._table_name, (keys.account_pk(account_id), sort_key), sign_in)


def no_account() -> NotFound:
    """The error for a customer's account that does not exist."""
    return NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
