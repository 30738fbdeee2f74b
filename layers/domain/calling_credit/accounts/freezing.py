"""Freezes and unfreezes accounts. No call is admitted and no recharge starts afterwards, even if
either was decided concurrently.

The account stores the time, the actor, and the IP address. The balance stores the state, because holds depend on it.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import account_from_item
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.keys import balance_key, recharge_key
from calling_credit.dynamodb.retries import busy, retry_on_race
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACCOUNT = "The account is"
"""The subject of the error after losing every race with concurrent changes."""


def freeze_account(
    client: "DynamoDBClient", table_name: str, account_id: str, by: str, at: datetime, from_where: str
) -> bool:
    """Freeze an account. Return False if it was frozen already. A recharge that was just decided does not start,
    because its claim names an older version of the state.

    Raises:
        NotFound: `unknown_account`. Unavailable: the table did not answer in time; the same call is safe again.
    """
    values = {":at": to_attribute(format_instant(at)), ":by": to_attribute(by), ":from": to_attribute(from_where)}
    freeze = update(
        table_name,
        _account_key(account_id),
        "SET frozen_at = :at, frozen_by = :by, frozen_from = :from REMOVE unfrozen_at, unfrozen_by, unfrozen_from",
        "attribute_exists(PK) AND attribute_not_exists(frozen_at)",
        values,
    )
    outdate = update(
        table_name,
        recharge_key(account_id),
        "ADD state_version :one",
        "attribute_exists(PK)",
        {":one": to_attribute(1)},
    )
    halt = update(
        table_name,
        balance_key(account_id),
        "SET is_frozen = :true",
        "attribute_exists(PK)",
        {":true": to_attribute(True)},
    )

    def attempt() -> bool | None:
        has_rule = _item(client, table_name, recharge_key(account_id)) is not None
        failed = transact(client, [freeze, halt, outdate] if has_rule else [freeze, halt])
        if 0 in failed:
            return _confirm_unchanged(client, table_name, account_id, is_frozen=True)
        return None if failed else True

    return retry_on_race(ACCOUNT, attempt)


def unfreeze_account(
    client: "DynamoDBClient", table_name: str, account_id: str, by: str, at: datetime, from_where: str
) -> bool:
    """Unfreeze an account. Return False if it was not frozen. Automatic recharge checks the balance at once.

    Raises:
        NotFound: `unknown_account`. Unavailable: the table did not answer in time; the same call is safe again.
    """
    values = {":at": to_attribute(format_instant(at)), ":by": to_attribute(by), ":from": to_attribute(from_where)}
    unfreeze = update(
        table_name,
        _account_key(account_id),
        "SET unfrozen_at = :at, unfrozen_by = :by, unfrozen_from = :from REMOVE frozen_at, frozen_by, frozen_from",
        "attribute_exists(frozen_at)",
        values,
    )
    resume = update(
        table_name,
        balance_key(account_id),
        "ADD nudge :one REMOVE is_frozen",
        "attribute_exists(PK)",
        {":one": to_attribute(1)},
    )
    if not transact(client, [unfreeze, resume]):
        return True
    return _confirm_unchanged(client, table_name, account_id, is_frozen=False)


def _confirm_unchanged(client: "DynamoDBClient", table_name: str, account_id: str, *, is_frozen: bool) -> bool:
    """Return False if the account was in this state already."""
    account = _item(client, table_name, _account_key(account_id))
    if account is None:
        raise NotFound(
            ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; create it with PUT /accounts/{account_id}."
        )
    if account_from_item(from_attributes(account)).is_frozen != is_frozen:
        raise busy(ACCOUNT)
    return False


def _account_key(account_id: str) -> dict[str, Any]:
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.account_sk()}}


def _item(client: "DynamoDBClient", table_name: str, key: dict[str, Any]) -> dict[str, Any] | None:
    item: dict[str, Any] | None = client.get_item(TableName=table_name, Key=key, ConsistentRead=True).get("Item")
    return item
