"""A corrected call in later work: erased, delivered again, and large."""

import pytest

from calling_credit.ledger.erasure import erase_number
from tests.functions.corrections_bench import correct, details, figures
from tests.functions.rerate_bench import charged
from tests.harness.world import JAPAN, UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def test_an_erased_call_can_be_corrected_and_stays_erased(world: World) -> None:
    charged(world)
    list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", UNITED_KINGDOM))
    assert correct(world, 60).body["after"] == figures(60, "0.10")
    assert details(world)["to"] == "GB…50"
    assert UNITED_KINGDOM not in str(world.stack.items())
    correct(world, 60, call="c_2", key="k_2")
    list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", JAPAN))
    assert JAPAN not in str(world.stack.items())


def test_the_original_event_and_the_corrected_one_are_replays(world: World) -> None:
    charged(world)
    corrected = {"duration_seconds": 60, "ended_at": "2026-11-23T10:01:04.000Z"}
    assert world.deliver(corrected) == ["m_0"], "a conflict until the operator has corrected the call"
    correct(world, 60)
    before = world.stack.items()
    assert world.deliver({}) == []
    assert world.deliver(corrected) == []
    assert world.deliver(corrected | {"duration_seconds": 61, "ended_at": "2026-11-23T10:01:05.000Z"}) == ["m_0"]
    assert world.deliver(corrected | {"to": JAPAN}) == ["m_0"]
    assert world.stack.items() == before
    correct(world, 70, key="k_2")
    before = world.stack.items()
    assert world.deliver(corrected) == [], "it was right once"
    assert world.stack.items() == before
