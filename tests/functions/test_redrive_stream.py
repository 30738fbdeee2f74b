"""make redrive STREAM= processes failed stream records again, oldest first, and removes only what succeeds."""

import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ops import redrive_stream
from ops.stack import FoundStack
from tests.functions.queues_bench import Queues
from tests.functions.test_operators_commands import code_of
from tests.harness.table import Stack
from tests.harness.template import ROOT

pytestmark = pytest.mark.dynamodb

BUCKET = "stream-failures"
SAMPLE = json.loads((ROOT / "tests" / "fixtures" / "stream_failure.json").read_text(encoding="utf-8"))
RECHARGE = "calling-credit-AutoRechargeFunction"
EVENTS = "calling-credit-PublishEventsFunction"
LIVE = "arn:aws:lambda:us-east-1:123456789012:function:{}:live"
"""The outputs of the stack name the alias."""
KEY = "aws/lambda/7f2a1c3e-0000-4000-8000-000000000000/shardId-1/2026/11/23/2026-11-23T12.10.49-{}"


class Functions:
    """Lambda. It records the invocations, and answers as told, by the sequence number of the first record."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, list[str]]] = []
        self.answers: dict[str, Any] = {}

    def invoke(self, **asked: Any) -> dict[str, Any]:
        """Invoke a function."""
        records = json.loads(asked["Payload"])["Records"]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        assert asked["FunctionName"] in (LIVE.format(RECHARGE), LIVE.format(EVENTS))
        if "refused" in self.answers:
            raise ClientError({"Error": {"Code": "RequestEntityTooLargeException", "Message": "6 MB"}}, "Invoke")
        self.invoked.append((asked["FunctionName"].split(":")[6], numbers))
        answer = self.answers.get(numbers[0], {"batchItemFailures": []})
        error = {"FunctionError": "Unhandled"} if "errorMessage" in answer else {}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **error}


class Streams:
    """A stream with records 10, 11, …, 19, in pages of three, which has lost those before 10."""

    def get_shard_iterator(self, **asked: Any) -> dict[str, Any]:
        """The position of a sequence number."""
        if int(asked["SequenceNumber"]) < 10:
            raise ClientError({"Error": {"Code": "TrimmedDataAccessException", "Message": ""}}, "GetShardIterator")
        return {"ShardIterator": asked["SequenceNumber"]}

    def get_records(self, **asked: Any) -> dict[str, Any]:
        """A page."""
        begin = int(asked["ShardIterator"])
        at = datetime(2026, 11, 23, 12, tzinfo=UTC)
        records = [
            {"eventName": "MODIFY", "dynamodb": {"SequenceNumber": str(number), "ApproximateCreationDateTime": at}}
            for number in range(begin, min(begin + 3, 20))
        ]
        return {"Records": records, "NextShardIterator": str(begin + 3)}


class Bench:
    """A stack with failures."""

    def __init__(self) -> None:
        self.functions, self.queues, self.s3 = Functions(), Queues(), boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)

    def fail(self, number: int, at: str, function: str = RECHARGE) -> str:
        """Let Lambda keep a failure in the bucket, and name it in the queue; return its key."""
        payload = json.loads(SAMPLE["payload"])
        payload["Records"][0]["dynamodb"]["SequenceNumber"] = str(number)
        arn = LIVE.format(function)
        context = SAMPLE["requestContext"] | {"functionArn": arn}
        body = SAMPLE | {"requestContext": context, "timestamp": at, "payload": json.dumps(payload)}
        key = KEY.format(number)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(body).encode())
        named = {"detail-type": "Object Created", "detail": {"bucket": {"name": BUCKET}, "object": {"key": key}}}
        self.queues.put("dead", [json.dumps(named)])
        return key

    def point(self, first: int, last: int, function: str = RECHARGE) -> None:
        """Let Lambda keep a failure as a pointer in the queue."""
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function}"
        numbers = {"startSequenceNumber": str(first), "endSequenceNumber": str(last)}
        body = {name: part for name, part in SAMPLE.items() if name != "payload"}
        body |= {"requestContext": SAMPLE["requestContext"] | {"functionArn": arn}}
        self.queues.put("dead", [json.dumps(body | {"DDBStreamBatchInfo": SAMPLE["DDBStreamBatchInfo"] | numbers})])

    def left(self) -> list[str]:
        """The objects that are left."""
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@pytest.fixture
def bench(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A stack with failures."""
    found = Bench()
    outputs = {"AutoRechargeFunctionName": LIVE.format(RECHARGE), "PublishEventsFunctionName": LIVE.format(EVENTS)}
    outputs |= {"RechargeFailureQueueUrl": "dead", "EventFailureQueueUrl": "calls", "FailureBucketName": BUCKET}
    clients = {"sqs": found.queues, "s3": found.s3, "dynamodbstreams": Streams()}

    class Session:
        def client(self, *_: Any, **__: Any) -> Functions:
            return found.functions

    class Found(FoundStack):
        def client(self, service: Any) -> Any:
            return clients[service]

    session: Any = Session()
    monkeypatch.setattr(redrive_stream, "find_stack", lambda: Found("staging", False, outputs, session, None))
    yield found
    for key in found.left():
        found.s3.delete_object(Bucket=BUCKET, Key=key)
    found.s3.delete_bucket(Bucket=BUCKET)


def redriven(monkeypatch: pytest.MonkeyPatch, *options: str) -> object:
    """The exit code of `make redrive STREAM=`."""
    monkeypatch.setattr(sys, "argv", ["make redrive", *options])
    return code_of(redrive_stream.main)


def test_failures_are_processed_again_oldest_first_and_removed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.fail(3, "2026-11-23T12:30:00Z")
    bench.fail(1, "2026-11-23T12:10:00Z")
    bench.fail(2, "2026-11-23T12:20:00Z")
    assert redriven(monkeypatch, "recharge", "--yes") == 0
    assert bench.functions.invoked == [(RECHARGE, ["1"]), (RECHARGE, ["2"]), (RECHARGE, ["3"])]
    assert (bench.left(), bench.queues.bodies("dead")) == ([], []), "the queue is empty, so the alarm ends"


def test_a_failure_that_fails_again_stays_with_its_name(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    left = [bench.fail(1, "2026-11-23T12:10:00Z"), bench.fail(2, "2026-11-23T12:20:00Z")]
    bench.fail(3, "2026-11-23T12:30:00Z")
    bench.functions.answers = {
        "1": {"batchItemFailures": [{"itemIdentifier": "1"}]},
        "2": {"errorMessage": "It broke."},
    }
    assert redriven(monkeypatch, "recharge", "--yes") == 1
    told = capsys.readouterr().out
    assert all(words in told for words in ("1 of 1 records failed again", "It broke.", "2 batches are left."))
    assert bench.left() == left
    assert [json.loads(body)["detail"]["object"]["key"] for body in bench.queues.bodies("dead")] == left
    assert bench.queues.visible("dead") == 2, "the alarm goes on"
    bench.functions.answers = {}
    assert redriven(monkeypatch, "recharge", "--yes") == 0
    assert (bench.left(), bench.queues.bodies("dead")) == ([], [])


def test_only_failures_of_the_function_and_of_the_age_are_processed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.fail(1, "2026-11-23T12:10:00Z")
    bench.fail(2, "2026-11-23T12:10:00Z", EVENTS)
    bench.fail(3, datetime.now(UTC).isoformat())
    assert redriven(monkeypatch, "recharge", "--older-than", "60", "--yes") == 0
    assert bench.functions.invoked == [(RECHARGE, ["1"])]
    assert bench.left() == [KEY.format(2), KEY.format(3)]
    assert redriven(monkeypatch, "events", "--yes") == 0
    assert bench.functions.invoked[1:] == [(EVENTS, ["2"])]


def test_a_peek_at_failures_changes_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = bench.fail(1, "2026-11-23T12:10:00Z")
    assert redriven(monkeypatch, "recharge", "--peek") == 0
    assert "1 failed batches, from 2026-11-23T12:10:00.000Z" in capsys.readouterr().out
    assert (bench.functions.invoked, bench.left(), bench.queues.visible("dead")) == ([], [key], 1)


def test_a_pointer_of_the_local_stack_is_read_from_the_stream(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.point(11, 15)
    assert redriven(monkeypatch, "recharge", "--yes") == 0
    assert bench.functions.invoked == [(RECHARGE, ["11", "12", "13", "14", "15"])]
    assert bench.queues.bodies("dead") == []


def test_a_pointer_to_records_that_the_stream_has_lost_stays(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.point(5, 11)
    bench.point(12, 12)
    assert redriven(monkeypatch, "recharge", "--yes") == 1
    assert "the stream keeps records for a day, and has lost these" in capsys.readouterr().out
    assert bench.functions.invoked == [(RECHARGE, ["12"])]
    assert bench.queues.visible("dead") == 1


def test_other_messages_of_the_queue_are_left_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    others = ["no json", "[]", json.dumps({"requestPayload": {"detail": {}}}), json.dumps({"detail": "text"})]
    bench.queues.put("dead", others)
    assert redriven(monkeypatch, "recharge", "--yes") == 0
    assert (bench.queues.bodies("dead"), bench.queues.visible("dead")) == (others, 4)


def test_a_damaged_object_is_named_and_stops_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = [b"{", b"[]", b"{}", b'{"requestContext": {"functionArn": 7}}', b'{"requestContext": []}']
    arn = LIVE.format(RECHARGE)
    bodies.append(json.dumps(SAMPLE | {"requestContext": {"functionArn": arn}, "timestamp": "2026-11-23"}).encode())
    damaged = [KEY.format(f"damaged-{number}") for number in range(len(bodies))]
    for key, body in zip(damaged, bodies, strict=True):
        bench.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    bench.fail(1, "2026-11-23T12:10:00Z")
    assert redriven(monkeypatch, "recharge", "--yes") == 0
    assert (bench.functions.invoked, bench.left()) == ([(RECHARGE, ["1"])], damaged)
    assert f"{len(bodies)} objects name no function: {damaged[0]}, " in capsys.readouterr().out
