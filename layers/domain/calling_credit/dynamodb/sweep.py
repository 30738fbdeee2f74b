"""Read the sparse index `sweep`, which lists the items that need further work."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.unreadable import OnUnreadable, raise_unreadable, readable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_listed(
    client: "DynamoDBClient", table_name: str, kind: str, on_unreadable: OnUnreadable = raise_unreadable
) -> Iterator[dict[str, Any]]:
    """Yield every readable listed item of a kind, such as `unrated` or `stray`, oldest first within a shard."""
    for partition in sweep_keys.sweep_partitions(kind):
        query = {
            "IndexName": sweep_keys.SWEEP_INDEX,
            "KeyConditionExpression": "sweep_pk = :kind",
            "ExpressionAttributeValues": {":kind": {"S": partition}},
        }
        yield from readable(query_pages(client, table_name, query), from_attributes, on_unreadable)


def query_due(client: "DynamoDBClient", table_name: str, partition: str, now: str) -> Iterator[dict[str, Any]]:
    """Yield the items of a sweep partition that are due at `now`, as attribute values."""
    query = {
        "IndexName": sweep_keys.SWEEP_INDEX,
        "KeyConditionExpression": "sweep_pk = :kind AND sweep_sk <= :now",
        "ExpressionAttributeValues": {":kind": {"S": partition}, ":now": {"S": f"{now}~"}},
    }
    return query_pages(client, table_name, query)
