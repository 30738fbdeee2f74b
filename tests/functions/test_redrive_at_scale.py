"""Thousands of dead letters take a number of requests that grows with them, and reading them hides none for long."""

import json
from pathlib import Path

import pytest

from ops import dead_letters, redrive
from tests.domain.examples import EVENT
from tests.functions.queues_bench import Queues, queues, redriven

__all__ = ["queues"]

pytestmark = pytest.mark.dynamodb


def test_a_peek_leaves_every_message_visible_at_once(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    queues.put("dead", (json.dumps(EVENT | {"call_id": f"c_{number}"}) for number in range(45)))
    assert redriven(monkeypatch, "--peek") == 0
    assert (queues.visible("dead"), queues.bodies("calls")) == (45, [])


def test_removing_8000_malformed_messages_is_linear(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    queues.put("dead", (f"x{number}" for number in range(8_000)))
    assert redriven(monkeypatch, "--drop", "--yes") == 0
    assert queues.bodies("dead") == []
    [file] = tmp_path.glob("dropped-calls-*.jsonl")
    assert sorted(json.loads(line)["body"] for line in file.read_text().splitlines()) == sorted(
        f"x{number}" for number in range(8_000)
    )
    assert queues.requests["delete_message_batch"] == 800
    assert queues.requests["receive_message"] <= 800 + 2 * dead_letters.THREADS
    assert queues.requests["change_message_visibility_batch"] == 0


def test_calls_behind_a_load_of_malformed_messages_are_reached(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redrive, "MAX_LOAD", 20)
    queues.put("dead", (f"x{number}" for number in range(200)))
    queues.put("dead", (json.dumps(EVENT | {"call_id": f"c_{number}"}) for number in range(30)))
    assert redriven(monkeypatch, "--yes") == 0
    assert len(queues.bodies("calls")) == 30
    assert (queues.visible("dead"), len(queues.bodies("dead"))) == (200, 200)


def test_no_more_messages_are_hidden_than_sqs_allows(queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redrive, "MAX_LOAD", 20)
    monkeypatch.setattr(redrive, "MAX_HIDDEN", 60)
    queues.put("dead", (f"x{number}" for number in range(400)))
    assert redriven(monkeypatch, "--yes") == 0
    assert queues.most_hidden <= 60 + 20 + 10 * dead_letters.THREADS * 2
    assert queues.visible("dead") == 400
