"""An extension of a call with a price list is judged by the prices of its start, which its hold keeps."""

import pytest

from tests.domain.examples import deck_csv
from tests.functions.holds_bench import credit, denied, hold
from tests.functions.own_prices_bench import LEAD, ask, call_to, entry_of, gold, put
from tests.harness.world import DECK, UNITED_KINGDOM, World

__all__ = ["credit", "gold"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def test_a_deck_of_higher_prices_ends_no_running_call_of_a_list(gold: World) -> None:
    first = ask(gold, seconds=60).body
    assert (first["held"], hold(gold)["deck_minute"]) == ("0.06", 6_000_000)
    gold.stack.publish(DECK.replace(b"0.10,", b"9.00,"), "deck-2")
    longer = ask(gold, seconds=120).body
    assert (longer["decision"], longer["max_seconds"], longer["held"]) == ("allow", 120, "0.11")
    times = {"started_at": "2026-11-23T12:00:00.000Z", "ended_at": "2026-11-23T12:02:00.000Z"}
    assert gold.deliver(call_to(UNITED_KINGDOM, duration_seconds=120, **times)) == []
    assert (entry_of(gold)["amount_micros"], entry_of(gold)["promised"]) == (-110_000, True)
    assert denied(ask(gold, "c_2")) == "high_cost_destination", "a new call is judged by the deck in force"


@pytest.mark.parametrize("settings", [{}, {"price_list": None, "markup_percent": "0.00"}, {"markup_percent": "-50.00"}])
def test_a_lower_limit_ends_it_by_the_decks_price_of_its_time(gold: World, settings: dict[str, str | None]) -> None:
    ask(gold, seconds=60)
    put(gold, limits={"high_cost": "0.08"}, **settings)
    gold.clock.now += LEAD
    gold.stack.publish(DECK.replace(b"0.10,", b"0.01,"), "deck-2")
    longer = ask(gold, seconds=600).body
    assert (longer["reason"], longer["max_seconds"], longer["held"]) == ("high_cost_destination", 60, "0.06")


def test_only_a_hold_of_a_list_keeps_the_decks_price(gold: World) -> None:
    gold.stack.publish_list("own", deck_csv({"rate_per_minute": "0.30"}), "own-1")
    ask(gold, "c_1", to="+447700900123")
    put(gold, price_list="own", markup_percent="0.00")
    gold.clock.now += LEAD
    ask(gold, "c_2")
    holds = {item["SK"]: item for item in gold.of_kind("HOLD")}
    assert "deck_minute" not in holds["HOLD#c_1"], "a markup keeps the deck's rate and fee"
    assert holds["HOLD#c_2"]["deck_minute"] == 6_000_000
    put(gold, limits={"high_cost": "0.20"})
    gold.clock.now += LEAD
    assert ask(gold, "c_2", seconds=601).body["reason"] == "high_cost_destination", "the list's price is the higher one"
