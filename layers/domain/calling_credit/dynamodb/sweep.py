"""Read the sparse index `sweep`, which lists the items that need further work."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.pages import query_pages, read_pages

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
    query = {
        "IndexName": sweep_keys.SWEEP_INDEX,
        "KeyConditionExpression": "sweep_pk = :kind AND sweep_sk <= :now",
        "ExpressionAttributeValues": {":kind": {"S": partition}, ":now": {"S": f"{now}~"}},
    }
    return query_pages(client, table_name, query)


def account_pages(client: "DynamoDBClient", table_name: str, shard: int, after: str) -> Iterator[list[str]]:
    """Yield the ids of the accounts of a shard that sort after an id ("" for all), in order, page by page.

    An account created within the last second may be missing.
    """
    query = {
        "IndexName": sweep_keys.SWEEP_INDEX,
        "KeyConditionExpression": "sweep_pk = :kind AND sweep_sk > :after",
        "ExpressionAttributeValues": {
            ":kind": {"S": sweep_keys.sweep_partitions("account")[shard]},
            ":after": {"S": after or " "},
        },
        "ProjectionExpression": "sweep_sk",
    }
    for page in read_pages(client, table_name, query):
        yield [str(item["sweep_sk"]["S"]) for item in page["Items"]]
