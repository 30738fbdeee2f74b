"""Positions at which the next run continues a list that one run cannot finish."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.lease_keys import position_key
from calling_credit.dynamodb.schema import SCHEMA
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_PLACE_BYTES: Final = 1_000
"""The longest place in an index; DynamoDB takes 1,024 bytes as a sort key."""


def is_place(text: str) -> bool:
    """Whether a Query takes a stored text as the bound of a sort key."""
    return bool(text) and text.isprintable() and len(text.encode()) <= MAX_PLACE_BYTES


def read_position(client: "DynamoDBClient", table_name: str, name: str) -> str | None:
    """Read a position; None at the beginning of the list, and if the stored one is no text, which only repeats work.

    Raises:
        ClientError, BotoCoreError: the table did not answer.
    """
    answer = client.get_item(TableName=table_name, Key=position_key(name), ConsistentRead=True)
    position = answer.get("Item", {}).get("position", {}).get("S")
    return position if isinstance(position, str) else None


def store_position(client: "DynamoDBClient", table_name: str, name: str, position: str | None, now: datetime) -> None:
    """Store a position; None for the beginning of the list. The last writer wins, because the lease of the list admits
    one run at a time, and a position that went back only repeats work.

    Raises:
        ClientError, BotoCoreError: the table did not answer.
    """
    item = to_attributes({"position": position, "stored_at": format_instant(now), "schema": SCHEMA})
    client.put_item(TableName=table_name, Item=position_key(name) | item)
