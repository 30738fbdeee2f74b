"""Rerating by a price list that an operator names: each call is priced as if its account had the list."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from calling_credit.clock import Patience
from calling_credit.errors import InvalidValue, NotFound, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.account_prices import AccountPrices, PricesOfAccounts
from calling_credit.rates.deck import Deck
from calling_credit.rates.decks_for_calls import DecksForCalls, Lookup
from calling_credit.rates.list_names import COST
from calling_credit.rates.price_lists import ActivePriceLists
from calling_credit.rates.price_terms import PriceTerms


def named_list(lists: ActivePriceLists, name: str, version: str, now: datetime) -> Deck:
    """Return a version of a price list; without a version, the one in force now.

    Raises:
        InvalidValue: `reserved_price_list`.
        NotFound: `unknown_price_list`, `unknown_deck`.
        Unavailable: `unusable_deck`, or S3 does not answer.
    """
    if name == COST:
        detail = "cost is the buying list, which prices no customer's call. Name another list."
        raise InvalidValue(ProblemCode.RESERVED_PRICE_LIST, detail)
    found = lists.version(name, version) if version else lists.list_at(name, format_instant(now), now, Patience(None))
    if found is None:
        detail = f"There is no price list {name}; make list-price-lists shows those of this stack."
        raise NotFound(ProblemCode.UNKNOWN_PRICE_LIST, detail)
    return found


class OneList:
    """One version of a price list for all calls, over the decks that others find. The account's markup stays."""

    def __init__(self, decks: DecksForCalls, price_list: Deck) -> None:
        self._decks = decks
        self._list = price_list
        self._prices = PricesOfAccounts()

    def deck_for(self, digits: str, origin: str, at: str, now: datetime, terms: PriceTerms | None = None) -> Deck:
        """Return the list over the deck that prices a call. Raises Unavailable."""
        [deck] = self.decks_for([Lookup(digits, origin, at, terms)], now)
        if isinstance(deck, Unavailable):
            raise deck
        return deck

    def decks_for(self, lookups: Sequence[Lookup], now: datetime) -> list[Deck | Unavailable]:
        """Return the list over the deck, or the error, for each of many calls."""
        without_list = [replace(lookup, terms=_markup_only(lookup.terms)) for lookup in lookups]
        return [self._with_list(deck) for deck in self._decks.decks_for(without_list, now)]

    def _with_list(self, deck: Deck | Unavailable) -> Deck | Unavailable:
        if isinstance(deck, Unavailable):
            return deck
        if isinstance(deck, AccountPrices):
            return self._prices.of(deck.deck, self._list, deck.markup_hundredths)
        return self._prices.of(deck, self._list, 0)


def _markup_only(terms: PriceTerms | None) -> PriceTerms | None:
    """Return terms without their price list."""
    return None if terms is None or terms.markup_hundredths == 0 else replace(terms, price_list=None)
