"""Included minutes of an account with a markup: the rest of a call has the account's own price, without fee."""

from datetime import timedelta

import pytest

from tests.domain.examples import deck_csv
from tests.functions.minutes_bench import UK, counters, give
from tests.functions.test_rerate_charged_calls import reprice
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.mark.parametrize("is_held", [True, False])
def test_the_rest_of_a_covered_call_has_the_own_price(world: World, is_held: bool) -> None:
    world.stack.publish(deck_csv({"rate_per_minute": "0.10", "connection_fee": "0.50"}), "fee")
    world.adjust("5.00", "credit")
    give(world, UK | {"minutes": 1})
    assert world.operate("PUT", "/accounts/acct_1", {"markup_percent": "10.00"}).status == 200
    world.clock.now += timedelta(hours=1)
    began = world.clock.now
    if is_held:
        answer = world.authorize("c_1", seconds=120).body
        assert (answer["covered_seconds"], answer["held"], answer["rate_per_minute"]) == (60, "0.11", "0.11")
    world.clock.now += timedelta(hours=1)
    ended = began + timedelta(seconds=120)
    times = {"started_at": began.isoformat(), "answered_at": began.isoformat(), "ended_at": ended.isoformat()}
    assert world.deliver(times | {"duration_seconds": 120}) == []
    [entry] = [one for one in world.entries() if one["kind"] == "call_charged"]
    assert (entry["covered_seconds"], entry["amount_micros"], entry["markup_hundredths"]) == (60, -110_000, 1000)
    assert reprice(world, even_promised=True)["changed"] == 0
    counters(world)
