"""`make replay-calls`: a table that was set back gets its calls from the raw archive, and each is charged once."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import replay_calls
from ops.stack import FoundStack
from tests.functions.archive_bench import BUCKET, KEY, Archived, s3
from tests.functions.calls_bench import CHARGE, UNANSWERED, calls
from tests.harness.world import JAPAN, MOBILE, UNCOVERED, World

__all__ = ["s3"]

pytestmark = pytest.mark.dynamodb

DAY = ("--from", "2026-11-23", "--to", "2026-11-24")


@pytest.fixture
def archived(
    world: World,
    s3: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Archived:
    """A stack that the command can find."""
    queue = boto3.client("sqs").create_queue(QueueName=f"replayed-{tmp_path.name[-20:]}")["QueueUrl"]
    outputs = {"TableName": world.stack.table_name, "CallQueueUrl": queue, "ArchiveBucketName": BUCKET}
    found = FoundStack("staging", False, outputs, boto3.Session(), None)
    monkeypatch.setattr(replay_calls, "find_stack", lambda: found)
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))
    return Archived(world, found, queue, monkeypatch, capsys)


def test_a_table_set_back_is_charged_again_to_the_micro(archived: Archived) -> None:
    world = archived.world
    world.adjust("20.00", "credit")
    assert world.authorize("c_held", JAPAN).body["decision"] == "allow"
    assert world.authorize("c_unanswered").body["decision"] == "allow"
    assert archived.deliver({"call_id": "c_before"}) == []
    earlier = world.stack.items()
    held = {"call_id": "c_held", "to": JAPAN, "duration_seconds": 125}
    assert archived.deliver(*calls(12), {"call_id": "c_m", "to": MOBILE}) == []
    rang = {"started_at": "2026-11-23T11:59:50.000Z", "ended_at": "2026-11-23T12:00:00.000Z"}
    assert archived.deliver(held, {"call_id": "c_unanswered", **UNANSWERED, **rang}, {"call_id": "c_0"}) == []
    assert archived.deliver({"call_id": "c_new", "to": UNCOVERED}) == []
    uninterrupted = without_counts(world.stack.items())
    assert world.get("/balance").body["held"] == "0.00"
    archived.set_back(earlier)
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert (code, "18 calls in 4 objects" in text, "18 calls sent." in text) == (0, True, True), text
    assert archived.charge_waiting() == []
    assert without_counts(world.stack.items()) == uninterrupted
    assert 0 < world.balance() < 20_000_000


def without_counts(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items without `calls_seen`, which counts transactions: a replay charges the same calls with fewer of them.
    Therefore, balances also name another of these calls as the last one.
    """
    left_out = {"BALANCE": {"calls_seen", "correlation_id"}}
    return [{name: value for name, value in item.items() if name not in left_out.get(item["SK"], ())} for item in items]


def test_a_second_replay_changes_nothing(archived: Archived) -> None:
    assert archived.deliver(*calls(3)) == []
    before = archived.world.stack.items()
    for _ in range(2):
        assert archived.run(replay_calls, *DAY, "--yes")[0] == 0
        assert archived.charge_waiting() == []
        assert archived.world.stack.items() == before


def test_a_replayed_message_says_when_it_was_first_sent(archived: Archived) -> None:
    first = int(archived.world.clock.now.timestamp() * 1000)
    assert archived.deliver({"call_id": "c_1"}, {"call_id": "c_2"}) == []
    archived.run(replay_calls, *DAY, "--yes")
    sent = [int(one["messageAttributes"]["first_sent_at"]["stringValue"]) for one in archived.waiting()]
    assert sent == [first, first + 1000]


def test_replay_counts_first_and_sends_nothing_without_a_yes(archived: Archived) -> None:
    assert archived.deliver(*calls(3)) == []
    code, text = archived.run(replay_calls, *DAY)
    assert (code, "3 calls in 1 objects, first sent from 2026-11-23T12:00:00.000Z" in text) == (1, True), text
    assert archived.waiting() == []


def test_a_call_of_over_90_days_ago_is_listed_and_not_sent(archived: Archived) -> None:
    assert archived.deliver({"call_id": "c_old"}, {"call_id": "c_free", **UNANSWERED}) == []
    archived.world.clock.now += timedelta(days=91)
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert code == 0
    assert "1 started_too_long_ago" in text
    assert "acct_1 c_old 2026-11-23T10:00:00.000Z started_at is over 90 days back" in text
    assert [one for one in archived.waiting() if "c_old" in one["body"]] == []


def test_an_interrupted_replay_continues_where_it_stopped(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.raw_objects.CHUNK", 1)
    for number in range(3):
        assert archived.deliver({"call_id": f"c_{number}"}) == []
    working = replay_calls.send
    sent: list[Any] = []

    def failing(client: Any, url: str, messages: Any) -> int:
        if len(sent) == 2:
            raise KeyboardInterrupt
        sent.append(messages)
        return working(client, url, messages)

    monkeypatch.setattr(replay_calls, "send", failing)
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert (code, "run: make replay-calls FROM=2026-11-23 TO=2026-11-23T12:00:00.000Z" in text) == (130, True), text
    monkeypatch.setattr(replay_calls, "send", working)
    code, text = archived.run(replay_calls, "--from", "2026-11-23", "--to", "2026-11-23T12:00:00.000Z", "--yes")
    assert (code, "2 objects were sent by an interrupted run" in text, "1 calls sent." in text) == (0, True, True), text
    assert len(archived.waiting()) == 3
    assert archived.run(replay_calls, *DAY, "--yes")[1].endswith(
        "3 calls sent. Calls that were charged already change nothing."
    )


def test_a_damaged_object_is_listed_and_the_others_are_sent(archived: Archived, s3: Any) -> None:
    assert archived.deliver({}) == []
    s3.put_object(Bucket=BUCKET, Key=KEY.replace("0000-4000", "dead-4000"), Body=b"no batch")
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert (code, "1 unreadable_object" in text, "dead-4000" in text, "1 calls sent." in text) == (0, True, True, True)


def test_only_the_hours_of_the_time_are_sent(archived: Archived) -> None:
    assert archived.deliver({"call_id": "c_1"}) == []
    archived.world.clock.now += timedelta(hours=1)
    assert archived.deliver({"call_id": "c_2"}) == []
    archived.run(replay_calls, "--from", "2026-11-23T12:59:59Z", "--to", "2026-11-23T12:59:59Z", "--yes")
    assert len(archived.waiting()) == 1
    assert archived.world.balance() == -2 * CHARGE


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--from", "yesterday"), "FROM must be a time such as"),
        (("--from", "2026-11-23", "--to", "2026-11"), "TO must be a time such as"),
        (("--from", "2026-11-24"), "FROM must be before TO"),
    ],
)
def test_a_mistyped_time_says_what_to_correct(archived: Archived, words: tuple[str, ...], reason: str) -> None:
    code, text = archived.run(replay_calls, *words, "--yes")
    assert (code, reason in text) == (1, True), text


def test_a_refusing_queue_keeps_the_position(archived: Archived, monkeypatch: pytest.MonkeyPatch) -> None:
    assert archived.deliver({}) == []
    monkeypatch.setattr("ops.replay_calls.MAX_ATTEMPTS", 1)

    class Refusing:
        def send_message_batch(self, **_: Any) -> dict[str, Any]:
            return {"Failed": [{"Id": "0", "SenderFault": False}]}

    monkeypatch.setattr(FoundStack, "client", lambda _stack, _service: Refusing())
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert (code, "The queue did not accept all calls" in text, "To continue" in text) == (1, True, True), text
