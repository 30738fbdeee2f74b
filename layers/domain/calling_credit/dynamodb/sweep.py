"""Reads the sparse index `sweep`, which lists the items that need another look."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.attributes import from_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_kept(client: "DynamoDBClient", table_name: str, kind: str) -> Iterator[dict[str, Any]]:
    """Every kept call of a kind (`unrated` or `stray`), oldest first within a shard."""
    for partition in sweep_keys.sweep_partitions(kind):
        start: dict[str, Any] = {}
        while True:
            answer = client.query(
                TableName=table_name,
                IndexName=sweep_keys.SWEEP_INDEX,
                KeyConditionExpression="sweep_pk = :kind",
                ExpressionAttributeValues={":kind": {"S": partition}},
                **start,
            )
            yield from map(from_attributes, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                break
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def query_due(client: "DynamoDBClient", table_name: str, partition: str, now: str) -> Iterator[dict[str, Any]]:
    """The items of a partition of the sweep index whose time has come."""
    start: dict[str, Any] = {}
    while True:
        answer = client.query(
            TableName=table_name,
            IndexName=sweep_keys.SWEEP_INDEX,
            KeyConditionExpression="sweep_pk = :kind AND sweep_sk <= :now",
            ExpressionAttributeValues={":kind": {"S": partition}, ":now": {"S": f"{now}~"}},
            **start,
        )
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
