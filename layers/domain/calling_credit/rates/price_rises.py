"""Announced rises of prices: rows of a deck or price list that take effect later and make calls more expensive.

Prices are those of an account: its list over the deck, with its markup. Reads nothing but the rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck, RateRow
from calling_credit.rates.pricing import row_price, unrounded_price

SECONDS_COMPARED: Final = (60, 600)
"""A price rises if a call of one or of ten minutes costs more."""
MAX_LISTED: Final = 20
"""The countries that one announcement lists."""


@dataclass(frozen=True, slots=True)
class Rise:
    """The largest rise of a country: a call of `seconds` costs `next_micros` instead of `micros` from `since` on.
    `destinations` counts the destinations of the country whose prices rise.
    """

    country: str
    since: str
    seconds: int
    micros: int
    next_micros: int
    destinations: int = 1

    def view(self) -> dict[str, Any]:
        """Return the form of events."""
        return {
            "country": self.country,
            "starts_at": self.since,
            "call_seconds": self.seconds,
            "price": format_money(self.micros),
            "next_price": format_money(self.next_micros),
            "destinations": self.destinations,
        }


def later_rows(deck: Deck, announced: Deck | None, at: str) -> list[RateRow]:
    """Return the rows that take effect after an instant and are not in a version that was announced before."""
    rows = [row for row in deck.rows if row.effective_from > at and row.category != INCLUDED_CATEGORY]
    if not rows or announced is None:
        return rows
    known = set(announced.rows)
    return [row for row in rows if row not in known]


def find_rises(
    prices: Deck, rows: Iterable[RateRow], origins: Iterable[str], at: str, price_list: str = ""
) -> dict[str, Rise]:
    """Return the largest rise of each country that later rows cause for callers of some origins.

    Args:
        prices: The deck as the account pays it. A row that another one outdoes by then raises nothing.
        price_list: The list that has the rows; empty for the deck.
    """
    largest: dict[str, Rise] = {}
    destinations: dict[str, set[str]] = {}
    for row in rows:
        for origin in origins:
            rise = _rise(prices, row, origin, at, price_list)
            if rise is not None:
                destinations.setdefault(row.country, set()).add(row.destination)
                known = largest.get(row.country)
                if known is None or _size(rise) > _size(known):
                    largest[row.country] = rise
    return {
        country: Rise(country, one.since, one.seconds, one.micros, one.next_micros, len(destinations[country]))
        for country, one in largest.items()
    }


def rises_view(rises: Iterable[Rise]) -> dict[str, Any]:
    """Return the rises in the form of events: the largest ones, and how many countries are left out."""
    ordered = sorted(rises, key=lambda rise: (-_size(rise), rise.country))
    return {"changes": [rise.view() for rise in ordered[:MAX_LISTED]], "more": max(0, len(ordered) - MAX_LISTED)}


def _rise(prices: Deck, row: RateRow, origin: str, at: str, price_list: str) -> Rise | None:
    now, later = prices.find(row.prefix, origin, at), prices.find(row.prefix, origin, row.effective_from)
    if now is None or later is None or later.price_list != price_list:
        return None
    if (later.prefix, later.effective_from) != (row.prefix, row.effective_from):
        return None
    for seconds in SECONDS_COMPARED:
        if unrounded_price(later, seconds) > unrounded_price(now, seconds):
            price, next_price = row_price(now, seconds)[1], row_price(later, seconds)[1]
            if next_price > price:
                return Rise(row.country, row.effective_from, seconds, price, next_price)
    return None


def _size(rise: Rise) -> int:
    """Return the rise of a minute, as far as it can be told from the call that was compared."""
    return (rise.next_micros - rise.micros) * SECONDS_COMPARED[0] // rise.seconds
