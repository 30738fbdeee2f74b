"""Positions at which the next run continues a list that one run cannot finish."""

from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.lease_keys import position_key
from calling_credit.dynamodb.schema import SCHEMA
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_position(client: "DynamoDBClient", table_name: str, name: str) -> str | None:
    """Read a position; None at the beginning of the list.

    Raises:
        ClientError, BotoCoreError: the table did not answer.
    """
    answer = client.get_item(TableName=table_name, Key=position_key(name), ConsistentRead=True)
    position = from_attributes(answer.get("Item", {})).get("position")
    return position if isinstance(position, str) else None


def store_position(client: "DynamoDBClient", table_name: str, name: str, position: str | None, now: datetime) -> None:
    """Store a position; None for the beginning of the list. The last writer wins, because the lease of the list admits
    one run at a time, and a position that went back only repeats work.

    Raises:
        ClientError, BotoCoreError: the table did not answer.
    """
    item = to_attributes({"position": position, "stored_at": format_instant(now), "schema": SCHEMA})
    client.put_item(TableName=table_name, Item=position_key(name) | item)
