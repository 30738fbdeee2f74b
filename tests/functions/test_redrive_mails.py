"""Failed mails go back to their queue, and messages without an event are removed only when told."""

import json
from pathlib import Path

import boto3
import pytest

from ops import redrive
from ops.stack import FoundStack
from tests.functions.mail_bench import batch
from tests.functions.queues_bench import Queues
from tests.functions.test_operators_commands import code_of

MAILS = [
    record["body"] for record in batch({"id": "evt_1", "type": "BalanceLow", "account_id": "a", "data": {}})["Records"]
]


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Queues:
    """The mails' dead-letter queue (`dead`) and their queue (`calls`) of a stack that the command finds."""
    found, outputs = Queues(), {"MailDeadLetterQueueUrl": "dead", "MailQueueUrl": "calls"}
    stack = FoundStack("staging", False, outputs, boto3.Session(), None)
    monkeypatch.setattr(redrive, "find_stack", lambda: stack)
    monkeypatch.setattr(FoundStack, "client", lambda *_: found)
    monkeypatch.setattr(redrive, "local_folder", lambda: tmp_path)
    return found


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    """Run the command."""
    monkeypatch.setattr("sys.argv", ["redrive", "--queue", "mail", *options])
    return redrive.main()


def test_mails_go_back_and_messages_without_an_event_stay(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    queues.put("dead", [*MAILS, "no event"])
    assert run(monkeypatch, "--peek") == 0
    assert (len(queues.bodies("dead")), queues.visible("dead")) == (2, 2)
    assert run(monkeypatch, "--yes") == 0
    assert (queues.bodies("calls"), queues.bodies("dead")) == (MAILS, ["no event"])
    shown = capsys.readouterr().out
    assert "BalanceLow" in shown
    assert "malformed_event" in shown


def test_dropping_removes_messages_without_an_event_only(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    queues.put("dead", [*MAILS, "no event"])
    assert run(monkeypatch, "--drop", "--yes") == 0
    assert (queues.bodies("dead"), queues.bodies("calls")) == (MAILS, [])
    [file] = tmp_path.glob("dropped-mail-*.jsonl")
    [line] = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["body"] == "no event"


def test_malformed_mails_are_never_sent_back(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    queues.put("dead", ["no event"])
    assert code_of(lambda: run(monkeypatch, "--malformed")) == 1
    assert queues.bodies("dead") == ["no event"]
