"""No damaged example deck goes live without ALLOW, neither by the command nor by a dropped file."""

import pytest

from tests.domain.deck_damage import DAMAGE, HARMLESS, HOME_DAMAGE, changed, example
from tests.functions.deck_commands import Commands, commands
from tests.functions.decks_bench import active, clean, drop, publish_allowed, report
from tests.harness.world import World

__all__ = ["clean", "commands"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
SEED = 20261128
SOME_DAMAGE = [
    "one home row dropped",
    "home misspelled",
    "home postponed",
    "home priced",
    "zero prices",
    "only the changed rows",
    "one price ten times up",
    "increments of an hour",
]


@pytest.mark.parametrize("name", SOME_DAMAGE)
def test_a_damaged_deck_does_not_go_live(world: World, commands: Commands, name: str) -> None:
    publish_allowed(world, example()[0])
    before, damaged = active(), changed((HOME_DAMAGE | DAMAGE)[name], SEED)
    assert drop(world, damaged)["outcome"] == "needs_approval"
    code, printed = commands.publish(damaged)
    assert (code, active()) == (1, before)
    counts = ",".join(f"{finding['code']}:{finding['count']}" for finding in report()["findings"])
    assert f"ALLOW={counts}\n" in printed
    assert report()["command"] == f"make publish-rates FILE=december.csv ALLOW={counts}"


@pytest.mark.parametrize("name", sorted(set(HARMLESS) - {"nothing"}))
def test_a_harmless_change_goes_live(world: World, commands: Commands, name: str) -> None:
    publish_allowed(world, example()[0])
    data = changed(HARMLESS[name], SEED)
    assert drop(world, data)["outcome"] == "published"
    assert commands.publish(data)[0] == 0
