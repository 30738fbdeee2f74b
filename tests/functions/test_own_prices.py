"""The operator sets the prices of an account, and calls are quoted, held, and charged by them alike."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.accounts.cache import AccountFacts
from calling_credit.accounts.store import AccountStore
from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.instants import format_instant
from calling_credit.rates.price_terms import add_terms, terms_at
from tests.domain.event_examples import events_of
from tests.domain.examples import NOW, deck_csv
from tests.functions.holds_bench import credit, denied, hold
from tests.functions.own_prices_bench import (
    CHEAPER,
    FACTS,
    GOLD,
    LEAD,
    TERMS,
    account,
    ask,
    call_to,
    entry_of,
    gold,
    put,
)
from tests.harness.world import DECK, INCLUDED, JAPAN, MOBILE, PREMIUM, UNITED_KINGDOM, World

__all__ = ["credit", "gold"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def test_new_prices_are_stored_with_their_time_and_recorded(world: World) -> None:
    world.stack.publish_list("gold", GOLD, "gold-1")
    answer = put(world, **TERMS)
    assert (answer.status, answer.body["price_list"], answer.body["markup_percent"]) == (200, "gold", "12.50")
    at = "2026-11-23T12:02:00.000Z"
    assert account(world)["price_terms"] == [{"price_list": "gold", "markup_hundredths": 1250, "from": at}]
    [change] = world.changes("price_terms_changed")
    assert (change["subject"], change["by"]) == ("prices", "client:3n4exampleoperator")
    assert change["new"] == {"price_list": "gold", "markup_percent": "12.50", "prices_from": at}
    [event] = events_of(None, change | {"PK": "ACCOUNT#acct_1"})
    assert event.model_dump(mode="json")["data"] == {
        "change_id": "prices-000002",
        "by": "client:3n4exampleoperator",
        **change["new"],
    }


def test_an_absent_field_keeps_its_value_and_null_removes_the_list(world: World) -> None:
    world.stack.publish_list("gold", GOLD, "gold-1")
    put(world, price_list="gold")
    assert put(world, markup_percent="-5").body | TERMS == put(world).body | TERMS
    assert put(world).body["price_list"] == "gold"
    body = put(world, price_list=None, markup_percent="0").body
    assert (body["price_list"], body["markup_percent"]) == (None, "0.00")
    assert len(account(world)["price_terms"]) == 3
    assert len(world.changes("price_terms_changed")) == 3
    put(world, price_list=None, markup_percent="0.00")
    assert len(world.changes("price_terms_changed")) == 3, "the same prices change nothing"


@pytest.mark.parametrize(
    ("settings", "status", "code"),
    [
        ({"price_list": "silver"}, 404, "unknown_price_list"),
        ({"price_list": "cost"}, 422, "reserved_price_list"),
        ({"price_list": "../decks"}, 422, "invalid_price_list"),
        ({"price_list": 5}, 422, "invalid_price_list"),
        ({"markup_percent": "-50.01"}, 422, "invalid_markup"),
        ({"markup_percent": 5}, 422, "invalid_markup"),
        ({"markup_percent": None}, 422, "invalid_markup"),
    ],
)
def test_prices_that_are_not_possible_change_nothing(
    world: World, settings: dict[str, Any], status: int, code: str
) -> None:
    before = world.stack.items()
    answer = put(world, **settings, name="Halcyon")
    assert (answer.status, answer.body["code"]) == (status, code)
    assert world.stack.items() == before


def test_staff_set_prices_too(world: World) -> None:
    answer = world.desk("PUT", "/accounts/acct_1", {"markup_percent": "5.00"})
    assert (answer.status, answer.body["markup_percent"]) == (200, "5.00")
    assert world.desk("PUT", "/accounts/acct_1", {"markup_percent": "6.00"}, group="support").status == 403


def test_an_account_without_own_prices_writes_no_attribute_of_them(world: World) -> None:
    ask(world)
    assert world.deliver({}) == []
    assert not {"price_terms", *FACTS} & {name for item in world.stack.items("acct_1") for name in item}


def test_quote_hold_and_charge_agree_although_everything_changes(gold: World) -> None:
    quoted = ask(gold, seconds=60).body
    assert (quoted["rate_per_minute"], quoted["held"]) == ("0.05", "0.06")
    item = hold(gold)
    assert (item["price_list"], item["list_version"], item["deck"]) == ("gold", "gold-1", "deck-1")
    gold.stack.publish_list("gold", CHEAPER, "gold-2")
    gold.stack.publish(DECK.replace(b"0.10,", b"0.90,"), "deck-2")
    assert put(gold, price_list=None, markup_percent="900.00").status == 200
    assert gold.deliver(call_to(UNITED_KINGDOM)) == []
    entry = entry_of(gold)
    assert (entry["amount_micros"], entry["promised"]) == (-60_000, True)
    assert (entry["price_list"], entry["list_version"], entry["deck"]) == ("gold", "gold-1", "deck-1")
    assert gold.balance() == 5_000_000 - 60_000


def test_a_marked_up_price_is_quoted_held_and_charged_alike(gold: World) -> None:
    quoted = ask(gold, to=JAPAN, seconds=59).body
    assert quoted["rate_per_minute"] == "0.013838", "0.0123 and 12.5 %, rounded up"
    assert gold.deliver(call_to(JAPAN, duration_seconds=59, ended_at="2026-11-23T10:00:59.000Z")) == []
    entry = entry_of(gold)
    assert -entry["amount_micros"] == hold(gold)["amount_micros"]
    facts = {name: entry[name] for name in FACTS if name in entry}
    assert facts == {
        "markup_hundredths": 1250,
        "base_rate_micros_per_minute": 12_300,
        "base_connection_fee_micros": 0,
    }
    assert facts.items() <= hold(gold).items()


def test_a_call_without_a_hold_pays_the_prices_of_its_start(world: World) -> None:
    world.stack.publish_list("gold", GOLD, "gold-1")
    world.deliver(call_to(MOBILE, "c_0"))
    put(world, **TERMS)  # In force from 12:02 on.
    begin = world.clock.now + LEAD
    world.clock.now += timedelta(minutes=5)
    for number, seconds in enumerate((-1, 0)):
        at = begin + timedelta(seconds=seconds)
        times = {"started_at": at.isoformat(), "ended_at": (at + timedelta(seconds=60)).isoformat()}
        assert world.deliver(call_to(UNITED_KINGDOM, f"c_{number + 1}", **times)) == []
    assert [-entry_of(world, f"c_{one}")["amount_micros"] for one in (1, 2)] == [100_000, 60_000]
    assert "price_list" not in entry_of(world, "c_1")
    before = world.stack.items()
    put(world, price_list=None, markup_percent="0.00")
    times = {"started_at": begin.isoformat(), "ended_at": (begin + timedelta(seconds=60)).isoformat()}
    assert world.deliver(call_to(UNITED_KINGDOM, "c_2", **times)) == []
    assert world.entries() == [item for item in before if item["SK"].startswith("ENTRY#")], "a redelivery"


@pytest.mark.parametrize("lead", [2, 120])
def test_a_warm_function_learns_of_new_prices_in_time(world: World, lead: int) -> None:
    facts = AccountFacts(world.stack.dynamodb, world.stack.table_name, lead=timedelta(seconds=lead))
    store, line = AccountStore(world.stack.dynamodb, world.stack.table_name), {("acct_1", "line_1")}
    assert facts.load(line, NOW, format_instant(NOW)).price_terms == {}
    terms = add_terms((), None, 500, NOW, timedelta(seconds=lead))
    store.store_account(
        "acct_1", lambda one: one and replace(one, price_terms=terms), Actor(ActorKind.CLIENT, "a"), NOW
    )
    for seconds in (0.5, lead / 2, lead - 0.001, lead, lead + 59):
        now = NOW + timedelta(seconds=seconds)
        found = facts.load(line, now, format_instant(now)).price_terms.get("acct_1", ())
        in_force = terms_at(found, format_instant(now))
        assert (in_force is not None) == (seconds >= lead), seconds


def test_a_longer_prefix_of_the_deck_is_paid_with_the_markup(gold: World) -> None:
    rows = {"prefix": "855", "country": "KH", "rate_per_minute": "0.10"}
    gold.stack.publish(DECK + deck_csv(rows, {**rows, "prefix": "85597", "rate_per_minute": "0.30"}).split(b"\n", 1)[1])
    for name, rate in (("a", "0.05"), ("b", "0.06")):
        gold.stack.publish_list(name, deck_csv({**rows, "rate_per_minute": rate}), f"{name}-1")
    for name, price in (("a", "0.05"), ("b", "0.06")):
        put(gold, price_list=name, markup_percent="0.00")
        gold.clock.now += LEAD
        assert ask(gold, f"{name}_1", to="+85597123456", seconds=60).body["held"] == "0.30"
        assert ask(gold, f"{name}_2", to="+85523123456", seconds=60).body["held"] == price


def test_included_calls_and_short_codes_are_never_marked_up(gold: World) -> None:
    put(gold, markup_percent="1000.00")
    gold.clock.now += LEAD
    for number in (INCLUDED, "911", "411"):
        answer = ask(gold, f"c_{number}", to=number).body
        assert (answer["decision"], answer["held"]) == ("allow", "0.00")
    assert gold.deliver(call_to(INCLUDED)) == []
    assert gold.entries()[1:] == []


def test_high_cost_is_judged_by_the_higher_price(gold: World) -> None:
    gold.stack.publish_list(
        "cheap", deck_csv({"prefix": "1900", "country": "US", "rate_per_minute": "0.01"}), "cheap-1"
    )
    put(gold, price_list="cheap", markup_percent="0.00")
    gold.clock.now += LEAD
    assert denied(ask(gold, to=PREMIUM)) == "high_cost_destination", "the deck's price"
    put(gold, price_list=None, markup_percent="-50.00")
    gold.clock.now += LEAD
    assert denied(ask(gold, "c_2", to=PREMIUM)) == "high_cost_destination", "the deck's price"
    put(gold, limits={"high_cost": "0.15"}, markup_percent="100.00")
    gold.clock.now += LEAD
    assert denied(ask(gold, "c_3")) == "high_cost_destination", "the account's price"


def test_an_extension_is_priced_as_the_call_began(gold: World) -> None:
    assert ask(gold, seconds=60).body["held"] == "0.06"
    put(gold, price_list=None, markup_percent="0.00")
    gold.clock.now += LEAD + timedelta(minutes=1)
    longer = ask(gold, seconds=60).body
    assert (longer["rate_per_minute"], longer["max_seconds"], longer["held"]) == ("0.05", 240, "0.21")


def test_what_the_list_charged_counts_toward_the_daily_limit(gold: World) -> None:
    other = deck_csv({"rate_per_minute": "0.05", "category": "outbound_gold_call"})
    gold.stack.publish_list("other", other, "other-1")
    put(gold, price_list="other", limits={"daily_spend": "0.12"})
    gold.clock.now += LEAD
    at, gold.clock.now = gold.clock.now, gold.clock.now + timedelta(minutes=1)
    times = {"started_at": at.isoformat(), "ended_at": gold.clock.now.isoformat()}
    for number in range(2):
        assert gold.deliver(call_to(UNITED_KINGDOM, f"c_{number}", **times)) == []
    assert denied(ask(gold, "h_1", seconds=60)) == "daily_spend_limit"
    put(gold, price_list="gold")
    gold.clock.now += LEAD
    assert denied(ask(gold, "h_2", seconds=60)) == "daily_spend_limit", "the former list counts all day"
