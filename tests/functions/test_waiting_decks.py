"""Waiting calls while a deck cannot be read, and many waiting calls of one account."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from calling_credit.charging import waiting_calls
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.keys import unrated_sk
from calling_credit.errors import Unavailable
from tests.functions.rerate_bench import COVERING
from tests.functions.test_waiting_calls import ACCOUNTS, NEVER_PRICED, position, small_groups, wait_for_a_price, waiting
from tests.harness.table import BUCKET
from tests.harness.world import UNCOVERED, World

__all__ = ["small_groups"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def lose(world: World, version: str) -> Callable[[], None]:
    """Remove the files of a deck; return what puts them back."""
    s3 = boto3.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    files = {one["Key"]: s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in listed}
    lost = {key: body for key, body in files.items() if version in key}
    assert lost
    for key in lost:
        s3.delete_object(Bucket=BUCKET, Key=key)
    world.stack.forget()

    def put_back() -> None:
        for key, body in lost.items():
            s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        world.stack.forget()

    return put_back


def run(world: World) -> Any:
    """Run the sweep."""
    return world.stack.invoke("rerate_calls", {}, seconds=300)


def charges(world: World) -> int:
    """What all accounts were charged."""
    return -sum(world.balance(account_id) for account_id in ACCOUNTS)


def test_a_deck_that_cannot_be_read_keeps_only_its_own_calls_waiting(world: World) -> None:
    wait_for_a_price(world, *[UNCOVERED, NEVER_PRICED] * 4)
    began = "2026-11-23T09:40:00Z"
    late = {"call_id": "c_8", "to": UNCOVERED, "started_at": began, "answered_at": began, "duration_seconds": 30}
    assert world.deliver(late | {"ended_at": "2026-11-23T09:40:30Z"}) == []
    for version, minute in (("second", 3), ("third", 30)):
        world.stack.publish(COVERING, version, datetime(2026, 11, 23, 9, minute, tzinfo=UTC))
    put_back = lose(world, "second")
    for _ in range(2):
        with pytest.raises(Unavailable):
            run(world)
        assert [name for name in waiting(world) if int(name[2:]) % 2 == 0] == ["c_0", "c_2", "c_4", "c_6"]
        assert charges(world) == 400_000, "c_8, of the third deck"
        assert position(world) is None, "each call was looked at"
    put_back()
    assert run(world) == {"calls_rated": 4, "calls_not_covered": 4}
    assert charges(world) == 5 * 400_000


def test_the_newest_deck_unread_leaves_the_calls_and_fails_the_run(world: World) -> None:
    wait_for_a_price(world, UNCOVERED)
    world.stack.publish(COVERING, "second", datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    put_back = lose(world, "second")
    with pytest.raises(Unavailable):
        run(world)
    assert waiting(world) == ["c_0"]
    put_back()
    assert run(world) == {"calls_rated": 1}


def many(world: World, number: int) -> None:
    """Let many calls of one account wait."""
    wait_for_a_price(world, UNCOVERED)
    [first] = world.of_kind("UNRATED")
    for count in range(1, number):
        happened_at = f"2026-11-23T09:00:{count // 1_000:02d}.{count % 1_000:03d}Z"
        call_key = f"c_{count:06d}"
        item = first | {"SK": unrated_sk(happened_at, call_key), "sweep_sk": f"{happened_at}#acct_1#{call_key}"}
        item |= {"facts_hash": f"{count:064x}"}
        world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=to_attributes(item))


def test_a_call_whose_key_has_no_offset_is_listed_and_stops_no_other(world: World) -> None:
    wait_for_a_price(world, UNCOVERED)
    [item] = world.of_kind("UNRATED")
    damaged = item | {"SK": unrated_sk("2026-11-23T09:00:00.000", "c_x"), "sweep_sk": "2026-11-23T09:00:00.000#c_x"}
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=to_attributes(damaged))
    world.stack.publish(COVERING, "covering")
    assert run(world) == {"calls_rated": 1}
    [listed] = [one for one in world.stack.items() if one["PK"] == "UNREADABLE"]
    assert listed["SK"].endswith("#c_x")


def test_many_calls_of_one_account_are_charged_once_in_full_groups(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_calls, "GROUP", 100)
    many(world, 250)
    world.stack.publish(COVERING, "covering")
    with world.recorded("rerate_calls") as sent:
        assert run(world) == {"calls_rated": 250}
    transactions = [asked for operation, asked in sent if operation == "TransactWriteItems"]
    assert len(transactions) <= 9, "the calls of a group share transactions"
    assert (waiting(world), world.balance("acct_1")) == ([], -250 * 400_000)
    [day] = [item for item in world.of_kind("DAY") if item["total_micros"]]
    assert day["entry_count"] == 250
