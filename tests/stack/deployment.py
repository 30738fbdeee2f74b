"""What was deployed: functions to invoke, and what wakes them by itself (the table's stream through its mapping, the
schedule of the sweeper), which a test holds back to be alone with a function.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import boto3

from local.stack import Stack
from ops.project import LOCAL_STACK_NAME

MAPPING, SCHEDULE = "AutoRechargeFunctionBalances", "ReconcilePaymentsFunctionEveryMinute"
EVENTS_MAPPING = "PublishEventsFunctionChanges"
"""The names sam gives to what the template lists as events of a function."""


def physical_id(stack: Stack, logical_id: str) -> str:
    """The name a resource of the template has in the deployed stack."""
    answer = boto3.client("cloudformation").describe_stack_resource(
        StackName=LOCAL_STACK_NAME, LogicalResourceId=logical_id
    )
    return str(answer["StackResourceDetail"]["PhysicalResourceId"])


def invoke(stack: Stack, function: str, event: dict[str, Any]) -> Any:
    """What a deployed function, named as in the template, returns for an event; fails if it raises."""
    [said] = invoke_each(stack, function, [event])
    return said


def invoke_each(stack: Stack, function: str, events: Iterable[dict[str, Any]], at_once: int = 1) -> list[Any]:
    """The same for many events, several of them at once."""
    client, name = boto3.client("lambda"), physical_id(stack, function)

    def one(event: dict[str, Any]) -> Any:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
        said = answer["Payload"].read()
        assert not answer.get("FunctionError"), said
        return json.loads(said)

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, events))


@contextmanager
def mapping_held(stack: Stack) -> Iterator[None]:
    """The stream wakes nobody meanwhile; what it had to say is said afterwards."""
    client = boto3.client("lambda")
    mappings = [physical_id(stack, name) for name in (MAPPING, EVENTS_MAPPING)]
    for mapping in mappings:
        client.update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        yield
    finally:
        for mapping in mappings:
            client.update_event_source_mapping(UUID=mapping, Enabled=True)


@contextmanager
def schedule_held(stack: Stack) -> Iterator[None]:
    """The sweeper comes only when it is called."""
    client, name = boto3.client("scheduler"), physical_id(stack, SCHEDULE)
    kept = client.get_schedule(Name=name)
    said: Any = {part: kept[part] for part in ("ScheduleExpression", "FlexibleTimeWindow", "Target")}
    client.update_schedule(Name=name, State="DISABLED", **said)
    try:
        yield
    finally:
        client.update_schedule(Name=name, State="ENABLED", **said)


@contextmanager
def rule_held(stack: Stack, logical_id: str) -> Iterator[None]:
    """What happens in a bucket wakes nobody by this rule meanwhile."""
    client, name = boto3.client("events"), physical_id(stack, logical_id).rpartition("|")[2]
    client.disable_rule(Name=name)
    try:
        yield
    finally:
        client.enable_rule(Name=name)


class Records:
    """The records of the table's stream from now on."""

    def __init__(self, stack: Stack) -> None:
        table = boto3.client("dynamodb").describe_table(TableName=stack.outputs["TableName"])["Table"]
        self._client = boto3.client("dynamodbstreams")
        [shard] = self._client.describe_stream(StreamArn=table["LatestStreamArn"])["StreamDescription"]["Shards"]
        self._begin = self._client.get_shard_iterator(
            StreamArn=table["LatestStreamArn"], ShardId=shard["ShardId"], ShardIteratorType="LATEST"
        )["ShardIterator"]

    def below_threshold(self, account_id: str) -> list[dict[str, Any]]:
        """The records of an account's balance that the mapping's filter lets through, as a function is given them."""
        return [
            record
            for record in self._all()
            if record["dynamodb"]["Keys"] == {"PK": {"S": f"ACCOUNT#{account_id}"}, "SK": {"S": "BALANCE"}}
            and record["dynamodb"]["NewImage"]["headroom_micros"]["N"].startswith("-")
        ]

    def of_payment(self, account_id: str, topup_id: str) -> list[dict[str, Any]]:
        """The records of one payment."""
        keys = {"PK": {"S": f"ACCOUNT#{account_id}"}, "SK": {"S": f"TOPUP#{topup_id}"}}
        return [record for record in self._all() if record["dynamodb"]["Keys"] == keys]

    def _all(self) -> Iterator[dict[str, Any]]:
        iterator = self._begin
        while True:
            answer = self._client.get_records(ShardIterator=iterator)
            yield from json.loads(json.dumps(answer["Records"], default=lambda moment: moment.timestamp()))
            if not answer["Records"]:
                return
            iterator = answer["NextShardIterator"]
