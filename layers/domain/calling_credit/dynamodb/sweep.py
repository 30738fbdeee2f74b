"""Read the sparse index `sweep`, which lists the items that need further work."""

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.pages import query_pages, read_pages
from calling_credit.dynamodb.unreadable import OnUnreadable, raise_unreadable, readable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FIRST: Final = " "
"""Sorts before every `sweep_sk`; DynamoDB refuses empty text in a key."""
PAGE_SIZE: Final = 250
"""The items of one answer, so that reading all shards at once keeps at most a thousand items in memory."""


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


def read_oldest(
    client: "DynamoDBClient",
    table_name: str,
    kind: str,
    on_unreadable: OnUnreadable = raise_unreadable,
    *,
    after: str | None = None,
    until: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the readable items of a kind in the order of `sweep_sk` over all shards, so listed calls oldest first. Keep
    at most one answer of each shard in memory.

    Args:
        after: Yield only items with a greater `sweep_sk`.
        until: Yield only items with a `sweep_sk` up to this one. Only one of both bounds may be given.
    """
    bound, condition = (until, "sweep_sk <= :bound") if until else (after or FIRST, "sweep_sk > :bound")
    shards = (
        query_pages(
            client,
            table_name,
            {
                "IndexName": sweep_keys.SWEEP_INDEX,
                "KeyConditionExpression": f"sweep_pk = :kind AND {condition}",
                "ExpressionAttributeValues": {":kind": {"S": partition}, ":bound": {"S": bound}},
                "Limit": PAGE_SIZE,
            },
        )
        for partition in sweep_keys.sweep_partitions(kind)
    )
    return readable(merge(*shards, key=lambda item: str(item["sweep_sk"]["S"])), from_attributes, on_unreadable)


def read_round(
    client: "DynamoDBClient",
    table_name: str,
    kind: str,
    position: str | None,
    size: int,
    on_unreadable: OnUnreadable = raise_unreadable,
) -> Iterator[list[dict[str, Any]]]:
    """Yield all readable listed calls of a kind in groups: the oldest after a position, then those up to it. The
    position after a group is the `sweep_sk` of its last item.
    """
    rest = read_oldest(client, table_name, kind, on_unreadable, after=position)
    passed = read_oldest(client, table_name, kind, on_unreadable, until=position) if position else iter(())
    for part in (rest, passed):
        while group := list(islice(part, size)):
            yield group


def count_listed(client: "DynamoDBClient", table_name: str, kind: str) -> int:
    """Return how many items of a kind are listed. An answer counts about a megabyte of items and carries none."""
    return sum(
        page["Count"]
        for partition in sweep_keys.sweep_partitions(kind)
        for page in read_pages(
            client,
            table_name,
            {
                "IndexName": sweep_keys.SWEEP_INDEX,
                "KeyConditionExpression": "sweep_pk = :kind",
                "ExpressionAttributeValues": {":kind": {"S": partition}},
                "Select": "COUNT",
            },
        )
    )


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


def account_pages(client: "DynamoDBClient", table_name: str, shard: int, after: str) -> Iterator[list[tuple[str, str]]]:
    """Yield the accounts of a shard page by page, in the order of their places in the index: place and id of each. A
    place is the account's id, unless it is damaged.

    Args:
        after: Yield only accounts with a greater place; "" for all.

    An account created within the last second may be missing.
    """
    query = {
        "IndexName": sweep_keys.SWEEP_INDEX,
        "KeyConditionExpression": "sweep_pk = :kind AND sweep_sk > :after",
        "ExpressionAttributeValues": {
            ":kind": {"S": sweep_keys.sweep_partitions("account")[shard]},
            ":after": {"S": after or " "},
        },
        "ProjectionExpression": "PK, sweep_sk",
    }
    for page in read_pages(client, table_name, query):
        places = [(str(item["sweep_sk"]["S"]), str(item["PK"]["S"])) for item in page["Items"]]
        yield [(place, keys.account_of(pk)) for place, pk in places]
