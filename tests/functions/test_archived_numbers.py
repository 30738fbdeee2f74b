"""`make erase-number` names the objects of the raw archive that still hold the number, and until when."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops import erase_number
from ops.archived_numbers import holds_number
from ops.stack import FoundStack
from tests.domain.examples import EVENT
from tests.functions.archive_bench import BUCKET, Archived, s3
from tests.functions.calls_bench import UNANSWERED
from tests.harness.world import JAPAN, UNCOVERED, UNITED_KINGDOM, World

__all__ = ["s3"]

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def archived(
    world: World, s3: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Archived:
    """A stack that the command can find."""
    outputs = {"TableName": world.stack.table_name, "ArchiveBucketName": BUCKET}
    found = FoundStack("staging", False, outputs, boto3.Session(), None, {"ArchiveDays": "400"})
    monkeypatch.setattr(erase_number, "find_stack", lambda: found)
    return Archived(world, found, "", monkeypatch, capsys)


def keys_in(text: str) -> list[str]:
    """The names of objects in an output."""
    return [word.removeprefix(f"s3://{BUCKET}/") for word in text.split() if word.startswith("s3://")]


def names(s3: Any) -> list[str]:
    """The names of all objects."""
    return sorted(one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"])


def test_erasing_names_the_objects_that_still_hold_the_number(archived: Archived, s3: Any) -> None:
    assert archived.deliver({"call_id": "c_1"}, {"call_id": "c_2", "to": JAPAN}) == []
    assert archived.deliver({"call_id": "c_3", "to": JAPAN}) == []
    archived.world.clock.now += timedelta(hours=2)
    assert archived.deliver({"call_id": "c_4"}, {"call_id": "c_5"}) == []
    first, _, last = names(s3)
    for _ in ("once", "again"):
        code, text = archived.run(erase_number, "acct_1", UNITED_KINGDOM, "--yes")
        assert (code, keys_in(text)) == (0, [first, last]), text
        assert "2 objects of the raw archive" in text
        assert "1 messages, not locked, deleted from " in text
        assert UNITED_KINGDOM not in text


def test_erasing_says_until_when_an_object_is_locked(archived: Archived, s3: Any, world: World) -> None:
    until = datetime(2031, 1, 1, tzinfo=UTC)
    plain, locked = boto3.client("s3"), f"{BUCKET}-locked"
    plain.create_bucket(Bucket=locked, ObjectLockEnabledForBucket=True)
    assert archived.deliver({"call_id": "c_1"}) == []
    [key] = names(s3)
    data = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    retention: Any = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    plain.put_object(Bucket=locked, Key=key, Body=data, **retention)
    outputs = {"TableName": world.stack.table_name, "ArchiveBucketName": locked}
    found = FoundStack("staging", False, outputs, boto3.Session(), None)
    archived.patch.setattr(erase_number, "find_stack", lambda: found)
    code, text = archived.run(erase_number, "acct_1", UNITED_KINGDOM, "--yes")
    assert (code, "1 messages, locked until 2031-01-01T00:00:00.000Z" in text) == (0, True), text


def test_an_object_that_cannot_be_searched_is_named(archived: Archived, s3: Any) -> None:
    assert archived.deliver({"call_id": "c_1"}) == []
    [key] = names(s3)
    s3.put_object(Bucket=BUCKET, Key=f"{key}.part", Body=b"half")
    code, text = archived.run(erase_number, "acct_1", UNITED_KINGDOM, "--yes")
    assert (code, keys_in(text)) == (0, [f"{key}.part", key]), text
    assert "1 objects could not be searched" in text
    s3.delete_object(Bucket=BUCKET, Key=key)
    text = archived.run(erase_number, "acct_1", UNITED_KINGDOM, "--yes")[1]
    assert keys_in(text) == [f"{key}.part"], text


def test_a_number_of_an_unrated_call_is_found_too(archived: Archived, s3: Any) -> None:
    assert archived.deliver({"call_id": "c_1", "to": UNCOVERED}) == []
    assert keys_in(archived.run(erase_number, "acct_1", UNCOVERED, "--yes")[1]) == names(s3)


def test_hours_without_calls_of_the_number_are_not_searched(archived: Archived, s3: Any) -> None:
    assert archived.deliver({"call_id": "c_1", "to": JAPAN}, {"call_id": "c_2", **UNANSWERED}) == []
    code, text = archived.run(erase_number, "acct_1", UNITED_KINGDOM, "--yes")
    assert (code, keys_in(text), "raw archive" in text) == (0, [], False)


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({}, True),
        ({"to": "011442071838750"}, True),
        ({"to": "+44 (20) 7183-8750"}, True),
        ({"to": "020 7183 8750"}, True),
        ({"account_id": None}, True),
        ({"to": "+442071838751"}, False),
        ({"account_id": "acct_2"}, False),
    ],
)
def test_a_number_is_recognized_in_every_spelling(changes: dict[str, Any], is_found: bool) -> None:
    assert holds_number(json.dumps(EVENT | changes), "acct_1", UNITED_KINGDOM) == is_found
    escaped = json.dumps(EVENT | changes).replace("7183", "\\u0037183")
    assert holds_number(escaped, "acct_1", UNITED_KINGDOM) == is_found


def test_a_message_that_is_no_json_is_searched_as_text() -> None:
    assert holds_number("to=+442071838750", "acct_1", UNITED_KINGDOM)
