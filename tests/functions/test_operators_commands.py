"""Operators' commands that fail print one sentence and return no success code."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.rates.publishing import DeckBucket
from ops import redrive, rerate_calls, rollback_rates
from ops.stack import FoundStack, find_stack
from ops.terminal import run
from tests.domain.examples import EVENT, deck_csv
from tests.harness.table import BUCKET
from tests.harness.template import ROOT
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb


def code_of(command: Callable[[], int]) -> object:
    """The exit code of a process that runs the command."""
    with pytest.raises(SystemExit) as ended:
        run(command)
    return ended.value.code


@pytest.mark.parametrize(("name", "more"), [("withdraw_links", []), ("erase_number", [UNITED_KINGDOM])])
def test_a_mistyped_account_is_not_reported_as_finished_work(
    world: World, name: str, more: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = import_module(f"ops.{name}")
    found = FoundStack("staging", False, {"TableName": world.stack.table_name}, boto3.Session(), None)
    monkeypatch.setattr(command, "find_stack", lambda: found)
    ended = {}
    for account_id in ("acct_1", "acct_typo"):
        monkeypatch.setattr(sys, "argv", ["make", account_id, *more, "--yes"])
        ended[account_id] = code_of(command.main)
    assert ended == {"acct_1": 0, "acct_typo": 1}
    assert "There is no account acct_typo in staging. Correct ACCOUNT" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--from", "--to", "--deck"])
def test_a_range_without_an_account_does_not_rate_waiting_calls(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make", option, "2026-11-01", "--yes"])
    assert code_of(rerate_calls.main) == 1
    assert "Name the account too" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not you"}}, "Query"), "AccessDenied"),
        (Unavailable(ProblemCode.BUSY, "Try again."), "busy: Try again."),
    ],
)
def test_a_refusal_of_aws_or_the_table_is_reported_in_one_sentence(
    error: Exception, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused() -> int:
        raise error

    assert code_of(refused) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_a_missing_profile_is_reported_as_an_unreachable_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    def look() -> int:
        find_stack({"STACK": "calling-credit-staging"})
        return 0

    assert code_of(look) == 1
    assert "nobody" in capsys.readouterr().err


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
    found = redrive.receive_all(queue, "dead", counted.append)
    assert [message["MessageId"] for message in found] == [f"m_{number}" for number in range(40)]
    assert (queue.receives, counted) == (5, [10, 20, 30, 40])
    assert found[0]["ReceiptHandle"] == "0.5"


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
    assert "26 sent back" in redriven("--yes")
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
    sent = redriven("--yes")
    assert "4 sent back to the call queue." in sent
    received = sqs.receive_message(QueueUrl=queues["calls"], MaxNumberOfMessages=10, MessageAttributeNames=["All"])[
        "Messages"
    ]
    first = {message["Body"]: message["MessageAttributes"]["first_sent_at"]["StringValue"] for message in received}
    assert [first[body] for body in bodies] == ["1795435200000"] * 3
    assert int(first[json.dumps(event)]) > 1_700_000_000_000


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ("YES=no", 2, "YES=no: say YES=1, or leave it out"),
        ("DROP=true", 2, "DROP=true: say DROP=1"),
        ("YES=0", 0, "-m ops.redrive"),
        ("YES=1", 0, "-m ops.redrive   --yes"),
    ],
)
def test_a_switch_of_a_command_is_1_or_left_out(said: str, code: int, words: str) -> None:
    done = subprocess.run(["make", "-n", "redrive", said], cwd=ROOT, capture_output=True, text=True, check=False)
    told = done.stdout + done.stderr
    assert (done.returncode, words in told, "--drop" in told) == (code, True, False), told
    assert ("--yes" in told) == (said == "YES=1")


def test_rollback_activates_the_confirmed_deck_despite_newer_decks(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = {"DeckBucketName": BUCKET}
    monkeypatch.setattr(
        rollback_rates, "find_stack", lambda: FoundStack("staging", False, outputs, boto3.Session(), None)
    )
    asked: list[str] = []
    publisher = DeckBucket(boto3.client("s3"), BUCKET)

    def publish(price: str) -> str:
        data, now = deck_csv({"rate_per_minute": price}), datetime.now(UTC)
        judged = publisher.check(data, now, now)
        assert publisher.publish(data, judged, now, now, judged.counts) == "published"
        return judged.version

    def publish_another(question: str) -> bool:
        asked.append(question)
        publish("0.90")
        return True

    monkeypatch.setattr(rollback_rates, "confirm", publish_another)
    monkeypatch.setattr(sys, "argv", ["make rollback-rates"])
    good, _ = publish("0.70"), publish("7.00")
    assert code_of(rollback_rates.main) == 0
    assert asked == [f"Activate {good} again in staging?"]
    assert f"{good} is active again" in capsys.readouterr().out
