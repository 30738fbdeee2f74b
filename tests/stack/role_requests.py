"""Requests that the roles of functions may or may not send. None changes anything that the stack uses."""

import uuid
from collections.abc import Callable
from typing import Any

import boto3

from local.stack import Stack
from tests.stack.deployment import physical_id

Request = Callable[[boto3.Session, Stack], Any]


def key(partition: str) -> dict[str, Any]:
    """The key of an item that does not exist."""
    return {"PK": {"S": partition}, "SK": {"S": f"PROBE#{uuid.uuid4().hex}"}}


def put(partition: str) -> Request:
    """Put an item, on a condition that fails."""

    def request(session: boto3.Session, stack: Stack) -> None:
        session.client("dynamodb").put_item(
            TableName=stack.outputs["TableName"], Item=key(partition), ConditionExpression="attribute_exists(PK)"
        )

    return request


def get(partition: str) -> Request:
    """Read an item, which does not exist."""

    def request(session: boto3.Session, stack: Stack) -> None:
        session.client("dynamodb").get_item(TableName=stack.outputs["TableName"], Key=key(partition))

    return request


def update(partition: str, *attributes: str) -> Request:
    """Set attributes of an item, which does not exist."""

    def request(session: boto3.Session, stack: Stack) -> None:
        session.client("dynamodb").update_item(
            TableName=stack.outputs["TableName"],
            Key=key(partition),
            UpdateExpression="SET " + ", ".join(f"{name} = :x" for name in attributes),
            ConditionExpression="attribute_exists(PK)",
            ExpressionAttributeValues={":x": {"S": "x"}},
        )

    return request


def transact(*partitions: str) -> Request:
    """Put items in one transaction, on conditions that fail."""

    def request(session: boto3.Session, stack: Stack) -> None:
        table, condition = stack.outputs["TableName"], "attribute_exists(PK)"
        puts: Any = [{"TableName": table, "Item": key(one), "ConditionExpression": condition} for one in partitions]
        session.client("dynamodb").transact_write_items(TransactItems=[{"Put": one} for one in puts])

    return request


def read(*partitions: str) -> Request:
    """Read items, which do not exist."""

    def request(session: boto3.Session, stack: Stack) -> None:
        keys: Any = {stack.outputs["TableName"]: {"Keys": [key(one) for one in partitions]}}
        session.client("dynamodb").batch_get_item(RequestItems=keys)

    return request


def query(partition: str, index: str = "") -> Request:
    """Query a partition of the table, or of its index."""

    def request(session: boto3.Session, stack: Stack) -> None:
        more: Any = {"IndexName": index} if index else {}
        session.client("dynamodb").query(
            TableName=stack.outputs["TableName"],
            KeyConditionExpression=f"{'sweep_pk' if index else 'PK'} = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            **more,
        )

    return request


def scan(session: boto3.Session, stack: Stack) -> None:
    """Read the table without naming a partition."""
    session.client("dynamodb").scan(TableName=stack.outputs["TableName"], Limit=1)


def statement(session: boto3.Session, stack: Stack) -> None:
    """Change an item in PartiQL, which names its partition in text."""
    text = f"UPDATE \"{stack.outputs['TableName']}\" SET x = 1 WHERE PK = 'ACCOUNT#a' AND SK = 'BALANCE'"
    session.client("dynamodb").execute_statement(Statement=text)


def secret(name: str) -> Request:
    """Read a secret of the template."""

    def request(session: boto3.Session, stack: Stack) -> None:
        session.client("secretsmanager").get_secret_value(SecretId=physical_id(stack, name))

    return request


def receive(output: str) -> Request:
    """Look at a queue."""

    def request(session: boto3.Session, stack: Stack) -> None:
        session.client("sqs").get_queue_attributes(QueueUrl=stack.outputs[output], AttributeNames=["QueueArn"])

    return request


def send(output: str) -> Request:
    """Send a message that is no call, and remove it."""

    def request(session: boto3.Session, stack: Stack) -> None:
        url = stack.outputs[output]
        session.client("sqs").send_message(QueueUrl=url, MessageBody="probe")
        boto3.client("sqs").purge_queue(QueueUrl=url)

    return request


def get_object(name: str, bucket: str = "DeckBucketName") -> Request:
    """Read an object, which may not exist."""

    def request(session: boto3.Session, stack: Stack) -> None:
        session.client("s3").get_object(Bucket=stack.outputs[bucket], Key=name)

    return request


def put_object(name: str, bucket: str = "DeckBucketName") -> Request:
    """Write an object, which no rule watches."""

    def request(session: boto3.Session, stack: Stack) -> None:
        session.client("s3").put_object(Bucket=stack.outputs[bucket], Key=name, Body=b"")

    return request


def put_event(source: str, bus: str = "") -> Request:
    """Put an event of no type that a rule matches."""

    def request(session: boto3.Session, stack: Stack) -> None:
        entry: Any = {"Source": source, "DetailType": "Probe", "Detail": "{}"}
        session.client("events").put_events(Entries=[entry | {"EventBusName": bus or stack.outputs["EventBusName"]}])

    return request


def mail(sender: str) -> Request:
    """Send a mail."""

    def request(session: boto3.Session, _: Stack) -> None:
        content: Any = {"Simple": {"Subject": {"Data": "Probe"}, "Body": {"Text": {"Data": "Probe"}}}}
        session.client("sesv2").send_email(
            FromEmailAddress=sender, Destination={"ToAddresses": ["probe@customer.example"]}, Content=content
        )

    return request
