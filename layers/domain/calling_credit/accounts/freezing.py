"""Freezes and unfreezes accounts. No call is admitted and no payment starts afterwards, even if either was decided
concurrently.

The account stores the time, the actor, and the IP address. The balance stores the state, because holds depend on it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.correlation import CORRELATION_ID, stored_correlation
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.keys import balance_key, recharge_key
from calling_credit.dynamodb.retries import retry_on_race
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
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    actor: Actor,
    at: datetime,
    sign_in: SignIn | None = None,
) -> bool:
    """Freeze an account, and record who did. Return False if it was frozen already. A recharge that was just decided
    does not start, because its claim names an older version of the state.

    Raises:
        NotFound: `unknown_account`. Forbidden: `signed_out`.
        Unavailable: the table did not answer in time; the same call is safe again.
    """

    def attempt() -> bool | None:
        account, has_rule = read_for_freezing(client, table_name, account_id, sign_in)
        if "frozen_at" in account:
            return False
        failed = transact(client, freeze_actions(table_name, account, actor, at, has_rule=has_rule))
        return None if failed else True

    return retry_on_race(ACCOUNT, attempt)


def read_for_freezing(
    client: "DynamoDBClient", table_name: str, account_id: str, sign_in: SignIn | None = None
) -> tuple[dict[str, Any], bool]:
    """Read an account's item, and whether the account has a rule of automatic recharge.

    Raises:
        NotFound: `unknown_account`. Forbidden: `signed_out`. Unavailable: the table throttles.
    """
    account, rule = ((keys.account_pk(account_id), sk) for sk in (keys.account_sk(), keys.auto_recharge_sk()))
    items = read_signed_in(client, table_name, [account, rule], sign_in)
    if account not in items:
        raise unknown_account()
    return from_attributes(items[account]), rule in items


def freeze_actions(
    table_name: str,
    account: Mapping[str, Any],
    actor: Actor,
    at: datetime,
    *,
    has_rule: bool,
    link: str | None = None,
) -> list[dict[str, Any]]:
    """The actions that freeze an account, whose item was read, and record the change; the first fails if the account is
    frozen or unknown. `link` is the hash of the link that freezes it.
    """
    account_id = keys.account_of(account["PK"])
    to_set = f"SET frozen_at = :at, frozen_by = :by, frozen_from = :from, {CORRELATION_ID} = :cause"
    to_change = "REMOVE unfrozen_at, unfrozen_by, unfrozen_from"
    freeze = update(
        table_name,
        account_key(account_id),
        f"{to_set}, frozen_link = :link {to_change}" if link else f"{to_set} {to_change}, frozen_link",
        "attribute_exists(PK) AND attribute_not_exists(frozen_at)",
        to_attributes(_values(actor, at) | {":link": link, ":one": 1}),
    )
    freeze["Update"]["UpdateExpression"] += " ADD freezes :one"
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
    record = _record(table_name, account, actor, at, is_frozen=True)
    return [freeze, halt, record, outdate] if has_rule else [freeze, halt, record]


def unfreeze_account(client: "DynamoDBClient", table_name: str, account_id: str, actor: Actor, at: datetime) -> bool:
    """Unfreeze an account, and record who did. Return False if it was not frozen. Automatic recharge checks the balance
    at once. Freeze links that were handed out before no longer act.

    Raises:
        NotFound: `unknown_account`. Unavailable: the table did not answer in time; the same call is safe again.
    """
    resume = update(
        table_name,
        balance_key(account_id),
        "ADD nudge :one REMOVE is_frozen",
        "attribute_exists(PK)",
        to_attributes({":one": 1}),
    )

    def attempt() -> bool | None:
        account, _ = read_for_freezing(client, table_name, account_id)
        if "frozen_at" not in account:
            return False
        unfreeze = update(
            table_name,
            account_key(account_id),
            "SET unfrozen_at = :at, unfrozen_by = :by, unfrozen_from = :from, freeze_links_after = :at, "
            f"{CORRELATION_ID} = :cause, last_frozen_at = frozen_at "
            "REMOVE frozen_at, frozen_by, frozen_from, frozen_link",
            "frozen_at = :frozen_at",
            to_attributes(_values(actor, at) | {":frozen_at": account["frozen_at"]}),
        )
        record = _record(table_name, account, actor, at, is_frozen=False)
        return None if transact(client, [unfreeze, resume, record]) else True

    return retry_on_race(ACCOUNT, attempt)


def _values(actor: Actor, at: datetime) -> dict[str, Any]:
    """Who changes whether the account is frozen, when, and in which request."""
    return {":at": format_instant(at), ":by": actor.by, ":from": actor.address, ":cause": stored_correlation()}


def _record(
    table_name: str, account: Mapping[str, Any], actor: Actor, at: datetime, *, is_frozen: bool
) -> dict[str, Any]:
    """The action that records a freeze or its end, numbered by the freezes of the account so far."""
    number = int(account.get("freezes", 0))
    action = ChangeAction.ACCOUNT_FROZEN if is_frozen else ChangeAction.ACCOUNT_UNFROZEN
    change_id = f"frozen-{number + 1:06d}" if is_frozen else f"unfrozen-{number:06d}"
    change = Change(action, "account", change_id, {"frozen": not is_frozen}, {"frozen": is_frozen})
    return change_action(table_name, keys.account_of(account["PK"]), change, actor, at)


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
