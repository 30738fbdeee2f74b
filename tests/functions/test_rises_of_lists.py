"""A price list that cannot be read keeps only its own accounts waiting, and they are told once it can be read."""

import json
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.accounts.rate_changes import RateChangeStore
from calling_credit.dynamodb.unreadable import ignore_unreadable
from calling_credit.rates.announced_rises import AnnouncedRises
from tests.domain.examples import deck_csv
from tests.functions.decks_bench import clean, publish_allowed, with_rows
from tests.functions.rises_bench import LATER, RISING, announced, called, prices_told, publish_list, run
from tests.harness.table import BUCKET, _s3
from tests.harness.world import World, number_of

__all__ = ["called", "clean"]

pytestmark = [
    pytest.mark.dynamodb,
    pytest.mark.usefixtures("called"),
    pytest.mark.filterwarnings("ignore:No application metrics"),
]
ELSEWHERE = deck_csv({"prefix": "855", "country": "KH", "rate_per_minute": "0.30"})
GOLD_RISING = deck_csv({"rate_per_minute": "0.08"}, LATER | {"rate_per_minute": "0.11"})


def second_account(world: World) -> None:
    """Another account with daily sums that has called the United Kingdom."""
    settings = {"time_zone": "America/New_York", "breakdown": True}
    assert world.operate("PUT", "/accounts/acct_2", settings).status in (200, 201)
    world.clock.now += timedelta(minutes=3)
    world.stack.forget()
    assert world.deliver({"account_id": "acct_2", "call_id": "n_1", "from": number_of("acct_2")}) == []


def gold(world: World, data: bytes = ELSEWHERE) -> dict[str, bytes]:
    """Give acct_1 a price list; return the list's files."""
    publish_list(world, "gold", data)
    assert world.operate("PUT", "/accounts/acct_1", {"price_list": "gold"}).status == 200
    second_account(world)
    found = _s3().list_objects_v2(Bucket=BUCKET, Prefix="lists/gold/")["Contents"]
    return {one["Key"]: _s3().get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in found}


def put(files: dict[str, bytes]) -> None:
    for key, data in files.items():
        _s3().put_object(Bucket=BUCKET, Key=key, Body=data)


def harm(files: dict[str, bytes], damage: str) -> None:
    """Damage the pointer or the deck of a list, or remove the pointer or everything."""
    for key in files:
        is_pointer = key.endswith("active.json")
        if damage == "gone" or (damage == "unpublished" and is_pointer):
            _s3().delete_object(Bucket=BUCKET, Key=key)
        elif damage == ("pointer" if is_pointer else "deck"):
            _s3().put_object(Bucket=BUCKET, Key=key, Body=b"damaged")


@pytest.mark.parametrize("damage", ["pointer", "deck", "unpublished", "gone"])
def test_an_unusable_list_keeps_only_its_own_accounts_waiting(
    world: World, damage: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    files = gold(world)
    run(world)
    publish_allowed(world, RISING)
    harm(files, damage)
    counts = run(world)
    assert (counts["announced"], counts["skipped"]) == (1, 1)
    assert (prices_told(world), prices_told(world, "acct_2")) == ([], [["0.12"]])
    assert "rises_of_list_not_announced" in caplog.text
    assert '"RisesSkipped":[1.0]' in capsys.readouterr().out
    assert "announced" not in run(world), "not while the list is unusable"
    assert '"RisesSkipped":[1.0]' in capsys.readouterr().out, "the alarm lasts"
    put(files)
    assert run(world)["announced"] == 1
    assert (prices_told(world), prices_told(world, "acct_2")) == ([["0.12"]], [["0.12"]])
    assert "announced" not in run(world)
    assert "RisesSkipped" not in capsys.readouterr().out.rsplit("rises_announced", 1)[-1]


def test_a_list_owes_all_that_its_accounts_were_not_told(world: World) -> None:
    files = gold(world)
    run(world)
    for deck in (RISING, RISING.replace(b"0.10", b"0.09")):
        publish_allowed(world, deck)
        harm(files, "deck")
        run(world)
        world.clock.now += timedelta(minutes=5)
        if deck == RISING:
            put(files)
    assert (prices_told(world), prices_told(world, "acct_2")) == ([], [["0.12"]])
    put(files)
    run(world)
    assert (prices_told(world), prices_told(world, "acct_2")) == ([["0.12"]], [["0.12"]])


def test_a_list_whose_new_version_is_damaged_announces_it_once_repaired(world: World) -> None:
    before = gold(world, GOLD_RISING.replace(b"0.11", b"0.08"))
    run(world)
    world.clock.now += timedelta(minutes=5)
    publish_list(world, "gold", GOLD_RISING)
    found = _s3().list_objects_v2(Bucket=BUCKET, Prefix="lists/gold/")["Contents"]
    new = {one["Key"]: _s3().get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in found}
    harm({key: data for key, data in new.items() if key not in before}, "deck")
    assert not run(world).get("announced")
    put(new)
    assert run(world)["announced"] == 1
    assert prices_told(world) == [["0.11"]]
    assert not run(world).get("announced")


@pytest.mark.parametrize("damage", ["pointer", "gone"])
def test_an_account_that_gets_another_list_is_told_within_a_day(world: World, damage: str) -> None:
    files = gold(world)
    publish_allowed(world, RISING)
    harm(files, damage)
    run(world)
    world.clock.now += timedelta(minutes=5)
    assert world.operate("PUT", "/accounts/acct_1", {"price_list": None}).status == 200
    world.clock.now += timedelta(hours=1)
    assert not run(world).get("announced")
    world.clock.now += timedelta(days=1)
    assert run(world)["announced"] == 1
    assert (prices_told(world), prices_told(world, "acct_2")) == ([["0.12"]], [["0.12"]])
    assert not run(world).get("announced")


def test_a_damaged_list_without_accounts_stops_no_announcement(world: World) -> None:
    publish_list(world, "silver", ELSEWHERE)
    publish_allowed(world, RISING)
    _s3().put_object(Bucket=BUCKET, Key="lists/silver/active.json", Body=b"[]")
    assert run(world)["announced"] == 1


def position(world: World, stored: Any) -> None:
    """Store a position of the round."""
    item = {"PK": {"S": "LEASE"}, "SK": {"S": "POSITION#rate_changes"}, "position": {"S": json.dumps(stored)}}
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=item)


@pytest.mark.parametrize(
    "stored",
    [
        {"done": {"": 5}},
        {"done": {"": "x"}, "owed": {"gold": 5}},
        {"done": {"": "x"}, "owed": []},
        {"target": {"": None}},
        {"skipped": [1]},
        {"skipped": 5, "owed_at": 1},
        {"shard": True, "done": {}},
        {"done": {}, "target": {"": "v"}, "shard": 1, "after": "\x00"},
        [],
        "x",
    ],
)
def test_a_damaged_position_begins_again(world: World, stored: Any) -> None:
    publish_allowed(world, RISING)
    position(world, stored)
    assert run(world)["announced"] == 1


def test_a_position_of_the_former_release_is_continued(world: World) -> None:
    version = publish_allowed(world, RISING)
    position(world, {"done": {"": version}, "target": {}, "shard": 0, "after": ""})
    assert "announced" not in run(world)
    position(world, {"done": {}, "target": {"": version}, "shard": 0, "after": ""})
    assert run(world)["announced"] == 1


def test_a_rise_for_callers_from_one_country_concerns_its_lines(world: World) -> None:
    canadian = {"rate_per_minute": "0.10", "origin": "CA"}
    rising = with_rows(canadian, canadian | LATER | {"rate_per_minute": "0.50"})
    publish_allowed(world, rising)
    assert not run(world).get("announced"), "the only line is in the United States"
    line = {"number": "+14165550142", "user_id": "user_1", "international_calling": True}
    answer = world.operate("PUT", "/accounts/acct_1/lines/line_ca", line)
    assert answer.status in (200, 201), answer.text
    world.clock.now += timedelta(minutes=5)
    publish_allowed(world, rising.replace(b"0.50", b"0.60"))
    assert run(world)["announced"] == 1
    assert prices_told(world) == [["0.60"]]


def test_a_rise_that_no_line_pays_is_not_announced(world: World) -> None:
    publish_allowed(world, RISING + with_rows({"rate_per_minute": "0.10", "origin": "US"}).splitlines()[-1] + b"\n")
    assert not run(world).get("announced"), "callers from the United States keep a price of their own"


def test_a_round_over_many_accounts_ends_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 8):
        assert world.operate("PUT", f"/accounts/many_{number}", {"time_zone": "UTC"}).status == 201
    monkeypatch.setattr("calling_credit.accounts.rate_changes.GROUP", 2)
    publish_allowed(world, RISING)
    left = [1.0]

    def seconds() -> float:
        left[0] -= 1.0
        return left[0]

    accounts = runs = written = 0
    while runs < 20:
        rises = AnnouncedRises(_s3(), BUCKET, ("US", "CA"))
        store = RateChangeStore(world.stack.dynamodb, world.stack.table_name, rises, ignore_unreadable)
        left[0] = 2.0
        counts = store.run(world.clock.now, seconds)
        accounts, written, runs = accounts + counts["accounts"], written + counts["announced"], runs + 1
        assert counts["accounts"] <= 4
        if not counts["unfinished"]:
            break
    assert (written, len(announced(world)), accounts >= 8, runs > 1) == (1, 1, True, True)
