"""The changes of a new rate deck against the active one, and warnings about valid rows that look wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Final

from calling_credit.numbering import UNKNOWN_COUNTRY, countries_below, country_of
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_codes import DeckWarning, DeckWarningCode
from calling_credit.rates.deck_pair import DeckPair, RowsByPrefix, pair_decks
from calling_credit.rates.home_numbers import AREA_CODE_DIGITS, NORTH_AMERICA
from calling_credit.rates.pricing import unrounded_price
from calling_credit.rates.rate_steps import Steps

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
    return compare_pair(pair_decks(before, after, at), at)


def compare_pair(pair: DeckPair, at: str) -> DeckChanges:
    """Compare the two decks of a pair at an instant."""
    old, new = _by_place(pair.old, pair.changed), _by_place(pair.new, pair.changed)
    unchanged = _by_place(pair.new, pair.unsettled)
    differences = (_difference(old[place], new[place], at) for place in sorted(new.keys() & old.keys()))
    return DeckChanges(
        added=tuple(_current(new[place], at) for place in sorted(new.keys() - old.keys())),
        removed=tuple(_current(old[place], at) for place in sorted(old.keys() - new.keys())),
        repriced=tuple(difference for difference in differences if difference is not None),
        announced=tuple(sorted(_announced(old, new, at), key=_place_and_time)),
        uncovered=tuple(
            sorted(
                (rows[0] for rows in chain(new.values(), unchanged.values()) if rows[0].effective_from > at),
                key=_place_and_time,
            )
        ),
    )


def warnings_of(deck: Deck) -> list[DeckWarning]:
    """Return a warning for each prefix whose country differs from libphonenumber's metadata."""
    return _warnings(deck.rows)


def warnings_of_pair(pair: DeckPair) -> list[DeckWarning]:
    """Return the warnings about the prefixes that changed; those about the active deck were given before."""
    return _warnings(chain.from_iterable(pair.new.get(prefix, ()) for prefix in pair.changed))


def _warnings(rows: Iterable[RateRow]) -> list[DeckWarning]:
    others = {(_place(row.prefix), row.country) for row in rows if country_of(row.prefix) != row.country}
    warnings = (_country_warning(prefix, country) for prefix, country in sorted(others))
    return [warning for warning in warnings if warning is not None]


def _place(prefix: str) -> str:
    """Return what a warning names: of +1, an unknown area code once and not each prefix below it."""
    area_code = prefix[:AREA_CODE_DIGITS]
    is_unknown = prefix.startswith(NORTH_AMERICA) and country_of(area_code) == UNKNOWN_COUNTRY
    return area_code if is_unknown else prefix


def _country_warning(prefix: str, country: str) -> DeckWarning | None:
    possible = countries_below(prefix)
    if country in possible:
        return None
    if not possible:
        step = f" If it is a new area code, run make add-area-code CODE={prefix[1:4]} COUNTRY={country}."
        detail = f"The deck assigns {prefix} to {country}, but no country has this prefix."
        is_area_code = len(prefix) >= AREA_CODE_DIGITS and prefix.startswith(NORTH_AMERICA)
        return DeckWarning(prefix, DeckWarningCode.UNASSIGNED_PREFIX, detail + (step if is_area_code else ""))
    owners = ", ".join(sorted(possible)[:5])
    detail = f"The deck assigns {prefix} to {country}, but it belongs to {owners}."
    return DeckWarning(prefix, DeckWarningCode.OTHER_COUNTRY, detail)


def _difference(old: list[RateRow], new: list[RateRow], at: str) -> PriceDifference | None:
    if list(map(_terms, old)) == list(map(_terms, new)):
        return None
    before, after = _current(old, at), _current(new, at)
    return PriceDifference(_change_of(before, after), before, after)


def _change_of(before: RateRow, after: RateRow) -> PriceChange:
    if _price_terms(before) == _price_terms(after):
        return PriceChange.LATER
    if _steps_and_category(before) == _steps_and_category(after):
        rate = after.rate_micros_per_minute - before.rate_micros_per_minute
        fee = after.connection_fee_micros - before.connection_fee_micros
        if rate >= 0 and fee >= 0:
            return PriceChange.RAISED
        if rate <= 0 and fee <= 0:
            return PriceChange.LOWERED
    lengths = {*SECONDS_COMPARED, *_lengths_with_steps(before), *_lengths_with_steps(after)}
    differences = {unrounded_price(after, seconds) - unrounded_price(before, seconds) for seconds in lengths} - {0}
    if not differences or before.category != after.category or min(differences) < 0 < max(differences):
        return PriceChange.MIXED
    return PriceChange.RAISED if min(differences) > 0 else PriceChange.LOWERED


def _steps_and_category(row: RateRow) -> tuple[int, int, str, Steps]:
    return row.minimum_seconds, row.increment_seconds, row.category, row.rate_steps


def _lengths_with_steps(row: RateRow) -> Iterator[int]:
    """Yield the lengths at which a rate step makes a difference: where it begins, soon after, and much later."""
    for step in row.rate_steps:
        yield from (step.from_second + later for later in (0, 1, 30, 60, 600, 3600, 36_000))


def _current(rows: list[RateRow], at: str) -> RateRow:
    """Return the row in effect, or the first one if none is yet."""
    return next((row for row in reversed(rows) if row.effective_from <= at), rows[0])


def _by_place(rows_by_prefix: RowsByPrefix, prefixes: Iterable[str]) -> dict[Place, list[RateRow]]:
    """Return the rows of each place, oldest first."""
    by_place: dict[Place, list[RateRow]] = {}
    for prefix in prefixes:
        for row in rows_by_prefix.get(prefix, ()):
            by_place.setdefault((prefix, row.origin), []).append(row)
    for rows in by_place.values():
        if len(rows) > 1:
            rows.sort(key=_place_and_time)
    return by_place


def _place_and_time(row: RateRow) -> tuple[str, str, str]:
    return row.prefix, row.origin, row.effective_from


def _announced(old: dict[Place, list[RateRow]], new: dict[Place, list[RateRow]], at: str) -> Iterator[RateRow]:
    """Yield the rows that take effect later and that the old deck does not have."""
    for place, rows in new.items():
        if rows[-1].effective_from > at:
            old_rows = old.get(place, ())
            yield from (row for row in rows if row.effective_from > at and row not in old_rows)


def _terms(row: RateRow) -> tuple[object, ...]:
    return (row.effective_from, *_price_terms(row))


def _price_terms(row: RateRow) -> tuple[object, ...]:
    return (
        row.rate_micros_per_minute,
        row.connection_fee_micros,
        row.minimum_seconds,
        row.increment_seconds,
        row.category,
        row.rate_steps,
    )
