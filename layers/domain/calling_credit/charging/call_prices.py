"""The price of a call without a hold, by the deck and price list that were in force when it began."""

from datetime import datetime
from typing import Final

from calling_credit.calls import Call
from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.deck import Deck
from calling_credit.rates.decks_for_calls import DecksInForce, PricingDecks
from calling_credit.rates.price_terms import PriceTerms
from calling_credit.rates.pricing import Free, RatedCall, Unrated, needs_deck, rate_call

NO_DECK: Final = Deck("", ())


def is_priced_late(call: Call, charge: RatedCall, decks: DecksInForce) -> bool:
    """Whether a call was priced by another deck or version of its list than those in force when it began."""
    row, at = charge.row, call.happened_at
    if charge.deck_version != decks.version_at(at):
        return True
    return bool(row.price_list) and row.list_version != decks.version_at(at, row.price_list)


def rate_in_force(
    call: Call, origin: str, decks: PricingDecks, now: datetime, terms: PriceTerms | None = None
) -> RatedCall | Free | Unrated:
    """Price a call without a hold by its account's terms. A call that is free under any deck waits for none.

    Raises:
        Unavailable: the deck or price list in force cannot be read.
    """
    if not needs_deck(call):
        return rate_call(call, NO_DECK, origin)
    if not call.dialled_number.startswith("+"):  # No deck prices it; the lists must be known for its time.
        at = max(call.happened_at, format_instant(now))
        return rate_call(call, decks.deck_for("", origin, at, now), origin)
    digits, at = call.dialled_number[1:], call.happened_at
    if terms is None:
        return rate_call(call, decks.deck_for(digits, origin, at, now), origin)
    try:
        return rate_call(call, decks.deck_for(digits, origin, at, now, terms), origin)
    except Unavailable:  # A call that the deck includes at home needs no price list.
        rated = rate_call(call, decks.deck_for(digits, origin, at, now), origin)
        if not isinstance(rated, Free):
            raise
        return rated
