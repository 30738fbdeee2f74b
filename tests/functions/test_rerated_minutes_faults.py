"""Pricing covered calls again returns and takes included minutes once, after any failure and beside another run."""

from typing import Any

import pytest

from tests.domain.examples import deck_csv
from tests.functions.minutes_bench import UK, charged, give, left
from tests.functions.rerate_bench import RANGE
from tests.functions.test_rerate_charged_calls import reprice
from tests.functions.test_rerate_faults import interrupted, meet_each_failure, timeless
from tests.harness.wire import Wire
from tests.harness.world import DECK, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

FREE = deck_csv({"rate_per_minute": "0"})
EVENT: dict[str, Any] = {"reprice": RANGE | {"apply": True}}


@pytest.fixture(params=["returns", "takes"])
def seconds(request: pytest.FixtureRequest, world: World) -> int:
    """Two covered calls that the next run makes free, or free ones that it charges; what the counter has left then."""
    world.adjust("5.00", "credit")
    give(world, UK | {"minutes": 2})
    charged(world, 60)
    charged(world, 90, call_id="c_2")
    assert left(world) == 0
    world.stack.publish(FREE, "free")
    if request.param == "returns":
        return 120
    assert (reprice(world)["changed"], left(world)) == (2, 120)
    world.stack.publish(DECK, "again")
    return 0


def test_a_rerating_moves_minutes_once_after_any_failure(world: World, wire: Wire, seconds: int) -> None:
    meet_each_failure(world, wire, EVENT, lambda: (timeless(world), left(world)))
    assert left(world) == seconds


def test_two_reratings_at_once_move_minutes_once(world: World, wire: Wire, seconds: int) -> None:
    other = {"reprice": RANGE | {"apply": True, "from": "2026-11-01"}}
    interrupted(world, wire, EVENT, lambda: world.stack.invoke("rerate_calls", other, seconds=300))
    assert left(world) == seconds
