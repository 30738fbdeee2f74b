"""An operator adds an area code that is newer than the tables: its calls are included, and its numbers can be lines."""

import sys
from datetime import timedelta
from typing import Any

import boto3
import pytest

from calling_credit.errors import CallingCreditError, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates import deck_store
from calling_credit.rates.area_codes import add_area_code
from calling_credit.rates.deck import Deck
from calling_credit.rates.publishing import DeckBucket
from ops import add_area_code as command
from ops.stack import FoundStack
from ops.terminal import run
from tests.functions.decks_bench import DEARER, active, clean, drop
from tests.harness.table import BUCKET, _s3
from tests.harness.world import World

__all__ = ["clean"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
HOME = frozenset({"US", "CA"})
NEW_NUMBER = "+14362345678"


def add(world: World, code: str = "436", country: str = "US") -> bool:
    """Add a code as the command does."""
    is_new = add_area_code(_s3(), BUCKET, code, country, HOME, "tester", world.clock.now)
    world.stack.forget()
    world.stack.apps["manage_accounts"].area_codes.forget()
    return is_new


def run_command(monkeypatch: pytest.MonkeyPatch, stack_name: str, *arguments: str) -> object:
    """The exit code of the command on a stack."""
    stack = FoundStack(stack_name, stack_name == "local", {"DeckBucketName": BUCKET}, boto3.Session(), None)
    monkeypatch.setattr(command, "find_stack", lambda: stack)
    monkeypatch.setattr(sys, "argv", ["make", *arguments])
    with pytest.raises(SystemExit) as ended:
        run(command.main)
    return ended.value.code


def test_an_added_code_is_included_and_its_numbers_can_be_lines(world: World) -> None:
    line: dict[str, Any] = {"number": NEW_NUMBER, "user_id": "user_1"}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_9", line).code == "invalid_number"
    assert world.get("/rates", number=NEW_NUMBER).body["items"] == []
    assert add(world)
    [item] = world.get("/rates", number=NEW_NUMBER).body["items"]
    assert (item["included"], item["country"], item["prefix"]) == (True, "US", "1436")
    answer = world.operate("PUT", "/accounts/acct_1/lines/line_9", line)
    assert (answer.status, answer.body["number"]) == (201, NEW_NUMBER)
    assert world.operate("PUT", "/accounts/acct_1/lines/line_9", line | {"number": "+14361345678"}).code == (
        "invalid_number"
    ), "no exchange begins with 1"


def test_a_code_is_added_once_and_survives_later_decks(world: World) -> None:
    assert add(world)
    assert not add(world)
    with pytest.raises(CallingCreditError, match="added for US"):
        add(world, country="CA")
    assert add(world, "624")
    assert drop(world, DEARER)["outcome"] == "published"
    assert [(one.code, one.country, one.added_by) for one in active().area_codes] == [
        ("436", "US", "tester"),
        ("624", "US", "tester"),
    ]
    DeckBucket(_s3(), BUCKET).roll_back(None, world.clock.now)
    assert [one.code for one in active().area_codes] == ["436", "624"]


@pytest.mark.parametrize(
    ("code", "country"),
    [
        ("43", "US"),
        ("4361", "US"),
        ("136", "US"),
        ("036", "US"),
        ("911", "US"),
        ("4x6", "US"),
        ("\u0664\u0663\u0666", "US"),
        ("436", "JM"),
        ("436", "us"),
        ("436", ""),
        ("212", "US"),
        ("876", "US"),
        ("900", "US"),
        ("888", "CA"),
    ],
)
def test_a_code_that_is_no_new_area_code_of_home_is_refused(world: World, code: str, country: str) -> None:
    before = active()
    with pytest.raises(CallingCreditError, match="invalid_field"):
        add(world, code, country)
    assert active() == before


def test_a_code_needs_a_published_deck(world: World) -> None:
    _s3().delete_object(Bucket=BUCKET, Key=deck_store.ACTIVE_KEY)
    with pytest.raises(Unavailable, match="publish-rates"):
        add(world)


def test_a_deck_published_at_the_same_time_keeps_the_code(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either writer reads the pointer again if the other one was faster."""
    decks, later = DeckBucket(_s3(), BUCKET), world.clock.now + timedelta(minutes=1)
    real = deck_store.activate
    interrupted: list[bool] = []

    def activate(*arguments: Any) -> bool:
        if not interrupted:
            interrupted.append(True)
            check = decks.check(DEARER, later, later)
            assert decks.publish(DEARER, check, later, later) == "published"
        return real(*arguments)

    monkeypatch.setattr("calling_credit.rates.area_codes.activate", activate)
    assert add(world)
    assert ([one.code for one in active().area_codes], active().since) == (["436"], format_instant(later))


def test_the_codes_are_read_at_most_every_twenty_seconds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    add(world)
    reads: list[str] = []

    def read(client: Any, bucket: str) -> Any:
        reads.append(bucket)
        return deck_store.read_active(client, bucket)

    monkeypatch.setattr("calling_credit.rates.area_codes.read_active", read)
    for seconds, expected in ((0, 1), (19, 1), (1, 2)):
        world.clock.now += timedelta(seconds=seconds)
        for number in (NEW_NUMBER, "+14155550101"):
            world.operate("PUT", "/accounts/acct_1/lines/line_9", {"number": number, "user_id": "user_1"})
        assert len(reads) == expected


def test_a_deck_without_the_code_keeps_it_included_only_with_ten_digits() -> None:
    deck = Deck("deck-1", [])
    deck.area_codes = {"1436": "US"}
    row = deck.find("14362345678", "US", "2026-11-23T12:00:00.000Z")
    assert row is not None
    assert (row.category, row.country, row.rate_micros_per_minute) == ("included", "US", 0)
    for digits in ("1436", "1436234567", "143623456789", "14352345678"):
        assert deck.find(digits, "US", "2026-11-23T12:00:00.000Z") is None


def test_command_asks_on_a_named_stack_and_records_who_added(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    questions: list[str] = []

    def refuse(question: str) -> bool:
        questions.append(question)
        return False

    monkeypatch.setattr(command, "confirm", refuse)
    assert run_command(monkeypatch, "staging", "436", "us") == 1
    assert questions == ["Include calls to +1 436 (US) in staging?"]
    assert active().area_codes == ()
    assert run_command(monkeypatch, "staging", "436", "US", "--yes") == 0
    assert "arn:aws:" in active().area_codes[0].added_by
    assert run_command(monkeypatch, "local", "436", "US") == 0
    assert "already" in capsys.readouterr().out
    assert run_command(monkeypatch, "local", "212", "US") == 1
    assert "know 212 already" in capsys.readouterr().err


def test_a_refused_call_to_an_unknown_code_is_counted(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.adjust("50.00", "credit")
    for number, count in ((NEW_NUMBER, 1), ("+14361345678", 0), ("+12125550100", 0), ("+33142685300", 0)):
        capsys.readouterr()
        world.authorize(f"c_{number[1:]}", to=number)
        assert capsys.readouterr().out.count('"UnknownAreaCodes":[') == count, number
