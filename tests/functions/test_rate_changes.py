"""Accounts with daily sums hear once, and in time, of later rises in countries that they called."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from calling_credit.accounts.rate_changes import RateChangeStore
from calling_credit.dynamodb.unreadable import ignore_unreadable
from calling_credit.notifications.from_stream import derive_events
from calling_credit.rates.announced_rises import AnnouncedRises
from calling_credit.rates.publishing import DeckBucket
from tests.domain.examples import deck_csv
from tests.functions.decks_bench import clean, publish_allowed, with_rows
from tests.functions.rises_bench import LATER, RISING, announced, called, publish_list, run
from tests.harness.table import BUCKET, _s3
from tests.harness.world import DECK, World, number_of

__all__ = ["called", "clean"]

pytestmark = [
    pytest.mark.dynamodb,
    pytest.mark.usefixtures("called"),
    pytest.mark.filterwarnings("ignore:No application metrics"),
]


def test_an_account_is_told_once_of_a_rise_in_a_country_it_called(world: World) -> None:
    version = publish_allowed(world, RISING)
    assert run(world)["announced"] == 1
    assert "announced" not in run(world)
    [item] = announced(world)
    assert (item["SK"].endswith(f"#rates-deck-{version}"), item["by"]) == (True, "sweep:rate_changes")
    [change] = item["new"]["changes"]
    assert change == {
        "country": "GB",
        "starts_at": "2027-02-01T00:00:00.000Z",
        "call_seconds": 60,
        "price": "0.10",
        "next_price": "0.12",
        "destinations": 1,
    }
    [event] = derive_events(None, item, item["at"])
    assert (event.name, derive_events(None, item, item["at"])) == ("RateChangeAnnounced", [event])


def test_other_accounts_countries_and_past_days_are_not_announced(world: World) -> None:
    publish_allowed(world, with_rows({"prefix": "33", "country": "FR"}, LATER | {"prefix": "33", "country": "FR"}))
    assert "announced" not in run(world)
    world.operate("PUT", "/accounts/acct_1", {"breakdown": False})
    publish_allowed(world, RISING)
    assert "announced" not in run(world)
    assert announced(world) == []


def test_a_call_of_longer_ago_than_three_months_no_longer_counts(world: World) -> None:
    publish_allowed(world, with_rows({"rate_per_minute": "0.12", "effective_from": "2028-01-01"}))
    world.clock.now += timedelta(days=94)
    assert "announced" not in run(world)


def test_a_rise_that_has_begun_is_not_announced(world: World) -> None:
    publish_allowed(world, RISING)
    world.clock.now = datetime.fromisoformat("2027-02-01T00:00:00.000Z")
    assert "announced" not in run(world)


def test_a_new_deck_announces_only_what_is_new(world: World) -> None:
    publish_allowed(world, RISING)
    run(world)
    world.clock.now += timedelta(minutes=2)
    publish_allowed(world, RISING.replace(b"0.10", b"0.09"))
    assert "announced" not in run(world)
    world.clock.now += timedelta(minutes=2)
    publish_allowed(world, RISING.replace(b"0.12", b"0.13"))
    assert run(world)["announced"] == 1
    assert len(announced(world)) == 2


def test_an_interrupted_round_continues_and_announces_nothing_twice(world: World) -> None:
    publish_allowed(world, RISING)

    def store() -> RateChangeStore:
        rises = AnnouncedRises(_s3(), BUCKET, ("US", "CA"))
        return RateChangeStore(world.stack.dynamodb, world.stack.table_name, rises, ignore_unreadable)

    first = store().run(world.clock.now, lambda: -1.0)
    assert (first["unfinished"], announced(world)) == (1, [])
    store().run(world.clock.now, lambda: 1.0)
    [before] = announced(world)
    world.stack.dynamodb.delete_item(
        TableName=world.stack.table_name, Key={"PK": {"S": "LEASE"}, "SK": {"S": "POSITION#rate_changes"}}
    )
    assert store().run(world.clock.now, lambda: 1.0)["announced"] == 0
    assert announced(world) == [before]


def test_an_account_receives_the_rises_of_its_own_list(world: World) -> None:
    data = deck_csv({"rate_per_minute": "0.08"}, LATER | {"rate_per_minute": "0.11"})
    publish_list(world, "gold", data)
    assert "announced" not in run(world), "it has no list"
    assert world.operate("PUT", "/accounts/acct_1", {"price_list": "gold"}).status == 200
    publish_allowed(world, RISING)
    assert "announced" not in run(world), "the list prices these numbers"
    world.clock.now += timedelta(minutes=2)
    publish_list(world, "gold", data.replace(b"0.11", b"0.12"))
    assert run(world)["announced"] == 1
    [item] = announced(world)
    assert [(one["price"], one["next_price"]) for one in item["new"]["changes"]] == [("0.08", "0.12")]
    assert "gold" not in str(item["new"])


def test_an_unreadable_deck_is_tried_again(world: World, caplog: pytest.LogCaptureFixture) -> None:
    version = publish_allowed(world, RISING)
    for key in (f"decks/{version}.csv", f"compiled/{version}.deck"):
        _s3().put_object(Bucket=BUCKET, Key=key, Body=b"damaged")
    with pytest.raises(Exception, match=version):
        run(world)
    assert announced(world) == []


def test_the_first_deck_without_later_rows_announces_nothing(world: World) -> None:
    assert DECK.count(b"2020-01-01") > 0
    assert "announced" not in run(world)


@pytest.mark.parametrize(
    ("sort_key", "damage"),
    [
        ("ACCOUNT", {"price_terms": {"S": "gold"}}),
        ("ACCOUNT", {"time_zone": {"N": "1"}}),
        ("SPENT_DAY#2026-11-23", {"I#c#GB#n": {"S": "many"}}),
        ("SPENT_DAY#2026-11-23", {"I#x#GB#n": {"N": "1"}}),
    ],
)
def test_a_damaged_item_keeps_no_other_account_from_its_announcement(
    world: World, sort_key: str, damage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    settings = {"time_zone": "America/New_York", "breakdown": True}
    assert world.operate("PUT", "/accounts/acct_2", settings).status in (200, 201)
    world.clock.now += timedelta(minutes=3)
    world.stack.forget()
    call = {"account_id": "acct_2", "call_id": "n_1", "from": number_of("acct_2")}
    assert world.deliver(call) == []
    [item] = [one for one in world.stack.items() if (one["PK"], one["SK"]) == ("ACCOUNT#acct_1", sort_key)]
    assert item
    key = {"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": sort_key}}
    stored = world.stack.dynamodb.get_item(TableName=world.stack.table_name, Key=key)["Item"]
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=stored | damage)
    publish_allowed(world, RISING)
    assert run(world)["announced"] == 1
    assert (announced(world), len(announced(world, "acct_2"))) == ([], 1)
    assert "unreadable_item" in caplog.text


def later(world: World, **time: float) -> None:
    """Let time pass."""
    world.clock.now += timedelta(**time)


def test_two_decks_of_one_day_are_announced_each_once_and_only_what_is_new(world: World) -> None:
    first = publish_allowed(world, RISING)
    run(world)
    later(world, minutes=5)
    second = publish_allowed(world, RISING.replace(b"0.12", b"0.13"))
    assert [run(world).get("announced", 0) for _ in range(3)] == [1, 0, 0]
    told = {item["SK"].split("#")[-1]: item["new"]["changes"][0]["next_price"] for item in announced(world)}
    assert told == {f"rates-deck-{first}": "0.12", f"rates-deck-{second}": "0.13"}


def test_two_decks_between_two_runs_make_one_announcement(world: World) -> None:
    publish_allowed(world, RISING)
    later(world, minutes=5)
    version = publish_allowed(world, RISING.replace(b"0.12", b"0.13"))
    assert run(world)["announced"] == 1
    [item] = announced(world)
    assert item["SK"].endswith(f"rates-deck-{version}")


def test_a_rise_rolled_back_before_the_round_is_announced_to_no_one(world: World) -> None:
    publish_allowed(world, RISING)
    later(world, minutes=5)
    DeckBucket(_s3(), BUCKET).roll_back(None, world.clock.now)
    assert "announced" not in run(world)
    assert announced(world) == []


def test_a_deck_that_comes_back_is_not_announced_again(world: World) -> None:
    version = publish_allowed(world, RISING)
    run(world)
    [before] = announced(world)
    for target in (None, version, None, version):
        later(world, hours=1)
        DeckBucket(_s3(), BUCKET).roll_back(target, world.clock.now)
        assert not run(world).get("announced")
    assert announced(world) == [before]


def test_an_account_whose_own_price_does_not_rise_is_not_notified(world: World) -> None:
    world.stack.publish_list("flat", deck_csv({"rate_per_minute": "0.05"}), "flat-1")
    assert world.operate("PUT", "/accounts/acct_1", {"price_list": "flat"}).status == 200
    publish_allowed(world, RISING)
    assert "announced" not in run(world)
