"""What a new rate deck changes beside the active one, and what in it looks wrong although it is valid. Compares values;
knows neither files nor S3.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from calling_credit.numbering import countries_below
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_codes import DeckWarningCode
from calling_credit.rates.pricing import billed_seconds

Place = tuple[str, str]
"""A prefix and the origin its price is for."""
SECONDS_COMPARED: Final = (1, 30, 60, 90, 300, 3600)
"""The calls by which two prices are compared: one is higher if no such call is cheaper and one is dearer."""


class PriceChange(StrEnum):
    """How a price changes: up, down, up for some calls and down for others (or another category), or only later."""

    RAISED = "raised"
    LOWERED = "lowered"
    MIXED = "mixed"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class DeckWarning:
    """Something of a valid deck that a person should look at: the prefix, a stable code, what it is."""

    prefix: str
    code: DeckWarningCode
    detail: str


@dataclass(frozen=True, slots=True)
class Repriced:
    """A place that both decks price, differently: the rows in effect now (the first ones where none is yet)."""

    way: PriceChange
    before: RateRow
    after: RateRow


@dataclass(frozen=True, slots=True)
class DeckChanges:
    """The difference between two decks, each list in the order of prefixes. `repriced` says which way each price goes:
    raised, lowered, mixed (dearer for some calls, cheaper for others, or of another category), or only later.
    `announced` are rows of the new deck that take effect later and are not in the old; `uncovered` the first rows of
    prefixes that no row prices yet.
    """

    added: tuple[RateRow, ...]
    removed: tuple[RateRow, ...]
    repriced: tuple[Repriced, ...]
    announced: tuple[RateRow, ...]
    uncovered: tuple[RateRow, ...]

    @property
    def any(self) -> bool:
        """Whether the decks price anything differently."""
        return bool(self.added or self.removed or self.repriced)

    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        ways = [one.way for one in self.repriced]
        return {
            "added": len(self.added),
            "removed": len(self.removed),
            **{way: ways.count(way) for way in PriceChange},
            "announced": len(self.announced),
            "not_yet_covered": len(self.uncovered),
        }


def compare(before: Deck | None, after: Deck, at: str) -> DeckChanges:
    """How `after` differs from `before` at an instant; without a deck before, everything is added."""
    old, new = _by_place(before.rows if before else ()), _by_place(after.rows)
    known = set(before.rows if before else ())
    return DeckChanges(
        added=tuple(_current(new[place], at) for place in sorted(new.keys() - old.keys())),
        removed=tuple(_current(old[place], at) for place in sorted(old.keys() - new.keys())),
        repriced=tuple(
            _repriced(old[place], new[place], at)
            for place in sorted(new.keys() & old.keys())
            if _terms(old[place]) != _terms(new[place])
        ),
        announced=tuple(
            row for place in sorted(new) for row in new[place] if row.effective_from > at and row not in known
        ),
        uncovered=tuple(new[place][0] for place in sorted(new) if new[place][0].effective_from > at),
    )


def warnings_of(deck: Deck) -> list[DeckWarning]:
    """Prefixes whose country is not the one that libphonenumber's metadata gives them."""
    return list(_foreign_prefixes(deck.rows))


def _foreign_prefixes(rows: Iterable[RateRow]) -> Iterator[DeckWarning]:
    for prefix, country in sorted({(row.prefix, row.country) for row in rows}):
        possible = countries_below(prefix)
        if not possible:
            yield DeckWarning(
                prefix, DeckWarningCode.UNASSIGNED_PREFIX, f"{prefix} is given to {country}, but nobody has it."
            )
        elif country not in possible:
            told = ", ".join(sorted(possible)[:5])
            yield DeckWarning(
                prefix, DeckWarningCode.OTHER_COUNTRY, f"{prefix} is given to {country}, but belongs to {told}."
            )


def _repriced(old: tuple[RateRow, ...], new: tuple[RateRow, ...], at: str) -> Repriced:
    before, after = _current(old, at), _current(new, at)
    return Repriced(_way(before, after), before, after)


def _way(before: RateRow, after: RateRow) -> PriceChange:
    if _priced(before) == _priced(after):
        return PriceChange.LATER
    differences = {_sixtieths(after, seconds) - _sixtieths(before, seconds) for seconds in SECONDS_COMPARED} - {0}
    if not differences or before.category != after.category or min(differences) < 0 < max(differences):
        return PriceChange.MIXED
    return PriceChange.RAISED if min(differences) > 0 else PriceChange.LOWERED


def _sixtieths(row: RateRow, seconds: int) -> int:
    """What a call costs before it is rounded, in sixtieths of a micro-dollar."""
    billed = billed_seconds(seconds, row.minimum_seconds, row.increment_seconds)
    return row.connection_fee_micros * 60 + billed * row.rate_micros_per_minute


def _current(rows: tuple[RateRow, ...], at: str) -> RateRow:
    """The row in effect, or the first to be."""
    return next((row for row in reversed(rows) if row.effective_from <= at), rows[0])


def _by_place(rows: Iterable[RateRow]) -> dict[Place, tuple[RateRow, ...]]:
    found: dict[Place, list[RateRow]] = {}
    for row in sorted(rows, key=lambda row: row.effective_from):
        found.setdefault((row.prefix, row.origin), []).append(row)
    return {place: tuple(rows) for place, rows in found.items()}


def _terms(rows: tuple[RateRow, ...]) -> list[tuple[str | int, ...]]:
    return [(row.effective_from, *_priced(row)) for row in rows]


def _priced(row: RateRow) -> tuple[str | int, ...]:
    return (
        row.rate_micros_per_minute,
        row.connection_fee_micros,
        row.minimum_seconds,
        row.increment_seconds,
        row.category,
    )
