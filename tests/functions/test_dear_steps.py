"""The dearest rates with the highest markup: what a hold and an entry store of them is read as it was written."""

from datetime import timedelta

import pytest

from calling_credit.dynamodb.unreadable_store import read_unreadable
from tests.domain.examples import deck_csv
from tests.functions.corrections_bench import correct
from tests.functions.desk_bench import desk_event
from tests.functions.holds_bench import credit, hold
from tests.functions.own_prices_bench import LEAD, ask, call_to, entry_of, put
from tests.functions.test_own_prices_later import reprice
from tests.harness.world import UNITED_KINGDOM, World

__all__ = ["credit"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
DEAR = deck_csv({"rate_per_minute": "1000", "connection_fee": "1000", "rate_steps": "60:1000:60;120:999.999999:1"})
LIMITS = {"daily_spend": "999999.00", "call_price": "999999.00", "high_cost": "99999.00"}


@pytest.fixture
def dear(world: World) -> World:
    """An account that pays eleven times the dearest price, and has the credit and the limits for it."""
    world.stack.publish(DEAR)
    world.adjust("90000.00", "much")
    answer = put(world, markup_percent="1000.00", limits=LIMITS)
    assert answer.status == 200, answer.text
    world.clock.now += LEAD
    return world


@pytest.mark.parametrize("is_held", [True, False])
def test_the_dearest_steps_are_held_charged_and_explained(dear: World, is_held: bool) -> None:
    begun, seconds = dear.clock.now, 121
    if is_held:
        answer = ask(dear, seconds=seconds).body
        assert (answer["decision"], answer["held"]) == ("allow", "33183.3333"), answer
        assert hold(dear)["rate_steps"] == "60:11000.00:60;120:10999.999989:1"
        assert ask(dear, seconds=seconds).body["held"] == "33183.3333", "a repeated request reads the hold"
    dear.clock.now += timedelta(seconds=seconds)
    times = {"started_at": begun.isoformat(), "ended_at": dear.clock.now.isoformat()}
    assert dear.deliver(call_to(UNITED_KINGDOM, duration_seconds=seconds, **times)) == []
    entry = entry_of(dear)
    assert (entry["amount_micros"], entry.get("promised", False)) == (-33_183_333_300, is_held)
    [row] = dear.get("/usage/outbound_international_call").body["items"]
    assert row["price"] == "33183.3333"
    explained = dear.invoke(*desk_event("GET", "/operator/accounts/acct_1/calls/c_1")).body
    assert explained["calculation"]["exact"]
    assert reprice(dear, even_promised=True)["unchanged"] == 1
    assert correct(dear, 60, started_at=begun.isoformat()).body["after"]["price"] == "22000.00"
    dear.balance()
    assert list(read_unreadable(dear.stack.dynamodb, dear.stack.table_name)) == []
