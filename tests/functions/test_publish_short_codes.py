"""`make publish-rates` recognizes a price list of short codes, checks it, and puts it in force beside the deck."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from calling_credit.errors import Unavailable
from calling_credit.rates import short_code_publishing
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck_store import activate, read_active
from calling_credit.rates.short_code_publishing import ShortCodeBucket
from ops import publish_rates, publish_short_codes
from ops.stack import FoundStack, StackNotFoundError
from tests.domain.examples import NOW
from tests.functions.holds_bench import credit
from tests.functions.short_codes_bench import PRICES
from tests.harness.table import BUCKET
from tests.harness.world import World

__all__ = ["credit"]

pytestmark = pytest.mark.dynamodb


@pytest.fixture(autouse=True)
def found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands find the stack of the tests."""
    outputs = {"TableName": world.stack.table_name, "DeckBucketName": BUCKET}
    stack = FoundStack("staging", False, outputs, boto3.Session(), None)
    monkeypatch.setattr(publish_short_codes, "find_stack", lambda: stack)


def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, *options: str) -> int:
    """Run the command; return its exit code."""
    path = tmp_path / "short_codes.csv"
    path.write_bytes(data)
    monkeypatch.setattr(sys, "argv", ["make", str(path), "--yes", *options])
    return publish_rates.main()


def pointer() -> ActivePointer:
    """The pointer to the active deck."""
    active = read_active(boto3.client("s3"), BUCKET)
    assert active is not None
    return active


def test_a_published_price_list_prices_the_next_call(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = pointer()
    assert world.authorize(to="411").body["held"] == "0.00"
    assert publish(tmp_path, monkeypatch, PRICES) == 0
    assert "1.50 + 0.10/min (60/60)" in capsys.readouterr().out
    after = pointer()
    without = replace(after, short_code_lists=(), categories=before.categories, etag=before.etag)
    assert without == before
    assert after.categories == ("outbound_short_code_call", *before.categories)
    world.clock.now = datetime.now(UTC)
    assert world.authorize("c_2", "411", seconds=60).body["held"] == "0.00", "the list is not in force yet"
    world.clock.now += timedelta(minutes=1)
    assert world.authorize("c_3", "411", seconds=60).body["held"] == "1.60"


def test_a_named_stack_asks_before_a_price_list_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish_short_codes, "confirm", lambda _question: False)
    path = tmp_path / "short_codes.csv"
    path.write_bytes(PRICES)
    monkeypatch.setattr(sys, "argv", ["make", str(path)])
    assert publish_rates.main() == 1
    assert pointer().short_codes == ""


def test_the_same_prices_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(tmp_path, monkeypatch, PRICES)
    before = pointer()
    assert publish(tmp_path, monkeypatch, PRICES + b"\n\n") == 0
    assert pointer() == before
    assert "nothing changed" in capsys.readouterr().out


def test_a_draft_and_a_list_with_errors_publish_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(tmp_path, monkeypatch, PRICES, "--draft") == 0
    assert publish(tmp_path, monkeypatch, PRICES.replace(b"US,411", b"UK,911")) == 1
    assert pointer().short_codes == ""
    shown = capsys.readouterr().out
    assert "line 2 country: unknown_country: " in shown
    assert "line 2 code: emergency_code: " in shown


def test_a_draft_needs_no_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_stack() -> FoundStack:
        raise StackNotFoundError("No local stack is running.")

    monkeypatch.setattr(publish_short_codes, "find_stack", no_stack)
    assert publish(tmp_path, monkeypatch, PRICES, "--draft") == 0
    assert "No local stack is running." in capsys.readouterr().out
    with pytest.raises(StackNotFoundError):
        publish(tmp_path, monkeypatch, PRICES)


def test_a_changed_list_is_reported_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(tmp_path, monkeypatch, PRICES + b"US,611,Customer service,0,0.25,0,60\n")
    capsys.readouterr()
    publish(tmp_path, monkeypatch, PRICES.replace(b"1.50", b"1.75") + b"CA,411,Assistance,0,2,0,60\n")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], line[1], line[2]) for line in lines if line and line[0] in "-~+"] == [
        ("-", "US", "611"),
        ("~", "US", "411"),
        ("+", "CA", "411"),
    ]


def test_a_damaged_list_is_unusable_until_another_is_published(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(tmp_path, monkeypatch, PRICES)
    world.clock.now = datetime.now(UTC) + timedelta(minutes=1)
    boto3.client("s3").put_object(Bucket=BUCKET, Key=pointer().short_codes, Body=PRICES.replace(b"1.50", b"0.01"))
    world.stack.forget()
    answer = world.authorize(to="411")
    assert (answer.status, answer.code) == (503, "unusable_deck")
    assert world.authorize(to="911").body["decision"] == "allow"
    publish(tmp_path, monkeypatch, PRICES.replace(b"1.50", b"1.40"))
    world.clock.now += timedelta(minutes=1)
    assert world.authorize(to="411", seconds=60).body["held"] == "1.50"


def test_a_deck_activated_meanwhile_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    client, tries = boto3.client("s3"), []

    def activate_after_another(*arguments: object) -> bool:
        tries.append(arguments)
        if len(tries) == 1:
            assert activate(client, BUCKET, replace(pointer(), version="deck-9"))
        return activate(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(short_code_publishing, "activate", activate_after_another)
    key = ShortCodeBucket(client, BUCKET).publish(PRICES, NOW).key
    assert (pointer().version, pointer().short_codes, len(tries)) == ("deck-9", key, 2)
    monkeypatch.setattr(short_code_publishing, "activate", lambda *_: False)
    with pytest.raises(Unavailable):
        ShortCodeBucket(client, BUCKET).publish(PRICES, NOW)


def test_a_price_list_needs_a_published_deck(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boto3.client("s3").delete_object(Bucket=BUCKET, Key="active.json")
    with pytest.raises(Exception, match="Publish a deck first"):
        publish(tmp_path, monkeypatch, PRICES)
