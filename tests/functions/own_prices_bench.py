"""Accounts with prices of their own, for several tests."""

import time
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.instants import format_instant
from calling_credit.rates.price_terms import PriceTerms
from tests.domain.examples import deck_csv
from tests.harness.world import World

GOLD = deck_csv({"rate_per_minute": "0.05", "connection_fee": "0.01"})
CHEAPER = deck_csv({"rate_per_minute": "0.03"})
FRANCE = deck_csv({"prefix": "33", "country": "FR", "rate_per_minute": "0.40"})
TERMS = {"price_list": "gold", "markup_percent": "12.50"}
LEAD = timedelta(seconds=120)
FACTS = {"price_list", "list_version", "markup_hundredths", "base_rate_micros_per_minute", "base_connection_fee_micros"}


@pytest.fixture
def gold(world: World) -> World:
    """An account with a list and a markup, in force since yesterday, when the example call had not begun."""
    world.stack.publish_list("gold", GOLD, "gold-1")
    now, world.clock.now = world.clock.now, world.clock.now - timedelta(days=1)
    assert put(world, **TERMS).status == 200
    world.clock.now = now
    world.stack.forget()
    return world


def put(world: World, **settings: Any) -> Any:
    """The answer to a change of acct_1."""
    return world.operate("PUT", "/accounts/acct_1", settings)


def ask(world: World, *args: Any, **more: Any) -> Any:
    """The answer to the switch. Like a switch, ask again while a cold function loads deck and list."""
    answer = world.authorize(*args, **more)
    for _ in range(60):
        if answer.status != 503:
            break
        time.sleep(0.1)
        answer = world.authorize(*args, **more)
    return answer


def warm(world: World) -> None:
    """Let the functions that read prices load deck and list, however long that takes."""
    for name in ("list_usage", "public_rates"):
        decks = world.stack.apps[name].decks
        terms = PriceTerms("gold", 0, format_instant(world.clock.now))
        decks.prices_of(decks.in_force(world.clock.now, None), terms, world.clock.now, None)


def account(world: World) -> dict[str, Any]:
    """The account's item."""
    [item] = world.of_kind("ACCOUNT")
    return item


def entry_of(world: World, call_id: str = "c_1") -> dict[str, Any]:
    """The standing entry of a call."""
    return [one for one in world.entries() if one["SK"].split("#")[2] == call_id][-1]


def call_to(number: str, call_id: str = "c_1", **changes: Any) -> dict[str, Any]:
    """A call of one minute that ends when the clock says so."""
    times = {"started_at": "2026-11-23T10:00:00.000Z", "answered_at": None, "ended_at": "2026-11-23T10:01:00.000Z"}
    return {"call_id": call_id, "to": number, "duration_seconds": 60, **times, **changes}
