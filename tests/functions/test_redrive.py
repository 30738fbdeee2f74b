"""Dead letters go back, stay, or are removed as the operator says, and none is ever lost on the way."""

import json
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import dead_letters, redrive
from ops.dead_letters import DeadLetters
from ops.stack import FoundStack
from tests.domain.examples import EVENT
from tests.functions.queues_bench import queues
from tests.functions.test_operators_commands import code_of
from tests.harness.world import World

__all__ = ["queues"]

pytestmark = pytest.mark.dynamodb


class Restless:
    """A queue whose messages reappear before the last one is read."""

    def __init__(self, messages: int) -> None:
        self.receives = 0
        self._messages = messages

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        """Ten messages at a time; after the last, the first follows with another receipt."""
        begin = self.receives * 10
        self.receives += 1
        numbers = [number % self._messages for number in range(begin, begin + asked["MaxNumberOfMessages"])]
        return {"Messages": [{"MessageId": f"m_{n}", "ReceiptHandle": f"{n}.{self.receives}"} for n in numbers]}


def test_reading_the_dead_letter_queue_ends_despite_reappearing_messages() -> None:
    queue = Restless(40)
    counted: list[int] = []
    found = DeadLetters(queue, "dead", threads=1).receive(counted.append)
    assert [letter.message_id for letter in found] == [f"m_{number}" for number in range(40)]
    assert (queue.receives, counted) == (5, [10, 20, 30, 40])
    assert found[0].receipt == "0.5"


def find_stack_with_queues(world: World, monkeypatch: pytest.MonkeyPatch, suffix: str) -> dict[str, str]:
    """Let `make redrive` find a stack with new queues; return the addresses of `dead` and `calls`."""
    sqs = boto3.client("sqs")
    queues = {name: sqs.create_queue(QueueName=name + suffix)["QueueUrl"] for name in ("dead", "calls")}
    outputs = {
        "TableName": world.stack.table_name,
        "DeadLetterQueueUrl": queues["dead"],
        "CallQueueUrl": queues["calls"],
    }
    found = FoundStack("staging", False, outputs, boto3.Session(), None)
    monkeypatch.setattr(redrive, "find_stack", lambda: found)
    monkeypatch.setattr(dead_letters, "THREADS", 1)  # moto lets one request wait for messages at a time.
    return queues


def test_refused_calls_of_any_size_go_back_once_with_their_reasons(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sqs = boto3.client("sqs")
    queues = find_stack_with_queues(world, monkeypatch, "")
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))
    assert world.deliver({"call_id": "c_0"}) == []
    calls = [json.dumps(EVENT | {"call_id": f"c_{number}"}) for number in range(23)]
    strange = [json.dumps(EVENT | {"account_id": "acct_typo", "call_id": "c_typo"}), "x" * 200_000, "y" * 200_000]
    for body in (*calls, *strange):
        sqs.send_message(QueueUrl=queues["dead"], MessageBody=body)

    def waiting(queue: str) -> int:
        attributes: Any = sqs.get_queue_attributes(QueueUrl=queues[queue], AttributeNames=["All"])["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"])

    def redriven(*options: str) -> str:
        monkeypatch.setattr(sys, "argv", ["make redrive", *options])
        assert code_of(redrive.main) == 0
        return capsys.readouterr().out

    told = redriven("--peek")
    assert [told.count(code) for code in ("would_be_taken", "charged_already", "unknown_account")] == [
        22 + 1,
        1 + 1,
        1 + 1,
    ]
    assert told.splitlines()[1].split() == ["22", "would_be_taken"], "the counts come first"
    assert (waiting("dead"), waiting("calls")) == (26, 0)
    told = redriven("--yes")
    assert "24 sent back." in told
    assert "2 of them can never be charged and stay." in told
    assert (waiting("dead"), waiting("calls")) == (2, 24)
    assert "2 sent back." in redriven("--malformed", "--yes")
    assert (waiting("dead"), waiting("calls")) == (0, 26)
    for body in strange:
        sqs.send_message(QueueUrl=queues["dead"], MessageBody=body)
    assert "2 removed" in redriven("--drop", "--yes")
    assert (waiting("dead"), waiting("calls")) == (1, 26)


def test_a_redriven_message_names_its_call_and_its_first_sending(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs = boto3.client("sqs")
    queues = find_stack_with_queues(world, monkeypatch, "2")
    event = {"account_id": "acct_1", "call_id": "[2001:db8::1]", "direction": "inbound", "duration_seconds": 7}
    sqs.send_message(QueueUrl=queues["dead"], MessageBody=json.dumps(event))
    old: Any = {"first_sent_at": {"DataType": "Number", "StringValue": "1795435200000"}}
    bodies = ["{", json.dumps(EVENT | {"to": "1"}), json.dumps(EVENT | {"call_id": "c_far"})]
    for body in bodies:
        sqs.send_message(QueueUrl=queues["dead"], MessageBody=body, MessageAttributes=old)

    def redriven(*options: str) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["make redrive", *options])
        assert code_of(redrive.main) == 0
        return capsys.readouterr().out.splitlines()

    told = redriven("--peek")
    assert sorted(line.split()[1] for line in told[:3]) == ["invalid_number", "malformed_json", "would_be_taken"]
    [free] = [line for line in told if "[2001:db8::1]" in line]
    assert all(part in free.split() for part in ("inbound", "acct_1", "7", "would_be_taken"))
    assert "2 sent back." in redriven("--yes")
    assert "2 sent back." in redriven("--malformed", "--yes")
    received = sqs.receive_message(QueueUrl=queues["calls"], MaxNumberOfMessages=10, MessageAttributeNames=["All"])[
        "Messages"
    ]
    first = {message["Body"]: message["MessageAttributes"]["first_sent_at"]["StringValue"] for message in received}
    assert [first[body] for body in bodies] == ["1795435200000"] * 3
    assert int(first[json.dumps(event)]) > 1_700_000_000_000
