"""Every finished call is in the raw archive before it is charged, and the archive never delays a charge."""

import gzip
import io
import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from calling_credit.charging import archive_bucket
from calling_credit.charging.archive_bucket import RawArchive
from calling_credit.charging.intake import Message
from calling_credit.charging.raw_archive import hours_between, pack, raw_key, unpack
from tests.functions.archive_bench import BUCKET, KEY, s3
from tests.functions.calls_bench import CHARGE, calls, lines_of, log
from tests.harness.queue import FIRST_SENT, delivery, failures
from tests.harness.world import World

__all__ = ["log", "s3"]

pytestmark = pytest.mark.dynamodb

SENT_MS = int(FIRST_SENT.timestamp() * 1000)


class Stuck:
    """A client of an archive that answers when it is told to."""

    def __init__(self) -> None:
        self.answers = threading.Event()

    def put_object(self, **_: Any) -> None:
        """Wait for the event."""
        self.answers.wait(30)


def stored(s3: Any, key: str = KEY) -> list[Message]:
    """The messages of an object."""
    return unpack(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())


def test_a_batch_is_one_object_with_ids_times_and_bodies(world: World, s3: Any) -> None:
    batch = delivery({}, {"call_id": "c_2"}, "{", "ü\n\ud800", sent_at=FIRST_SENT)
    assert failures(world.stack.invoke("rate_calls", batch)) == ["m_2", "m_3"]
    bodies = [record["body"] for record in batch["Records"]]
    assert stored(s3) == [Message(f"m_{n}", SENT_MS + n * 1000, body) for n, body in enumerate(bodies)]
    assert len(world.entries()) == 2


def test_a_batch_is_archived_before_it_is_charged(world: World, s3: Any) -> None:
    order: list[str] = []
    app = world.stack.apps["rate_calls"]
    hooks = [
        (s3, "after-call.s3.PutObject", lambda **_: order.append("archived")),
        (app.dynamodb, "before-call.dynamodb", lambda model, **_: order.append(model.name)),
    ]
    for client, name, note in hooks:
        client.meta.events.register(name, note)
    try:
        assert world.deliver({}) == []
    finally:
        for client, name, note in hooks:
            client.meta.events.unregister(name, note)
    assert (order[0], "TransactWriteItems" in order) == ("archived", True)


def test_a_message_sent_again_keeps_its_first_time_in_the_archive(world: World, s3: Any) -> None:
    batch = delivery({})
    batch["Records"][0]["messageAttributes"] = {"first_sent_at": {"stringValue": "1700000000000", "dataType": "Number"}}
    assert failures(world.stack.invoke("rate_calls", batch)) == []
    assert stored(s3)[0].sent_at_ms == 1_700_000_000_000


def test_a_failed_archive_is_counted_and_the_calls_are_charged(
    world: World, s3: Any, log: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    import boto3  # noqa: PLC0415 - after moto

    boto3.client("s3").delete_bucket(Bucket=BUCKET)
    try:
        assert world.deliver(*calls(3)) == []
    finally:
        boto3.client("s3").create_bucket(Bucket=BUCKET)
    assert world.balance() == -3 * CHARGE
    [line] = [line for line in lines_of(log) if line["message"] == "not_archived"]
    assert (line["level"], line["code"], line["message_ids"]) == ("ERROR", "NoSuchBucket", ["m_0", "m_1", "m_2"])
    assert "+44" not in log.getvalue()
    assert '"ArchiveFailures":[1.0]' in capsys.readouterr().out


def test_a_slow_archive_delays_a_charge_by_its_patience_only(
    world: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert archive_bucket.PATIENCE_SECONDS <= 1
    monkeypatch.setattr(archive_bucket, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(archive_bucket, "LAST_SECONDS", 0.05)
    stuck: Any = Stuck()
    monkeypatch.setattr(world.stack.apps["rate_calls"], "archive", RawArchive(stuck, BUCKET))
    began = time.monotonic()
    assert world.deliver({}) == []
    assert time.monotonic() - began < 10
    stuck.answers.set()
    assert world.balance() == -CHARGE
    [line] = [line for line in lines_of(log) if line["message"] == "not_archived"]
    assert line["code"] == archive_bucket.TOO_SLOW


def test_an_archive_that_ends_while_calls_are_charged_is_no_failure(
    world: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_bucket, "PATIENCE_SECONDS", 0.0)
    stuck: Any = Stuck()
    app = world.stack.apps["rate_calls"]
    monkeypatch.setattr(app, "archive", RawArchive(stuck, BUCKET))
    monkeypatch.setattr(app, "charge_batch", answering(stuck, app.charge_batch))
    assert world.deliver({}) == []
    assert [line for line in lines_of(log) if line["message"] == "not_archived"] == []


def answering(stuck: Stuck, charge_batch: Any) -> Any:
    """Charge a batch while the archive answers."""

    def charge(*arguments: Any) -> Any:
        stuck.answers.set()
        return charge_batch(*arguments)

    return charge


def test_while_the_archive_hangs_the_next_batches_do_not_wait(
    world: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second's wait for each batch would hold up the calls behind it. An answer ends it."""
    monkeypatch.setattr(archive_bucket, "PATIENCE_SECONDS", 0.3)
    for name in ("LAST_SECONDS", "LAST_SECONDS_WHILE_SLOW"):
        monkeypatch.setattr(archive_bucket, name, 0.01)
    stuck: Any = Stuck()
    archive = RawArchive(stuck, BUCKET)
    monkeypatch.setattr(world.stack.apps["rate_calls"], "archive", archive)
    waited = []
    for number in range(5):
        if number == 3:
            stuck.answers.set()
            time.sleep(0.05)
        began = time.monotonic()
        archive.store([Message(f"m_{number}", 0, "{}")], f"r-{number}", FIRST_SENT)
        waited.append(time.monotonic() - began)
    assert waited[0] >= 0.3 > max(waited[1:])
    archiving = archive.store([Message("m_5", 0, "{}")], "r-5", FIRST_SENT)
    assert (archiving.failure(1), archiving.was_slow) == (None, False)


def test_a_put_that_ends_in_the_next_invocation_is_no_part_of_it(
    world: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda freezes the thread of a slow put; it continues in the next invocation, which reports its own batch."""
    for name in ("PATIENCE_SECONDS", "LAST_SECONDS"):
        monkeypatch.setattr(archive_bucket, name, 0.05)
    stuck: Any = Stuck()
    monkeypatch.setattr(world.stack.apps["rate_calls"], "archive", RawArchive(stuck, BUCKET))
    assert world.deliver({"call_id": "c_1"}) == []
    stuck.answers.set()
    assert world.deliver({"call_id": "c_2"}) == []
    assert len([line for line in lines_of(log) if line["message"] == "not_archived"]) == 1
    assert world.balance() == -2 * CHARGE


def test_a_process_without_threads_charges_and_counts(
    world: World, s3: Any, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr("calling_credit.charging.archive_bucket.threading.Thread.start", refuse)
        archiving = archive_bucket.Archiving(lambda: None)
    assert (archiving.failure(1), archiving.was_slow) == (archive_bucket.NO_THREAD, False)


def test_a_message_from_the_archive_is_not_archived_again(world: World, s3: Any) -> None:
    batch = delivery({"call_id": "c_1"}, {"call_id": "c_2"})
    batch["Records"][0]["messageAttributes"] = {"archived": {"stringValue": "1", "dataType": "String"}}
    assert failures(world.stack.invoke("rate_calls", batch)) == []
    assert [one.message_id for one in stored(s3)] == ["m_1"]
    assert len(world.entries()) == 2


def test_without_a_bucket_nothing_is_archived(world: World, log: io.StringIO) -> None:
    assert world.deliver({}) == []
    assert [line for line in lines_of(log) if line["message"] == "not_archived"] == []


def test_objects_of_an_hour_share_the_beginning_of_their_name() -> None:
    at = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert raw_key(at, "r-1") == "raw/2026/12/31/23/r-1.jsonl.gz"
    until = datetime(2027, 1, 1, 1, tzinfo=UTC)
    assert [hour.hour for hour in hours_between(at, until)] == [23, 0, 1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        pack([])[:9],
        b"\x1f\x8b\x08\x00",
        pack([Message("m_1", 0, "{}")])[:-9],
        *map(gzip.compress, (b"[1]\n", b"{}\n", b"\xff\xfe\n", b"[" * 200_000, b'{"message_id": "m"')),
        *(
            gzip.compress(b'{"message_id": "m", "body": "{}", "first_sent_at": %s}' % time)
            for time in (b"Infinity", b"NaN", b"-1", b"1e30", b"null", b'"soon"')
        ),
    ],
)
def test_an_object_that_is_no_batch_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a batch of calls"):
        unpack(data)
