"""The price list in force when a call to a short code began prices it, whenever its record arrives."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from calling_credit.instants import format_instant
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck_store import ACTIVE_KEY, read_active
from calling_credit.rates.short_code_publishing import ShortCodeBucket
from calling_credit.rates.short_codes import short_codes_key
from calling_credit.rates.timeline import START_OF_TIME
from ops import publish_rates, publish_short_codes
from ops.stack import FoundStack
from tests.domain.examples import NOW, deck_csv
from tests.functions.holds_bench import credit
from tests.functions.short_codes_bench import BUCKET, PRICES
from tests.harness.world import World

__all__ = ["credit"]

pytestmark = pytest.mark.dynamodb

NO_PRICES = PRICES.splitlines()[0]


def publish(data: bytes = PRICES, now: datetime = NOW) -> None:
    """Publish a list, in force a minute later. Warm functions find out in time."""
    ShortCodeBucket(boto3.client("s3"), BUCKET).publish(data, now)


def begun(seconds: float, call_id: str) -> dict[str, Any]:
    """A call of a minute to 411 that begins some seconds after noon. It costs 1.60."""
    at = [format_instant(NOW + timedelta(seconds=seconds + offset)) for offset in (0, 0, 60)]
    times = {"started_at": at[0], "answered_at": at[1], "ended_at": at[2], "duration_seconds": 60}
    return {"call_id": call_id, "to": "411", **times}


def pointer() -> ActivePointer:
    """The pointer to the active deck."""
    active = read_active(boto3.client("s3"), BUCKET)
    assert active is not None
    return active


def stored_pointer(change: Callable[[dict[str, Any]], None]) -> None:
    """Store the pointer with a change."""
    client = boto3.client("s3")
    content = json.loads(client.get_object(Bucket=BUCKET, Key=ACTIVE_KEY)["Body"].read())
    change(content)
    client.put_object(Bucket=BUCKET, Key=ACTIVE_KEY, Body=json.dumps(content).encode())


def test_a_call_delivered_free_stays_free_after_a_list(world: World) -> None:
    assert world.deliver(begun(-600, "x1")) == []
    publish()
    for _ in range(3):
        assert world.deliver(begun(-600, "x1")) == []
        assert world.balance() == 5_000_000
        world.clock.now += timedelta(days=1)


def test_a_call_quoted_as_free_is_free_though_its_record_comes_later(world: World) -> None:
    assert world.authorize("x1", "411").body["held"] == "0.00"
    publish()
    world.clock.now += timedelta(minutes=5)
    assert world.deliver(begun(59.999, "x1")) == []
    assert world.balance() == 5_000_000
    assert world.deliver(begun(60, "x2")) == []
    assert world.balance() == 3_400_000


def test_a_new_price_counts_for_no_call_that_began_before(world: World) -> None:
    publish(now=NOW - timedelta(days=1))
    publish(PRICES.replace(b"1.50", b"2.50"))
    world.clock.now += timedelta(minutes=5)
    assert world.deliver(begun(59.999, "x1")) == []
    assert world.balance() == 3_400_000
    publish(NO_PRICES, world.clock.now)
    world.clock.now += timedelta(minutes=5)
    assert world.deliver(begun(59.999, "x1"), begun(60, "x2"), begun(360, "x3")) == []
    assert world.balance() == 800_000


@pytest.mark.parametrize("early", [10.001, 30, 90])
def test_a_call_that_has_not_begun_waits_for_the_list_of_its_time(world: World, early: float) -> None:
    """A list may still be published for that time; an answer now would change with a redelivery."""
    assert world.deliver(begun(early, "x1")) == ["m_0"]
    publish(now=NOW + timedelta(seconds=early - 60))
    world.clock.now += timedelta(minutes=5)
    assert world.deliver(begun(early, "x1")) == []
    assert world.balance() == 3_400_000


def test_an_older_pointer_names_a_list_that_prices_every_call(world: World) -> None:
    client, key = boto3.client("s3"), short_codes_key(PRICES, NOW)
    client.put_object(Bucket=BUCKET, Key=key, Body=PRICES)

    def name_one_list(content: dict[str, Any]) -> None:
        content["short_codes"] = key
        content.pop("short_code_lists", None)

    stored_pointer(name_one_list)
    world.stack.forget()
    assert world.authorize("x1", "411", seconds=60).body["held"] == "1.60"
    publish(NO_PRICES)
    assert [(one.key == key, one.in_force_from) for one in pointer().short_code_lists] == [
        (False, "2026-11-23T12:01:00.000Z"),
        (True, START_OF_TIME),
    ]
    world.clock.now += timedelta(minutes=5)
    assert world.deliver(begun(59, "x2"), begun(60, "x3")) == []
    assert world.balance() == 3_400_000


def test_a_list_is_in_force_after_every_other_one(world: World) -> None:
    publish(PRICES, NOW + timedelta(seconds=5))
    publish(NO_PRICES, NOW)
    begins = [one.in_force_from for one in pointer().short_code_lists]
    assert begins == ["2026-11-23T12:01:05.001Z", "2026-11-23T12:01:05.000Z"]
    world.clock.now += timedelta(minutes=5)
    assert world.deliver(begun(62, "x1"), begun(66, "x2")) == []
    assert world.balance() == 5_000_000


def test_a_later_deck_keeps_the_lists(world: World) -> None:
    publish()
    lists = pointer().short_code_lists
    world.stack.publish(deck_csv({}), "deck-2", NOW)
    assert (pointer().version, pointer().short_code_lists) == ("deck-2", lists)


@pytest.mark.parametrize(("is_local", "answer"), [(False, False), (False, True), (True, False)])
def test_a_list_is_in_force_a_minute_after_the_operator_confirms(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_local: bool,
    answer: bool,
) -> None:
    """Calls are delivered free while the question waits for an answer; they must stay free."""
    questions: list[str] = []

    def confirm(question: str) -> bool:
        questions.append(question)
        assert world.deliver(begun(0, "x1")) == []
        world.clock.now += timedelta(minutes=10)
        assert world.deliver(begun(300, "x2")) == []
        return answer

    stack = FoundStack("staging", is_local, {"DeckBucketName": BUCKET}, boto3.Session(), None)
    monkeypatch.setattr(publish_short_codes, "find_stack", lambda: replace(stack))
    monkeypatch.setattr(publish_short_codes, "confirm", confirm)
    monkeypatch.setattr(publish_short_codes, "datetime", SimpleNamespace(now=lambda _: world.clock.now))
    path = tmp_path / "short_codes.csv"
    path.write_bytes(PRICES)
    monkeypatch.setattr(sys, "argv", ["make", str(path)])
    is_published = is_local or answer
    assert publish_rates.main() == 1 - is_published
    assert questions == ([] if is_local else [f"Publish the price list {path} in staging?"])
    begin = format_instant(world.clock.now + timedelta(minutes=1))
    assert [one.in_force_from for one in pointer().short_code_lists] == [begin] * is_published
    shown = " ".join(capsys.readouterr().out.split())
    assert (f"begins at {begin} or later" in shown) == is_published
    assert ("Nothing was published" in shown) != is_published
    world.clock.now += timedelta(minutes=10)
    assert world.deliver(begun(0, "x1"), begun(300, "x2")) == []
    assert world.balance() == (3_400_000 if is_local else 5_000_000), "published at noon without a question"
