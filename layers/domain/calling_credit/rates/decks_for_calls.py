"""Which deck prices a call: the one in force when it began, or the first later one that has a price for it.

A later deck charges a call that waited for a price only after it has been in force for a grace time. A deck that is
published by mistake and rolled back meanwhile therefore charges nothing. Reads no bucket; the caller loads the decks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.deck import Deck
from calling_credit.rates.price_terms import PriceTerms
from calling_credit.rates.timeline import InForce, Interval, deck_at, intervals_since


@dataclass(frozen=True, slots=True)
class Lookup:
    """The number (digits, without +), the origin, and the start of a call, and the terms of its account at its start;
    None if the account paid the deck's prices.
    """

    digits: str
    origin: str
    at: str
    terms: PriceTerms | None = None

    @property
    def price_list(self) -> str | None:
        """The name of the account's price list; None without one."""
        return None if self.terms is None else self.terms.price_list


class PricingDecks(Protocol):
    """Knows the deck that prices a call. `ActiveDecks` is the one of the functions."""

    def deck_for(self, digits: str, origin: str, at: str, now: datetime, terms: PriceTerms | None = None) -> Deck:
        """Return the deck, as the account pays it, that prices a call; a deck without rows if none does. Raises
        Unavailable.
        """
        ...


class DecksInForce(PricingDecks, Protocol):
    """Knows which deck was in force when, too."""

    def version_at(self, at: str, price_list: str = "") -> str:
        """Return the version of the deck, or of a price list, in force at an instant."""
        ...


class DecksForCalls(PricingDecks, Protocol):
    """Knows the decks of many calls, too, and loads each only once."""

    def decks_for(self, lookups: Sequence[Lookup], now: datetime) -> list[Deck | Unavailable]:
        """Return the deck, or the error, for each of many calls."""
        ...


def decks_for(
    lookups: Sequence[Lookup],
    entries: Sequence[InForce],
    load: Callable[[InForce], Deck],
    now: datetime,
    grace: timedelta,
) -> list[Deck | Unavailable]:
    """Return the deck that prices each call; a deck without rows if none does; the error if a deck is not readable.

    Every deck is loaded once, in the order of time. `now` is the latest instant for which the timeline is known.
    """
    answers: list[Deck | Unavailable | None] = [None] * len(lookups)
    begun: dict[int, Deck] = {}
    firsts = [deck_at(entries, lookup.at) for lookup in lookups]
    oldest = min((lookup.at for lookup in lookups), default="")
    for interval in intervals_since(entries, oldest) if lookups else ():
        beginning = [position for position, first in enumerate(firsts) if first is interval.deck]
        waiting = [position for position in begun if answers[position] is None]
        if not beginning and not (waiting and _has_passed(interval, now, grace)):
            continue
        try:
            deck = load(interval.deck)
        except Unavailable as error:
            answers = [
                error if position in beginning or position in waiting else answer
                for position, answer in enumerate(answers)
            ]
            continue
        for position in beginning:
            begun[position] = deck
            if deck.find(lookups[position].digits, lookups[position].origin, lookups[position].at) is not None:
                answers[position] = deck
        for position in begun:
            if answers[position] is None and _prices_later(deck, interval, lookups[position], now, grace):
                answers[position] = deck
    return [_without_rows(begun[position]) if answer is None else answer for position, answer in enumerate(answers)]


def _has_passed(interval: Interval[InForce], now: datetime, grace: timedelta) -> bool:
    """Whether a deck was in force for the grace time."""
    passed = _after(interval.deck.in_force_from, grace)
    return passed <= format_instant(now) and not interval.has_ended(passed)


def _prices_later(deck: Deck, interval: Interval[InForce], lookup: Lookup, now: datetime, grace: timedelta) -> bool:
    """Whether a deck came to price a call that waited, while it was in force and after its grace time."""
    row = deck.find(lookup.digits, lookup.origin, lookup.at)
    if row is None:
        row = next(iter(deck.announced(lookup.digits, lookup.origin, lookup.at)), None)
    if row is None:
        return False
    begin = max(_after(interval.deck.in_force_from, grace), row.effective_from)
    return begin <= format_instant(now) and not interval.has_ended(begin)


def _after(instant: str, duration: timedelta) -> str:
    return format_instant(datetime.fromisoformat(instant) + duration)


def _without_rows(deck: Deck) -> Deck:
    """Return a deck of the same version that prices no number of the deck."""
    empty = Deck(deck.version, ())
    empty.area_codes, empty.short_codes = deck.area_codes, deck.short_codes
    empty.home_countries = deck.home_countries
    return empty
