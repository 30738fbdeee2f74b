"""An account's prices under attack: changes at once and during calls, odd values, and items of the first release."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from tests.domain.examples import EVENT, deck_csv
from tests.functions.holds_bench import credit, denied, hold
from tests.functions.own_prices_bench import GOLD, LEAD, account, ask, call_to, entry_of, gold, put
from tests.functions.test_unreadable_holds import damage
from tests.harness.releases import RELEASES, cases_of
from tests.harness.threads import at_once
from tests.harness.world import UNITED_KINGDOM, World

__all__ = ["credit", "gold"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def terms(world: World) -> list[dict[str, Any]]:
    """The stored terms, latest first."""
    stored: list[dict[str, Any]] = account(world)["price_terms"]
    return stored


def test_of_two_changes_at_once_both_are_kept_in_order(world: World) -> None:
    for number in range(5):
        markups = (f"{number + 1}.00", f"{number + 1}.50")
        answers = at_once(*(partial(put, world, markup_percent=markup) for markup in markups))
        assert {answer.status for answer in answers} <= {200, 409, 503}
        answered = {answer.body["markup_percent"] for answer in answers if answer.status == 200}
        stored = {f"{one['markup_hundredths'] / 100:.2f}" for one in terms(world)[: len(answered)]}
        assert answered == stored
    instants = [one["from"] for one in terms(world)]
    assert instants == sorted(set(instants), reverse=True)
    assert len(world.changes("price_terms_changed")) == len(instants)


def test_a_list_that_is_removed_and_given_again_at_once_prices_on(gold: World) -> None:
    put(gold, price_list=None)
    put(gold, price_list="gold")
    instants = [one["from"] for one in terms(gold)]
    assert (len(instants), instants[0] > instants[1]) == (3, True)
    assert [one.get("price_list") for one in terms(gold)] == ["gold", None, "gold"]
    assert ask(gold, "c_1", seconds=60).body["held"] == "0.06"
    gold.clock.now += LEAD * 2
    assert ask(gold, "c_2", seconds=60).body["held"] == "0.06"


def test_half_price_with_steps_and_a_fee_is_quoted_held_and_charged_alike(gold: World) -> None:
    rows = {"rate_per_minute": "0.0333", "connection_fee": "0.0001", "rate_steps": "60:0.0101:1"}
    gold.stack.publish(deck_csv(rows), "deck-2")
    put(gold, price_list=None, markup_percent="-50.00")
    gold.clock.now += LEAD
    answer = ask(gold, seconds=61).body
    item = hold(gold)
    assert (item["connection_fee_micros"], item["rate_micros_per_minute"]) == (50, 16_650)
    assert item["rate_steps"] == "60:0.00505:1"
    begun, gold.clock.now = gold.clock.now, gold.clock.now + LEAD
    times = {"started_at": begun.isoformat(), "ended_at": gold.clock.now.isoformat()}
    assert gold.deliver(call_to(UNITED_KINGDOM, duration_seconds=61, **times)) == []
    assert (answer["held"], entry_of(gold)["amount_micros"]) == ("0.0168", -16_800)
    assert item["amount_micros"] == 16_800


@pytest.mark.parametrize(
    "markup",
    [
        *(12, True, [], -50, 5.5, None, {}),
        *("12.345", "1e3", "+5", "1000.01", "", " 5", "5 ", "05", ".5", "5.", "NaN", "5\n", "-50.01", "-.5", "5.001"),
        *("1_0", "\u0663", "+0", "--5", "5%", "1,5", "-", "Infinity"),
    ],
)
def test_no_other_form_of_a_markup_is_taken(world: World, markup: Any) -> None:
    answer = put(world, markup_percent=markup)
    assert (answer.status, answer.body["code"]) == (422, "invalid_markup")
    assert answer.body["detail"].startswith('markup_percent must be a string from "-50.00" to "1000.00"')
    assert "price_terms" not in account(world)


@pytest.mark.parametrize(
    ("markup", "rate", "fee"), [("-50.00", 50_001, 2), ("-49.99", 50_011, 2), ("1000.00", 1_100_011, 33)]
)
def test_the_bounds_of_a_markup_are_taken_and_rounded_up(world: World, markup: str, rate: int, fee: int) -> None:
    world.stack.publish(deck_csv({"rate_per_minute": "0.100001", "connection_fee": "0.000003"}))
    assert put(world, markup_percent=markup).body["markup_percent"] == markup
    world.clock.now += LEAD
    ask(world, seconds=60)
    item = hold(world)
    assert (item["rate_micros_per_minute"], item["connection_fee_micros"]) == (rate, fee)


def test_a_markup_of_minus_zero_is_none(world: World) -> None:
    assert put(world, markup_percent="-0.00").body["markup_percent"] == "0.00"
    assert "price_terms" not in account(world)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-gold",
        "Gold",
        "../x",
        "gold/..",
        "g" * 41,
        "gold\n",
        "g\u00f6ld",
        "\uff47old",
        "go ld",
        "gold\x00",
        True,
        5,
        ["gold"],
        {},
    ],
)
def test_no_other_name_of_a_list_is_taken(world: World, name: Any) -> None:
    answer = put(world, price_list=name)
    assert (answer.status, answer.body["code"]) == (422, "invalid_price_list")
    assert answer.body["detail"].startswith("price_list must be null or the name of a price list")
    assert "price_terms" not in account(world)


def test_a_list_can_be_given_as_soon_as_it_is_published(world: World) -> None:
    assert put(world, price_list="new").body["code"] == "unknown_price_list"
    world.stack.publish_list("new", GOLD, "new-1")
    assert put(world, price_list="new").status == 200


def test_an_entry_of_the_first_release_stays_as_it_is(gold: World) -> None:
    stored = cases_of(RELEASES[0] / "entry.json")
    old = next(item for item in stored.values() if item["SK"]["S"].endswith(f"#{EVENT['call_id']}"))
    gold.stack.dynamodb.put_item(TableName=gold.stack.table_name, Item=old | {"PK": {"S": "ACCOUNT#acct_1"}})
    before, balance = gold.entries(), gold.of_kind("BALANCE")
    assert gold.deliver({}) == []
    assert (gold.entries(), gold.of_kind("BALANCE")) == (before, balance)


def test_a_frozen_account_keeps_its_prices_and_calls_no_one(gold: World) -> None:
    assert put(gold, frozen=True).status == 200
    assert denied(ask(gold)) == "account_frozen"
    assert put(gold, markup_percent="20.00").status == 200
    assert gold.deliver(call_to(UNITED_KINGDOM)) == []
    assert entry_of(gold)["amount_micros"] == -60_000


def test_a_closed_account_is_charged_its_prices_for_calls_before(gold: World) -> None:
    assert put(gold, status="closed").status == 200
    assert denied(ask(gold)) == "account_closed"
    assert gold.deliver(call_to(UNITED_KINGDOM)) == []
    assert entry_of(gold)["amount_micros"] == -60_000


def test_a_hold_of_the_first_release_keeps_its_price(gold: World) -> None:
    old = cases_of(RELEASES[0] / "hold.json")["live"]
    ask(gold, seconds=600)
    gold.stack.dynamodb.put_item(TableName=gold.stack.table_name, Item=old)
    damage(gold, "ACCOUNT#acct_1", "BALANCE", held_micros={"N": "1000000"}, available_micros={"N": "4000000"})
    longer = ask(gold, seconds=1200).body
    assert (longer["decision"], longer["rate_per_minute"], longer["held"]) == ("allow", "0.10", "2.00")
    gold.clock.now += timedelta(minutes=1)
    times = {"started_at": "2026-11-23T12:00:00.000Z", "ended_at": "2026-11-23T12:01:00.000Z"}
    assert gold.deliver(call_to(UNITED_KINGDOM, **times)) == []
    entry = entry_of(gold)
    assert (entry["amount_micros"], "price_list" in entry, entry["promised"]) == (-100_000, False, True)
    gold.balance()
