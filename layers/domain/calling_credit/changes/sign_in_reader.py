"""Reads items together with the item that may have ended the caller's sign-in, in one request."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from calling_credit.changes.sign_in import SignIn
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import Key, read_many

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_signed_in(
    client: "DynamoDBClient", table_name: str, keys: Iterable[Key], sign_in: SignIn | None
) -> dict[Key, dict[str, Any]]:
    """Read the items of distinct keys, as `read_many` does. Without a sign-in (a client), read only them.

    Raises:
        Forbidden: `signed_out`. Unavailable: the table throttles.
    """
    if sign_in is None:
        return read_many(client, table_name, keys)
    items = read_many(client, table_name, [*keys, sign_in.ended_by])
    sign_in.require_open(items.pop(sign_in.ended_by, None))
    return items


def read_item_signed_in(
    client: "DynamoDBClient", table_name: str, key: Key, sign_in: SignIn | None
) -> dict[str, Any] | None:
    """Read one item, as plain values; None if there is none.

    Raises:
        Forbidden: `signed_out`. Unavailable: the table throttles.
    """
    if sign_in is not None:
        item = read_signed_in(client, table_name, [key], sign_in).get(key)
        return None if item is None else from_attributes(item)
    names = {"PK": {"S": key[0]}, "SK": {"S": key[1]}}
    answer = client.get_item(TableName=table_name, Key=names, ConsistentRead=True)
    return from_attributes(answer["Item"]) if "Item" in answer else None
