"""Freezes and unfreezes accounts. No call is admitted and no payment starts afterwards, even if either was decided
concurrently.

The account stores the time, the actor, and the IP address. The balance stores the state, because holds depend on it.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import account_from_item
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.keys import balance_key, recharge_key
from calling_credit.dynamodb.retries import busy, retry_on_race
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.errors import Forbidden, NotFound, ProblemCode
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACCOUNT = "The account is"
"""The subject of the error after losing every race with concurrent changes."""


def account_key(account_id: str) -> dict[str, Any]:
    """The item key of an account's settings."""
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.account_sk()}}


def account_frozen() -> Forbidden:
    """Return the error of a request that a frozen account refuses."""
    return Forbidden(
        ProblemCode.ACCOUNT_FROZEN,
        "This account is frozen: it accepts no payments, no new cards, and no looser settings. Ask your provider to "
        "unfreeze it.",
    )


def unless_frozen_action(table_name: str, account_id: str) -> dict[str, Any]:
    """The condition of a transaction that the account is not frozen. It fails only if the account is."""
    return {
        "ConditionCheck": {
            "TableName": table_name,
            "Key": account_key(account_id),
            "ConditionExpression": "attribute_not_exists(frozen_at)",
        }
    }


def freeze_account(
    client: "DynamoDBClient", table_name: str, account_id: str, by: str, at: datetime, from_where: str
) -> bool:
    """Freeze an account. Return False if it was frozen already. A recharge that was just decided does not start,
    because its claim names an older version of the state.

    Raises:
        NotFound: `unknown_account`. Unavailable: the table did not answer in time; the same call is safe again.
    """

    def attempt() -> bool | None:
        has_rule = read_item(client, table_name, account_id, keys.auto_recharge_sk()) is not None
        failed = transact(client, freeze_actions(table_name, account_id, by, at, from_where, has_rule=has_rule))
        if 0 in failed:
            return _confirm_unchanged(client, table_name, account_id, is_frozen=True)
        return None if failed else True

    return retry_on_race(ACCOUNT, attempt)


def freeze_actions(
    table_name: str, account_id: str, by: str, at: datetime, from_where: str, *, has_rule: bool, link: str | None = None
) -> list[dict[str, Any]]:
    """The actions that freeze an account; the first fails if the account is frozen or unknown. `link` is the hash of
    the link that freezes it.
    """
    to_set = "SET frozen_at = :at, frozen_by = :by, frozen_from = :from"
    to_remove = "REMOVE unfrozen_at, unfrozen_by, unfrozen_from"
    freeze = update(
        table_name,
        account_key(account_id),
        f"{to_set}, frozen_link = :link {to_remove}" if link else f"{to_set} {to_remove}, frozen_link",
        "attribute_exists(PK) AND attribute_not_exists(frozen_at)",
        to_attributes({":at": format_instant(at), ":by": by, ":from": from_where, ":link": link}),
    )
    halt = update(
        table_name,
        balance_key(account_id),
        "SET is_frozen = :true",
        "attribute_exists(PK)",
        to_attributes({":true": True}),
    )
    outdate = update(
        table_name,
        recharge_key(account_id),
        "ADD state_version :one",
        "attribute_exists(PK)",
        to_attributes({":one": 1}),
    )
    return [freeze, halt, outdate] if has_rule else [freeze, halt]


def unfreeze_account(
    client: "DynamoDBClient", table_name: str, account_id: str, by: str, at: datetime, from_where: str
) -> bool:
    """Unfreeze an account. Return False if it was not frozen. Automatic recharge checks the balance at once. Freeze
    links that were handed out before no longer act.

    Raises:
        NotFound: `unknown_account`. Unavailable: the table did not answer in time; the same call is safe again.
    """
    unfreeze = update(
        table_name,
        account_key(account_id),
        "SET unfrozen_at = :at, unfrozen_by = :by, unfrozen_from = :from, freeze_links_after = :at, "
        "last_frozen_at = frozen_at REMOVE frozen_at, frozen_by, frozen_from, frozen_link",
        "attribute_exists(frozen_at)",
        to_attributes({":at": format_instant(at), ":by": by, ":from": from_where}),
    )
    resume = update(
        table_name,
        balance_key(account_id),
        "ADD nudge :one REMOVE is_frozen",
        "attribute_exists(PK)",
        to_attributes({":one": 1}),
    )
    if not transact(client, [unfreeze, resume]):
        return True
    return _confirm_unchanged(client, table_name, account_id, is_frozen=False)


def _confirm_unchanged(client: "DynamoDBClient", table_name: str, account_id: str, *, is_frozen: bool) -> bool:
    """Return False if the account was in this state already."""
    account = read_item(client, table_name, account_id, keys.account_sk())
    if account is None:
        raise unknown_account()
    if account_from_item(account).is_frozen != is_frozen:
        raise busy(ACCOUNT)
    return False


def unknown_account() -> NotFound:
    """Return the error of a change to an account that does not exist."""
    return NotFound(
        ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; create it with PUT /accounts/{account_id}."
    )


def read_item(client: "DynamoDBClient", table_name: str, account_id: str, sort_key: str) -> dict[str, Any] | None:
    """Read an item of an account, consistently; None if there is none."""
    answer = client.get_item(
        TableName=table_name, Key=account_key(account_id) | {"SK": {"S": sort_key}}, ConsistentRead=True
    )
    return from_attributes(answer["Item"]) if "Item" in answer else None
