"""Freezes an account and lets it go on: no new call is admitted and no recharge begins from that moment, whatever is
decided elsewhere at the same time. Kept on the account: when, by whom and from where; and, for credit is held on its
condition, on the balance that it is so.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.keys import balance_key, recharge_key
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.errors import NotFound, ProblemCode, Unavailable
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROUNDS = 5


def freeze_account(
    client: "DynamoDBClient", table_name: str, account_id: str, by: str, at: datetime, from_where: str
) -> bool:
    """Freeze; whether this call did: False if it was frozen already. A recharge that was decided on a moment ago is not
    begun any more: the state that its claim names has another version now.

    Raises:
        NotFound: `unknown_account`. Unavailable: the table did not take it in time; doing it again is safe.
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
    for _ in range(ROUNDS):
        has_rule = _item(client, table_name, recharge_key(account_id)) is not None
        refused = transact(client, [freeze, halt, outdate] if has_rule else [freeze, halt])
        if not refused:
            return True
        if 0 in refused:
            return _is_as_wished(client, table_name, account_id, is_frozen=True)
    raise Unavailable(ProblemCode.BUSY, "The account is being changed just now; try again.")


def unfreeze_account(
    client: "DynamoDBClient", table_name: str, account_id: str, by: str, at: datetime, from_where: str
) -> bool:
    """Let it go on; whether this call did. Automatic recharge looks at the balance at once.

    Raises:
        NotFound: `unknown_account`. Unavailable: the table did not take it in time; doing it again is safe.
    """
    values = {":at": to_attribute(format_instant(at)), ":by": to_attribute(by), ":from": to_attribute(from_where)}
    unfreeze = update(
        table_name,
        _account_key(account_id),
        "SET unfrozen_at = :at, unfrozen_by = :by, unfrozen_from = :from REMOVE frozen_at, frozen_by, frozen_from",
        "attribute_exists(frozen_at)",
        values,
    )
    let_go = update(
        table_name,
        balance_key(account_id),
        "ADD nudge :one REMOVE is_frozen",
        "attribute_exists(PK)",
        {":one": to_attribute(1)},
    )
    if not transact(client, [unfreeze, let_go]):
        return True
    return _is_as_wished(client, table_name, account_id, is_frozen=False)


def _is_as_wished(client: "DynamoDBClient", table_name: str, account_id: str, *, is_frozen: bool) -> bool:
    """False: it was so already."""
    account = _item(client, table_name, _account_key(account_id))
    if account is None:
        raise NotFound(
            ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; create it with PUT /accounts/{account_id}."
        )
    if ("frozen_at" in account) != is_frozen:
        raise Unavailable(ProblemCode.BUSY, "The account is being changed just now; try again.")
    return False


def _account_key(account_id: str) -> dict[str, Any]:
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.account_sk()}}


def _item(client: "DynamoDBClient", table_name: str, key: dict[str, Any]) -> dict[str, Any] | None:
    item: dict[str, Any] | None = client.get_item(TableName=table_name, Key=key, ConsistentRead=True).get("Item")
    return item
