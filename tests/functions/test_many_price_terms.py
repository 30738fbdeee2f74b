"""An account with many price terms: a late call is priced by its own, and one whose terms were dropped by no others."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.instants import format_instant
from calling_credit.rates.price_terms import MAX_TERMS
from tests.domain.examples import deck_csv
from tests.functions.holds_bench import credit
from tests.functions.own_prices_bench import FRANCE, call_to, entry_of, put
from tests.functions.test_own_prices_later import reprice
from tests.functions.test_unreadable_holds import damage
from tests.harness.world import DECK, UNCOVERED, UNITED_KINGDOM, World

__all__ = ["credit"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def give_terms(world: World, oldest: datetime) -> None:
    """Give the account as many terms as it can have, an hour apart, each with one percent more."""
    terms: list[dict[str, Any]] = [
        {"markup_hundredths": 100 * number, "from": format_instant(oldest + timedelta(hours=number))}
        for number in range(MAX_TERMS)
    ]
    damage(world, "ACCOUNT#acct_1", "ACCOUNT", price_terms=to_attribute(terms[::-1]))
    world.stack.forget()


def at(moment: datetime) -> dict[str, Any]:
    """The times of a call of a minute."""
    return {"started_at": moment.isoformat(), "ended_at": (moment + timedelta(minutes=1)).isoformat()}


def test_late_calls_are_priced_by_the_terms_of_their_start(world: World) -> None:
    oldest = world.clock.now - timedelta(days=10)
    give_terms(world, oldest)
    calls = [
        call_to(UNITED_KINGDOM, f"c_{hour}", **at(oldest + timedelta(hours=hour, minutes=1))) for hour in (0, 7, 48)
    ]
    assert world.deliver(*calls) == []
    assert [-entry_of(world, one["call_id"])["amount_micros"] for one in calls] == [100_000, 107_000, 148_000]


def test_too_many_changes_are_refused_with_a_next_step(world: World) -> None:
    give_terms(world, world.clock.now - timedelta(days=10))
    before = world.stack.items()
    answer = put(world, markup_percent="70.00")
    assert (answer.status, answer.body["code"]) == (409, "too_many_price_terms")
    assert "publish a new version of the list" in answer.body["detail"]
    assert world.stack.items() == before
    world.clock.now += timedelta(days=92)
    assert put(world, markup_percent="70.00").status == 200


@pytest.mark.parametrize("asked", [{}, {"deck": "deck-2"}, {"price_list": "many"}])
def test_rerating_leaves_calls_alone_whose_terms_were_dropped(world: World, asked: dict[str, Any]) -> None:
    oldest = world.clock.now - timedelta(days=1)
    give_terms(world, oldest - timedelta(hours=40))
    for number, begin in enumerate((oldest - timedelta(hours=2), oldest)):
        assert world.deliver(call_to(UNITED_KINGDOM, f"c_{number}", **at(begin))) == []
    world.stack.publish_list("many", deck_csv({"rate_per_minute": "0.05"}), "many-1")
    world.stack.publish(DECK.replace(b"0.10,", b"0.20,"), "deck-2", world.clock.now - timedelta(hours=100))
    give_terms(world, oldest - timedelta(hours=1))
    told = reprice(world, **asked)
    assert (told["not_covered"], told["changed"]) == (1, 1)
    assert entry_of(world, "c_0")["amount_micros"] == -138_000
    world.balance()


def test_a_waiting_call_waits_on_when_its_terms_were_dropped(world: World) -> None:
    begin = world.clock.now - timedelta(hours=60)
    assert world.deliver(call_to(UNCOVERED, **at(begin))) == []
    give_terms(world, begin + timedelta(minutes=1))
    world.stack.publish(DECK + FRANCE.split(b"\n", 1)[1], "deck-2", world.clock.now)
    world.clock.now += timedelta(hours=1)
    world.stack.forget()
    assert world.stack.invoke("rerate_calls", {}, seconds=300).get("calls_rated", 0) == 0
    assert len(world.of_kind("UNRATED")) == 1
