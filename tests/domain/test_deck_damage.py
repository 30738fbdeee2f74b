"""Generated damage to the example deck: no damaged deck is without findings, and harmless changes have none."""

import pytest

from calling_credit.rates.deck import Deck
from calling_credit.rates.guard import judge_deck
from calling_credit.rates.home_numbers import HomeNumbers
from tests.domain.deck_damage import DAMAGE, HARMLESS, HOME_DAMAGE, Change, changed, deck_of, example

NOW = "2026-11-23T12:00:00.000Z"
SEEDS = range(3)
EVERY_DAMAGE: dict[str, Change] = HOME_DAMAGE | DAMAGE


def findings(data: bytes, before: Deck | None) -> set[str]:
    """The codes of the findings about a file."""
    return {str(code) for code in judge_deck(before, deck_of(data), HomeNumbers(), NOW).counts()}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", EVERY_DAMAGE)
def test_no_damaged_deck_is_without_findings(name: str, seed: int) -> None:
    assert findings(changed(EVERY_DAMAGE[name], seed), example()[1])


@pytest.mark.parametrize("seed", SEEDS[:1])
@pytest.mark.parametrize("name", HOME_DAMAGE)
def test_no_damaged_first_deck_is_without_findings(name: str, seed: int) -> None:
    assert findings(changed(HOME_DAMAGE[name], seed), None)


@pytest.mark.parametrize("seed", SEEDS[:1])
@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_change_has_no_findings(name: str, seed: int) -> None:
    assert findings(changed(HARMLESS[name], seed), example()[1]) == set()


def test_the_example_deck_is_a_first_deck_without_findings() -> None:
    assert findings(example()[0], None) == set()
