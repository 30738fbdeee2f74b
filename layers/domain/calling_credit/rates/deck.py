"""A rate deck: its rows, and the look-up of the row that prices a number.

Depends neither on the deck's file nor on which deck is active.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from calling_credit.numbering import country_of

ANY_ORIGIN: Final = "*"
INCLUDED_CATEGORY: Final = "included"
"""Calls of this category cost nothing: the home area codes and toll-free numbers. At home, they make no entry."""
HOME_COUNTRIES: Final = frozenset({"US", "CA"})
"""The home countries of a deck that was loaded without the stack's setting."""


@dataclass(frozen=True, slots=True)
class RateRow:
    """The price of calls to `prefix` from callers in `origin`, in effect from `effective_from` (UTC, milliseconds)."""

    prefix: str
    destination: str
    country: str
    origin: str
    rate_micros_per_minute: int
    connection_fee_micros: int
    minimum_seconds: int
    increment_seconds: int
    effective_from: str
    category: str


class Deck:
    """A published deck: `version` and its rows, indexed by prefix."""

    def __init__(self, version: str, rows: list[RateRow]) -> None:
        self.version = version
        self.rows = rows
        self.home_countries = HOME_COUNTRIES
        """The countries whose calls can be part of the subscription."""
        self._index: dict[str, dict[str, list[RateRow]]] = {}
        for row in sorted(rows, key=lambda row: row.effective_from, reverse=True):
            self._index.setdefault(row.prefix, {}).setdefault(row.origin, []).append(row)
        self.categories = frozenset(row.category for row in rows) - {INCLUDED_CATEGORY}
        """Categories of charged calls; for the active deck, those of earlier decks too."""
        self._lengths = sorted({len(prefix) for prefix in self._index}, reverse=True)

    def is_home(self, digits: str) -> bool:
        """Return whether a number (digits, without +) belongs to a home country."""
        return country_of(digits) in self.home_countries

    def find(self, digits: str, origin: str, at: str) -> RateRow | None:
        """Return the row that prices a number (digits, without +) for callers from `origin` at an instant.

        The longest prefix with a row in effect wins, then the exact origin before `*`, then the latest row.
        """
        index = self._index
        for length in self._lengths:
            by_origin = index.get(digits[:length])
            if by_origin is None or length > len(digits):
                continue
            for key in (origin, ANY_ORIGIN):
                for row in by_origin.get(key, ()):
                    if row.effective_from <= at:
                        return row
        return None

    def announced(self, digits: str, origin: str, after: str) -> list[RateRow]:
        """Return the rows that will price this number after an instant, soonest first."""
        changes = sorted(
            {row.effective_from for row in self._candidates(digits, origin) if row.effective_from > after},
        )
        rows: list[RateRow] = []
        current = self.find(digits, origin, after)
        for at in changes:
            row = self.find(digits, origin, at)
            if row is not None and row is not current:
                rows.append(row)
                current = row
        return rows

    def _candidates(self, digits: str, origin: str) -> Iterator[RateRow]:
        for length in self._lengths:
            for key, rows in self._index.get(digits[:length], {}).items():
                if key in (origin, ANY_ORIGIN):
                    yield from rows
