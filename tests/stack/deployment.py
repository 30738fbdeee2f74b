"""The deployed functions, and ways to pause their triggers (the streams' mappings, the sweeper's schedule, bucket
rules), so that a test is alone with a function.
"""

import json
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import boto3

from local.stack import Stack
from ops.project import LOCAL_STACK_NAME
from ops.release import ALIAS

MAPPING, SCHEDULE = "AutoRechargeFunctionBalances", "ReconcilePaymentsFunctionEveryMinute"
EVENTS_MAPPING = "PublishEventsFunctionChanges"
"""The logical ids that sam gives to a function's events."""


def physical_id(stack: Stack, logical_id: str) -> str:
    """Return the physical id of a resource of the template."""
    answer = boto3.client("cloudformation").describe_stack_resource(
        StackName=LOCAL_STACK_NAME, LogicalResourceId=logical_id
    )
    return str(answer["StackResourceDetail"]["PhysicalResourceId"])


def invoke(stack: Stack, function: str, event: dict[str, Any]) -> Any:
    """Invoke the live version of a function by its logical id; return its result, or fail if it raises. A sweep waits
    for that of the schedule.
    """
    [result] = invoke_each(stack, function, [event])
    while result == {"skipped": 1}:
        time.sleep(1)
        [result] = invoke_each(stack, function, [event])
    return result


def invoke_each(stack: Stack, function: str, events: Iterable[dict[str, Any]], at_once: int = 1) -> list[Any]:
    """Invoke a function for each event, `at_once` in parallel; return the results."""
    client, name = boto3.client("lambda"), physical_id(stack, function)

    def one(event: dict[str, Any]) -> Any:
        answer = client.invoke(FunctionName=name, Qualifier=ALIAS, Payload=json.dumps(event))
        payload = answer["Payload"].read()
        assert not answer.get("FunctionError"), payload
        return json.loads(payload)

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, events))


def publish_with(name: str, variables: dict[str, str]) -> None:
    """Publish a version of a function with more environment variables, and make it live: it has new workers."""
    client = boto3.client("lambda")
    settings = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    client.update_function_configuration(FunctionName=name, Environment={"Variables": settings | variables})
    client.get_waiter("function_updated_v2").wait(FunctionName=name)
    version = client.publish_version(FunctionName=name)["Version"]
    client.get_waiter("published_version_active").wait(FunctionName=name, Qualifier=version)
    client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)


@contextmanager
def pause_streams(stack: Stack) -> Iterator[None]:
    """Pause the stream's mappings; they deliver the records afterwards."""
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
def pause_sweeper(stack: Stack) -> Iterator[None]:
    """Disable the schedule of the sweeper meanwhile."""
    client, name = boto3.client("scheduler"), physical_id(stack, SCHEDULE)
    schedule = client.get_schedule(Name=name)
    settings: Any = {part: schedule[part] for part in ("ScheduleExpression", "FlexibleTimeWindow", "Target")}
    client.update_schedule(Name=name, State="DISABLED", **settings)
    try:
        yield
    finally:
        client.update_schedule(Name=name, State="ENABLED", **settings)


@contextmanager
def pause_rule(stack: Stack, logical_id: str) -> Iterator[None]:
    """Disable a bucket's rule meanwhile."""
    client, name = boto3.client("events"), physical_id(stack, logical_id).rpartition("|")[2]
    client.disable_rule(Name=name)
    try:
        yield
    finally:
        client.enable_rule(Name=name)


class Records:
    """The records of the table's stream after the creation of this object."""

    def __init__(self, stack: Stack) -> None:
        table = boto3.client("dynamodb").describe_table(TableName=stack.outputs["TableName"])["Table"]
        self._client = boto3.client("dynamodbstreams")
        [shard] = self._client.describe_stream(StreamArn=table["LatestStreamArn"])["StreamDescription"]["Shards"]
        self._begin = self._client.get_shard_iterator(
            StreamArn=table["LatestStreamArn"], ShardId=shard["ShardId"], ShardIteratorType="LATEST"
        )["ShardIterator"]

    def below_threshold(self, account_id: str) -> list[dict[str, Any]]:
        """Return the records of an account's balance that pass the mapping's filter."""
        return [
            record
            for record in self._all()
            if record["dynamodb"]["Keys"] == {"PK": {"S": f"ACCOUNT#{account_id}"}, "SK": {"S": "BALANCE"}}
            and record["dynamodb"]["NewImage"]["headroom_micros"]["N"].startswith("-")
        ]

    def of_payment(self, account_id: str, topup_id: str) -> list[dict[str, Any]]:
        """Return the records of one payment."""
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
