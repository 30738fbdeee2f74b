"""Buying prices for the margins of an import: of a file, of the stack's buying list, or of the sheet itself."""

from collections.abc import Callable
from dataclasses import dataclass

from calling_credit.rates.deck import Deck, RateRow
from ops.rate_sheets.importing import ImportedDeck
from ops.rate_sheets.output import cost_by_deck


@dataclass(frozen=True, slots=True)
class Costs:
    """Where buying prices come from, in words, and the buying price of a call of 60 s to a row's prefix, if known."""

    source: str
    cost_of: Callable[[RateRow], int | None]


def choose_costs(named: Deck | None, stored: Deck | None, deck: ImportedDeck, now: str) -> Costs:
    """Return the buying prices: of the deck that the command names, else of the stored list, else of the sheet."""
    if named is not None:
        return Costs("COST", cost_by_deck(named, now))
    if stored is not None:
        return Costs("the buying list of the stack", cost_by_deck(stored, now))
    return Costs("the carrier's own rates", lambda row: deck.carriers.get((row.prefix, row.effective_from)))
