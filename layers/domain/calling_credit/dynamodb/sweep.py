"""Read the sparse index `sweep`, which lists the items that need further work."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.pages import query_pages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_listed(client: "DynamoDBClient", table_name: str, kind: str) -> Iterator[dict[str, Any]]:
    """Yield every listed call of a kind (`unrated` or `stray`), oldest first within a shard."""
    for partition in sweep_keys.sweep_partitions(kind):
        query = {
            "IndexName": sweep_keys.SWEEP_INDEX,
            "KeyConditionExpression": "sweep_pk = :kind",
            "ExpressionAttributeValues": {":kind": {"S": partition}},
        }
        yield from map(from_attributes, query_pages(client, table_name, query))


def query_due(client: "DynamoDBClient", table_name: str, partition: str, now: str) -> Iterator[dict[str, Any]]:
    """Yield the items of a sweep partition that are due at `now`, as attribute values."""
    return query_pages(client, table_name, due_query(partition, now))


def due_query(partition: str, until: str, after: str | None = None) -> dict[str, Any]:
    """The Query of the items of a sweep partition up to a time or `sweep_sk`, if given only those after a `sweep_sk`.
    No key has a character before `!`.
    """
    values = {":kind": {"S": partition}, ":until": {"S": f"{until}~"}}
    condition = "sweep_sk <= :until"
    if after is not None:
        condition, values[":after"] = "sweep_sk BETWEEN :after AND :until", {"S": f"{after}!"}
    return {
        "IndexName": sweep_keys.SWEEP_INDEX,
        "KeyConditionExpression": f"sweep_pk = :kind AND {condition}",
        "ExpressionAttributeValues": values,
    }
