"""A stack with a raw archive and a call queue, whose table can be set back to an earlier time."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from calling_credit.charging import archive_bucket
from calling_credit.charging.archive_bucket import RawArchive
from calling_credit.dynamodb.attributes import to_attributes
from ops.stack import FoundStack
from tests.functions.test_operators_commands import code_of
from tests.harness.world import World

BUCKET = "calling-credit-test-archive"
KEY = "raw/2026/11/23/12/00000000-0000-4000-8000-000000000000.jsonl.gz"


@pytest.fixture
def s3(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The client with which rate_calls writes its archive."""
    import boto3  # noqa: PLC0415 - after moto

    plain = boto3.client("s3")
    plain.create_bucket(Bucket=BUCKET)
    archive = RawArchive(archive_bucket.archive_client(), BUCKET)
    monkeypatch.setattr(world.stack.apps["rate_calls"], "archive", archive)
    yield archive._client
    for one in plain.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        plain.delete_object(Bucket=BUCKET, Key=one["Key"])
    plain.delete_bucket(Bucket=BUCKET)


@dataclass
class Archived:
    """A world whose calls are archived, and an operator's terminal."""

    world: World
    stack: FoundStack
    queue: str
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def run(self, command: ModuleType, *words: str) -> tuple[object, str]:
        """The exit code and the output of a command, in one line."""
        self.patch.setattr(sys, "argv", ["make", *words])
        self.capture.readouterr()
        code = code_of(command.main)
        output = self.capture.readouterr()
        return code, " ".join((output.out + output.err).split())

    def deliver(self, *bodies: str | dict[str, Any]) -> list[str]:
        """Deliver messages in an invocation of their own."""
        from tests.harness.table import Context  # noqa: PLC0415

        number = int(Context.aws_request_id[-4:]) + 1
        self.patch.setattr(Context, "aws_request_id", f"00000000-0000-4000-8000-{number:012d}")
        return self.world.deliver(*bodies)

    def set_back(self, items: list[dict[str, Any]]) -> None:
        """Restore the table to what it held."""
        client, table = self.world.stack.dynamodb, self.world.stack.table_name
        for item in self.world.stack.items():
            client.delete_item(TableName=table, Key=to_attributes({"PK": item["PK"], "SK": item["SK"]}))
        for item in items:
            client.put_item(TableName=table, Item=to_attributes(item))
        self.world.stack.forget()

    def waiting(self) -> list[dict[str, Any]]:
        """The messages of the call queue as Lambda delivers them. They leave the queue."""
        import boto3  # noqa: PLC0415 - after moto

        sqs, records = boto3.client("sqs"), []
        while messages := self._receive(sqs):
            for one in messages:
                attributes = {
                    name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
                    for name, value in one.get("MessageAttributes", {}).items()
                }
                records.append(
                    {
                        "messageId": one["MessageId"],
                        "attributes": one["Attributes"],
                        "messageAttributes": attributes,
                        "body": one["Body"],
                    }
                )
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
        return records

    def _receive(self, sqs: Any) -> list[dict[str, Any]]:
        answer = sqs.receive_message(
            QueueUrl=self.queue,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def charge_waiting(self) -> list[str]:
        """Charge what waits in the queue; return the ids of the refused messages."""
        from tests.harness.queue import failures  # noqa: PLC0415

        return failures(self.world.stack.invoke("rate_calls", {"Records": self.waiting()}))
