"""The changes of a new rate deck against the active one, and warnings about valid rows that look wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from calling_credit.numbering import countries_below
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_codes import DeckWarningCode
from calling_credit.rates.pricing import billed_seconds

Place = tuple[str, str]
"""A prefix and the origin of its price."""
SECONDS_COMPARED: Final = (1, 30, 60, 90, 300, 3600)
"""The lengths of the calls that compare two prices: a price is raised if some call costs more and none costs less."""


class PriceChange(StrEnum):
    """How a price changes: up, down, up for some calls and down for others (or another category), or only later."""

    RAISED = "raised"
    LOWERED = "lowered"
    MIXED = "mixed"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class DeckWarning:
    """A finding in a valid deck that an operator should check: the prefix, a code, and a sentence."""

    prefix: str
    code: DeckWarningCode
    detail: str


@dataclass(frozen=True, slots=True)
class PriceDifference:
    """A place whose price differs between two decks: the rows in effect now, or the first ones if none is yet."""

    way: PriceChange
    before: RateRow
    after: RateRow


@dataclass(frozen=True, slots=True)
class DeckChanges:
    """The difference between two decks, each list ordered by prefix.

    `announced` lists the rows of the new deck that take effect later and are not in the old deck. `uncovered` lists the
    first rows of prefixes that no row prices yet.
    """

    added: tuple[RateRow, ...]
    removed: tuple[RateRow, ...]
    repriced: tuple[PriceDifference, ...]
    announced: tuple[RateRow, ...]
    uncovered: tuple[RateRow, ...]

    @property
    def any(self) -> bool:
        """Whether any price differs."""
        return bool(self.added or self.removed or self.repriced)

    def counts(self) -> dict[str, int]:
        """Return the number of changes of each kind."""
        ways = [difference.way for difference in self.repriced]
        return {
            "added": len(self.added),
            "removed": len(self.removed),
            **{way: ways.count(way) for way in PriceChange},
            "announced": len(self.announced),
            "not_yet_covered": len(self.uncovered),
        }


def compare(before: Deck | None, after: Deck, at: str) -> DeckChanges:
    """Compare two decks at an instant. Without a deck before, every row is added."""
    old, new = _by_place(before.rows if before else ()), _by_place(after.rows)
    old_rows = set(before.rows if before else ())
    return DeckChanges(
        added=tuple(_current(new[place], at) for place in sorted(new.keys() - old.keys())),
        removed=tuple(_current(old[place], at) for place in sorted(old.keys() - new.keys())),
        repriced=tuple(
            _difference(old[place], new[place], at)
            for place in sorted(new.keys() & old.keys())
            if _terms(old[place]) != _terms(new[place])
        ),
        announced=tuple(
            row for place in sorted(new) for row in new[place] if row.effective_from > at and row not in old_rows
        ),
        uncovered=tuple(new[place][0] for place in sorted(new) if new[place][0].effective_from > at),
    )


def warnings_of(deck: Deck) -> list[DeckWarning]:
    """Return a warning for each prefix whose country differs from libphonenumber's metadata."""
    return list(_country_warnings(deck.rows))


def _country_warnings(rows: Iterable[RateRow]) -> Iterator[DeckWarning]:
    for prefix, country in sorted({(row.prefix, row.country) for row in rows}):
        possible = countries_below(prefix)
        if not possible:
            yield DeckWarning(
                prefix,
                DeckWarningCode.UNASSIGNED_PREFIX,
                f"The deck assigns {prefix} to {country}, but no country has this prefix.",
            )
        elif country not in possible:
            owners = ", ".join(sorted(possible)[:5])
            yield DeckWarning(
                prefix,
                DeckWarningCode.OTHER_COUNTRY,
                f"The deck assigns {prefix} to {country}, but it belongs to {owners}.",
            )


def _difference(old: tuple[RateRow, ...], new: tuple[RateRow, ...], at: str) -> PriceDifference:
    before, after = _current(old, at), _current(new, at)
    return PriceDifference(_change_of(before, after), before, after)


def _change_of(before: RateRow, after: RateRow) -> PriceChange:
    if _price_terms(before) == _price_terms(after):
        return PriceChange.LATER
    differences = {_sixtieths(after, seconds) - _sixtieths(before, seconds) for seconds in SECONDS_COMPARED} - {0}
    if not differences or before.category != after.category or min(differences) < 0 < max(differences):
        return PriceChange.MIXED
    return PriceChange.RAISED if min(differences) > 0 else PriceChange.LOWERED


def _sixtieths(row: RateRow, seconds: int) -> int:
    """Return the price of a call before rounding, in sixtieths of a micro-dollar."""
    billed = billed_seconds(seconds, row.minimum_seconds, row.increment_seconds)
    return row.connection_fee_micros * 60 + billed * row.rate_micros_per_minute


def _current(rows: tuple[RateRow, ...], at: str) -> RateRow:
    """Return the row in effect, or the first one if none is yet."""
    return next((row for row in reversed(rows) if row.effective_from <= at), rows[0])


def _by_place(rows: Iterable[RateRow]) -> dict[Place, tuple[RateRow, ...]]:
    by_place: dict[Place, list[RateRow]] = {}
    for row in sorted(rows, key=lambda row: row.effective_from):
        by_place.setdefault((row.prefix, row.origin), []).append(row)
    return {place: tuple(rows) for place, rows in by_place.items()}


def _terms(rows: tuple[RateRow, ...]) -> list[tuple[str | int, ...]]:
    return [(row.effective_from, *_price_terms(row)) for row in rows]


def _price_terms(row: RateRow) -> tuple[str | int, ...]:
    return (
        row.rate_micros_per_minute,
        row.connection_fee_micros,
        row.minimum_seconds,
        row.increment_seconds,
        row.category,
    )
