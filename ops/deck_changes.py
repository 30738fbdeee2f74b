"""What a new rate deck changes beside the active one: prefixes that come, go, or cost something else. Compares values;
knows neither files nor S3.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from calling_credit.decks import Deck, RateRow

Place = tuple[str, str]
"""A prefix and the origin its price is for."""
Terms = tuple[int, int, int, int, str]
"""Rate and fee in micro-dollars, minimum and increment in seconds, category."""


@dataclass(frozen=True, slots=True)
class Repriced:
    """A place that both decks price, differently; rows in the order in which they take effect."""

    place: Place
    before: tuple[RateRow, ...]
    after: tuple[RateRow, ...]


@dataclass(frozen=True, slots=True)
class DeckChanges:
    """The difference between two decks, each list in the order of prefixes."""

    added: tuple[RateRow, ...]
    removed: tuple[RateRow, ...]
    repriced: tuple[Repriced, ...]

    @property
    def any(self) -> bool:
        """Whether the decks price anything differently."""
        return bool(self.added or self.removed or self.repriced)


def compare(before: Deck | None, after: Deck) -> DeckChanges:
    """How `after` differs from `before`; without a deck before, everything is added."""
    old, new = _by_place(before.rows if before else ()), _by_place(after.rows)
    return DeckChanges(
        added=tuple(new[place][-1] for place in sorted(new.keys() - old.keys())),
        removed=tuple(old[place][-1] for place in sorted(old.keys() - new.keys())),
        repriced=tuple(
            Repriced(place, old[place], new[place])
            for place in sorted(new.keys() & old.keys())
            if _terms(old[place]) != _terms(new[place])
        ),
    )


def _by_place(rows: Iterable[RateRow]) -> dict[Place, tuple[RateRow, ...]]:
    found: dict[Place, list[RateRow]] = {}
    for row in sorted(rows, key=lambda row: row.effective_from):
        found.setdefault((row.prefix, row.origin), []).append(row)
    return {place: tuple(rows) for place, rows in found.items()}


def _terms(rows: tuple[RateRow, ...]) -> list[tuple[str, Terms]]:
    return [
        (
            row.effective_from,
            (
                row.rate_micros_per_minute,
                row.connection_fee_micros,
                row.minimum_seconds,
                row.increment_seconds,
                row.category,
            ),
        )
        for row in rows
    ]
