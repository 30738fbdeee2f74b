"""A price list that vanished stops no call that it does not price, and no account that has other prices by now."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.holds_bench import credit, denied, hold
from tests.functions.own_prices_bench import CHEAPER, GOLD, LEAD, ask, call_to, entry_of, gold, put
from tests.functions.test_own_prices_later import remove_pointer, restore_pointer
from tests.harness.world import DECK, INCLUDED, UNITED_KINGDOM, World

__all__ = ["credit", "gold"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def times(world: World, seconds: int) -> dict[str, Any]:
    """The times of a call that ends now."""
    begin = world.clock.now - timedelta(seconds=seconds)
    return {"started_at": begin.isoformat(), "ended_at": world.clock.now.isoformat(), "duration_seconds": seconds}


def test_a_running_call_continues_at_the_price_of_its_hold(gold: World) -> None:
    assert ask(gold, seconds=60).body["held"] == "0.06"
    pointer = remove_pointer(gold)
    longer = gold.authorize(seconds=120)
    assert (longer.status, longer.body["held"], longer.body["rate_per_minute"]) == (200, "0.11", "0.05")
    gold.clock.now += timedelta(minutes=2)
    assert gold.deliver(call_to(UNITED_KINGDOM, **times(gold, 120))) == []
    entry = entry_of(gold)
    assert (entry["amount_micros"], entry["list_version"], entry["promised"]) == (-110_000, "gold-1", True)
    restore_pointer(gold, pointer)
    gold.balance()


def test_a_second_attempt_of_an_unanswered_call_needs_the_list(gold: World) -> None:
    ask(gold, seconds=60)
    gold.clock.now += timedelta(minutes=1)
    busy: dict[str, Any] = {
        "disposition": "busy",
        "duration_seconds": 0,
        "answered_at": None,
        "ended_at": gold.clock.now.isoformat(),
    }
    assert gold.deliver(call_to(UNITED_KINGDOM, **busy)) == []
    assert hold(gold)["ended_as"] == "unanswered"
    remove_pointer(gold)
    answer = gold.authorize(seconds=60)
    assert (answer.status, answer.body["code"]) == (503, "try_again")


@pytest.mark.parametrize("number", [INCLUDED, "911", "411", "+911"])
def test_calls_that_no_list_prices_need_none(gold: World, number: str) -> None:
    remove_pointer(gold)
    answer = gold.authorize(to=number)
    assert (answer.status, answer.body.get("decision"), answer.body.get("held")) == (200, "allow", "0.00"), answer.text
    assert gold.deliver(call_to(number), call_to(UNITED_KINGDOM, "c_2")) == ["m_1"]
    assert len(gold.entries()) == 1, "the credit"


@pytest.mark.parametrize("settings", [{"price_list": None, "markup_percent": "0.00"}, {"price_list": "spare"}])
def test_an_account_with_other_prices_calls_again_soon(gold: World, settings: dict[str, Any]) -> None:
    gold.stack.publish_list("spare", CHEAPER, "spare-1")
    remove_pointer(gold)
    assert put(gold, **settings).status == 200
    assert gold.authorize(seconds=60).status == 503, "the former list prices calls for two minutes more"
    gold.clock.now += LEAD
    assert ask(gold, seconds=60).body["held"] == ("0.03" if settings["price_list"] else "0.10")


def test_a_list_that_comes_back_prices_each_call_by_its_version(gold: World) -> None:
    first, gold.clock.now = gold.clock.now, gold.clock.now + timedelta(minutes=10)
    gold.stack.publish_list("gold", CHEAPER, "gold-2", gold.clock.now)
    pointer = remove_pointer(gold)
    gold.stack.publish(DECK.replace(b"0.10,", b"0.90,"), "deck-2", gold.clock.now)
    second = gold.clock.now
    gold.clock.now += timedelta(minutes=10)
    calls = [
        call_to(UNITED_KINGDOM, f"c_{number}", started_at=at.isoformat(), ended_at=None, answered_at=None)
        for number, at in enumerate((first, second))
    ]
    for one in calls:
        one["ended_at"] = gold.clock.now.isoformat()
    assert gold.deliver(*calls) == ["m_0", "m_1"]
    restore_pointer(gold, pointer)
    gold.stack.forget()
    assert gold.deliver(*calls) == []
    assert [entry_of(gold, f"c_{number}")["amount_micros"] for number in (0, 1)] == [-60_000, -30_000]
    gold.stack.publish_list("gold", GOLD, "gold-1", gold.clock.now)
    gold.clock.now += timedelta(minutes=1)
    gold.stack.forget()
    assert gold.deliver(call_to(UNITED_KINGDOM, "c_2", **times(gold, 60))) == []
    assert entry_of(gold, "c_2")["list_version"] == "gold-1", "rolled back"


@pytest.mark.parametrize(
    ("settings", "reason"), [({"frozen": True}, "account_frozen"), ({"status": "closed"}, "account_closed")]
)
def test_a_closed_or_frozen_account_is_refused_without_its_list(
    gold: World, settings: dict[str, Any], reason: str
) -> None:
    assert put(gold, **settings).status == 200
    remove_pointer(gold)
    assert denied(gold.authorize()) == reason
