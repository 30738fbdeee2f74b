"""An operator prices charged calls again as if their account had a price list, once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.rates.list_publishing import PriceListBucket
from tests.domain.examples import deck_csv
from tests.functions.decks_bench import clean
from tests.functions.rerate_bench import RANGE, charged, check_usage, prices
from tests.harness.table import BUCKET, _s3
from tests.harness.world import World

__all__ = ["clean"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
GOLD = deck_csv({"rate_per_minute": "0.05"})


@pytest.fixture(autouse=True)
def without_lists(clean: None) -> Iterator[None]:
    def empty() -> None:
        for found in _s3().list_objects_v2(Bucket=BUCKET, Prefix="lists/").get("Contents", []):
            _s3().delete_object(Bucket=BUCKET, Key=found["Key"])

    empty()
    yield
    empty()


def publish(world: World, name: str, data: bytes) -> str:
    lists = PriceListBucket(_s3(), BUCKET, name, 60)
    check = lists.check(data, world.clock.now, world.clock.now)
    assert lists.publish(data, check, world.clock.now, world.clock.now, check.counts) == "published"
    world.stack.forget()
    return check.version


def reprice(world: World, *, apply: bool = True, **asked: Any) -> dict[str, Any]:
    event = {"reprice": RANGE | {"apply": apply} | asked}
    return world.stack.invoke("rerate_calls", event, seconds=300)


def test_calls_are_priced_by_a_named_list_and_others_by_their_deck(world: World) -> None:
    charged(world)
    version = publish(world, "gold", GOLD)
    before = prices(world)
    assert reprice(world)["changed"] == 0, "the account has no list"
    told = reprice(world, apply=False, price_list="gold")
    assert (told["changed"], told["list_version"], prices(world)) == (1, version, before)
    assert reprice(world, price_list="gold")["changed"] == 1
    assert prices(world) == before | {"c_1": "0.15"}
    check_usage(world)
    assert reprice(world, price_list="gold")["changed"] == 0
    assert reprice(world)["changed"] == 1, "and back"
    assert prices(world) == before


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({"price_list": "silver"}, "unknown_price_list"),
        ({"price_list": "cost"}, "reserved_price_list"),
        ({"price_list": "Gold"}, "invalid_request"),
        ({"price_list": "gold", "list_version": "20260101T000000Z-000000000000"}, "unknown_deck"),
    ],
)
def test_other_lists_are_refused(world: World, named: dict[str, Any], code: str) -> None:
    charged(world)
    publish(world, "gold", GOLD)
    assert reprice(world, **named)["code"] == code


def test_the_accounts_markup_stays_on_what_the_list_leaves_to_the_deck(world: World) -> None:
    now = world.clock.now
    world.clock.now -= timedelta(days=1)
    assert world.operate("PUT", "/accounts/acct_1", {"markup_percent": "100.00"}).status == 200
    world.clock.now = now
    world.stack.forget()
    charged(world)
    publish(world, "gold", GOLD)
    before = prices(world)
    assert before["c_1"] == "0.60"
    assert reprice(world, price_list="gold")["changed"] == 1
    assert prices(world) == before | {"c_1": "0.15"}, "the list's price is final"
