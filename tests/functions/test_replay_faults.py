"""`make replay-calls` with foreign, damaged, and deleted objects, refused messages, and any bounds."""

import gzip
import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops import replay_calls
from ops.raw_objects import Archive
from ops.stack import FoundStack
from tests.functions.archive_bench import BUCKET, KEY, Archived, s3
from tests.functions.test_replay_calls import DAY, archived
from tests.harness.queue import failures

__all__ = ["archived", "s3"]

pytestmark = pytest.mark.dynamodb


def put(s3: Any, name: str, data: bytes, folder: str = "") -> None:
    """Store an object beside those of the archive."""
    s3.put_object(Bucket=BUCKET, Key=(folder or KEY.rpartition("/")[0] + "/") + name, Body=data)


def line(body: str, sent_at: Any = 0) -> bytes:
    """An object with one message."""
    return gzip.compress(json.dumps({"message_id": "m", "first_sent_at": sent_at, "body": body}).encode())


def test_foreign_objects_are_listed_and_stop_nothing(archived: Archived, s3: Any) -> None:
    assert archived.deliver({}) == []
    foreign = {
        "a.txt": b"hello",
        "deep.gz": gzip.compress(b"[" * 200_000),
        "late.gz": line("{}", 10**30),
        "infinite.gz": gzip.compress(b'{"message_id": "m", "first_sent_at": Infinity, "body": "{}"}'),
    }
    for name, data in foreign.items():
        put(s3, name, data)
    put(s3, "readme.txt", b"hello", folder="raw/")
    put(s3, "old.gz", b"hello", folder="raw/2025/")
    put(s3, "other.gz", line("not JSON"))
    put(s3, "surrogate.gz", line('{"account_id": "\ud800"}'))
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert (code, "4 unreadable_object" in text, "2 malformed_json" in text) == (0, True, True), text
    assert len(archived.waiting()) == 1


def test_a_deleted_object_is_listed_and_stops_nothing(archived: Archived, s3: Any) -> None:
    """An object may be deleted between the list and the reading, by its age or to erase a number."""
    assert archived.deliver({"call_id": "c_1"}) == []
    assert archived.deliver({"call_id": "c_2"}) == []
    objects = Archive.objects

    def listed(archive: Archive, *span: Any) -> Any:
        found = list(objects(archive, *span))
        s3.delete_object(Bucket=BUCKET, Key=found[0].key)
        return iter(found)

    archived.patch.setattr(Archive, "objects", listed)
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert (code, "cannot be read (NoSuchKey)" in text, "1 calls sent." in text) == (0, True, True), text


class Queue:
    """A queue that never accepts some calls."""

    def __init__(self, refused: str) -> None:
        self.refused, self.bodies = refused, list[str]()

    def send_message_batch(self, *, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803
        """Accept the others."""
        bad = [one for one in Entries if self.refused in one["MessageBody"]]
        self.bodies += [one["MessageBody"] for one in Entries if one not in bad]
        return {
            "Successful": [{"Id": one["Id"]} for one in Entries if one not in bad],
            "Failed": [{"Id": one["Id"], "SenderFault": True, "Code": "InvalidMessageContents"} for one in bad],
        }


def test_a_message_that_no_queue_takes_is_named_and_stops_nothing(archived: Archived) -> None:
    assert archived.deliver({"call_id": "c_1"}, {"call_id": "c_bad"}, {"call_id": "c_3"}) == []
    queue = Queue("c_bad")
    archived.patch.setattr(FoundStack, "client", lambda _stack, _service: queue)
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert (code, len(queue.bodies), "2 calls sent." in text) == (0, 2, True), text
    assert "InvalidMessageContents): acct_1 c_bad" in text


def test_any_failure_of_a_replay_says_how_to_continue(archived: Archived) -> None:
    assert archived.deliver({}) == []
    expired = ClientError({"Error": {"Code": "ExpiredToken", "Message": ""}}, "SendMessageBatch")

    def fail(*_: Any) -> int:
        raise expired

    archived.patch.setattr(replay_calls, "send", fail)
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert (code, "To continue where it stopped" in text, "ExpiredToken" in text) == (1, True, True), text


def test_another_restored_table_gets_every_object(archived: Archived) -> None:
    """The position of an interrupted replay belongs to the table that it filled."""
    assert archived.deliver({}) == []
    found = archived.stack
    replay_calls.Progress(found, *span(archived)).add(list(Archive(found).objects(*span(archived))))
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert (code, "1 objects were sent by an interrupted run" in text, "delete " in text) == (0, True, True), text
    replay_calls.Progress(found, *span(archived)).add(list(Archive(found).objects(*span(archived))))
    found.outputs["TableName"] += "-restored"
    code, text = archived.run(replay_calls, *DAY, "--yes")
    assert (code, "1 calls sent." in text, "interrupted" in text) == (0, True, False), text


def span(archived: Archived) -> tuple[Any, Any]:
    """FROM and TO of `DAY` as the command reads them; it never reads beyond the present."""
    now = archived.world.clock.now
    return now.replace(hour=0), now


def test_a_year_without_calls_costs_no_request_for_each_hour(archived: Archived) -> None:
    assert archived.deliver({}) == []
    requests: list[int] = []
    session = archived.stack.session
    made = session.client

    def counting(*names: Any, **more: Any) -> Any:
        one = made(*names, **more)
        one.meta.events.register("before-call.s3.ListObjectsV2", lambda **_: requests.append(1))
        return one

    archived.patch.setattr(session, "client", counting)
    code, text = archived.run(replay_calls, "--from", "0001-01-02", "--yes")
    assert (code, "1 calls sent." in text, len(requests)) == (0, True, 1), text


def test_a_second_replay_sends_no_more_than_the_first(archived: Archived) -> None:
    assert archived.deliver({"call_id": "c_1"}, {"call_id": "c_2"}) == []
    for _ in range(3):
        archived.world.clock.now += timedelta(hours=1)
        code, text = archived.run(replay_calls, "--from", "2026-11-23", "--yes")
        assert (code, "2 calls in 1 objects" in text) == (0, True), text
        assert archived.charge_waiting() == []


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [
        ("2026-11-23T12:59:59.999+00:00", "2026-11-23T13:00:00Z", 2),
        ("2026-11-23T14:59:59+02:00", "2026-11-23T14:59:59+02:00", 1),
        ("2026-11-23T07:00:00-06:00", "2026-11-23T23:00:00Z", 1),
        ("2026-11-23T14:00:00Z", "2026-11-24", 0),
    ],
)
def test_bounds_in_any_zone_name_whole_hours(archived: Archived, since: str, until: str, count: int) -> None:
    for hours in (0, 1):
        archived.world.clock.now += timedelta(hours=hours)
        assert archived.deliver({"call_id": f"c_{hours}"}) == []
    archived.world.clock.now += timedelta(hours=9)
    archived.run(replay_calls, "--from", since, "--to", until, "--yes")
    assert len(archived.waiting()) == count


def test_calls_of_an_account_of_the_lost_time_wait_until_it_exists(archived: Archived) -> None:
    world = archived.world
    earlier = world.stack.items()
    world.create_account("acct_2")
    late = {"account_id": "acct_2", "call_id": "c_2", "from": None}
    assert archived.deliver({"call_id": "c_1"}, late) == []
    spent = world.balance("acct_2")
    archived.set_back(earlier)
    assert archived.run(replay_calls, *DAY, "--yes")[0] == 0
    records = archived.waiting()
    refused = failures(world.stack.invoke("rate_calls", {"Records": records}))
    assert [one["messageId"] for one in records if '"acct_2"' in one["body"]] == refused
    world.create_account("acct_2")
    world.stack.forget()
    assert failures(world.stack.invoke("rate_calls", {"Records": records})) == []
    assert (world.balance("acct_2"), len(world.entries())) == (spent, 1)
