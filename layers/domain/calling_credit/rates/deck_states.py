"""What a deck does to the numbers of a prefix over time: not rated, included, free, or charged.

A row stays in effect until a later row of its prefix and origin, or a longer prefix, replaces it. So the state of a
sample number changes only when one of its rows takes effect.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from calling_credit.rates.deck import ANY_ORIGIN, INCLUDED_CATEGORY, RateRow
from calling_credit.rates.deck_pair import RowsByPrefix
from calling_credit.rates.pricing import row_price, unrounded_price
from calling_credit.rates.rate_steps import Steps

SECONDS_JUDGED: Final = (60, 90, 300, 600, 3600, 36_000)
"""The calls whose price is compared: a minute, two that show the effect of long increments, and three that show rate
steps, and a rate and a fee that changed places.
"""
MAX_LATER: Final = 12
"""A number with more announced prices than these is judged by the first ones, and by the lowest and highest price."""


class StateKind(StrEnum):
    """What happens to a call."""

    UNRATED = "unrated"
    INCLUDED = "included"
    FREE = "free"
    CHARGED = "charged"


COSTS_NOTHING: Final = frozenset({StateKind.INCLUDED, StateKind.FREE})


class NumberState(NamedTuple):
    """The kind, and the prices of free and charged calls of `SECONDS_JUDGED`, in sixtieths of a micro-dollar.

    A number is free if its first minute is, even if a rate step costs something.
    """

    kind: StateKind
    prices: tuple[int, ...] = ()


class Segment(NamedTuple):
    """From an instant on, a row prices the number; None if no row does."""

    start: str
    row: RateRow | None


UNRATED: Final = NumberState(StateKind.UNRATED)
INCLUDED: Final = NumberState(StateKind.INCLUDED)
Terms = tuple[int, int, int, int, Steps]


class DeckStates:
    """The states that one deck gives to numbers. `added` names the area codes that are included below the deck."""

    def __init__(self, rows_by_prefix: RowsByPrefix, added: Mapping[str, str] | None = None) -> None:
        self.rows_by_prefix = rows_by_prefix
        self._lengths = sorted({len(prefix) for prefix in self.rows_by_prefix}, reverse=True)
        self._added = added or {}
        self._by_origin: dict[int, dict[str, list[RateRow]]] = {}
        self._timelines: dict[tuple[str, str, str], list[Segment]] = {}
        self._states: dict[Terms, NumberState] = {}

    def state(self, row: RateRow | None, prefix: str) -> NumberState:
        """Return the state of the numbers of a prefix that a row prices."""
        if row is None:
            return INCLUDED if prefix[:4] in self._added else UNRATED
        if row.category == INCLUDED_CATEGORY:
            return INCLUDED
        seconds = (row.minimum_seconds, row.increment_seconds)
        terms = (row.rate_micros_per_minute, row.connection_fee_micros, *seconds, row.rate_steps)
        state = self._states.get(terms)
        if state is None:
            state = self._states[terms] = _priced_state(row)
        return state

    def origins(self, prefix: str, at: str) -> set[str]:
        """Return the origins that a row for the numbers of a prefix names, and `*`."""
        origins = {ANY_ORIGIN}
        for rows in self._rows_above(prefix):
            by_origin = self._of_origins(rows)
            origins.update(by_origin)
            if any(row.effective_from <= at for row in by_origin.get(ANY_ORIGIN, ())[:1]):
                break  # Shorter prefixes no longer price a call.
        return origins

    def timeline(self, prefix: str, origin: str, at: str) -> list[Segment]:
        """Return which row prices the numbers of a prefix that no longer prefix covers, from an instant on.

        It is that of the longest listed prefix, so it is made once for all numbers below that prefix.
        """
        rows = next(iter(self._rows_above(prefix)), None)
        if rows is None:
            return [Segment(at, None)]
        key = (rows[0].prefix, origin, at)
        if key not in self._timelines:
            self._timelines[key] = self._make_timeline(rows[0].prefix, origin, at)
        return self._timelines[key]

    def _make_timeline(self, prefix: str, origin: str, at: str) -> list[Segment]:
        later: list[Segment] = []
        end = "~"  # After every instant.
        for rows in self._rows_above(prefix):
            by_origin = self._of_origins(rows)
            for key in (origin, ANY_ORIGIN) if origin != ANY_ORIGIN else (ANY_ORIGIN,):
                mine = by_origin.get(key, [])
                later += [Segment(row.effective_from, row) for row in mine if at < row.effective_from < end]
                now = next((row for row in reversed(mine) if row.effective_from <= at), None)
                if now is not None:
                    return [Segment(at, now), *self._judged(later, prefix)]
                if mine:
                    end = min(end, mine[0].effective_from)
        return [Segment(at, None), *self._judged(later, prefix)]

    def _judged(self, later: list[Segment], prefix: str) -> list[Segment]:
        """Return the later segments in order: all of them, or of very many the first ones and the extremes."""
        later.sort(key=_start)
        if len(later) <= MAX_LATER:
            return later
        states = [(self.state(segment.row, prefix), segment) for segment in later]
        chosen = {segment.start: segment for segment in later[:MAX_LATER]}
        for kind in StateKind:
            alike = [(state.prices, segment) for state, segment in states if state.kind == kind]
            for length in range(len(alike[0][0]) if alike else 0):
                extremes = (pick(alike, key=lambda one: one[0][length]) for pick in (min, max))
                chosen.update((segment.start, segment) for _, segment in extremes)
            if alike:
                chosen[alike[0][1].start] = alike[0][1]
        return sorted(chosen.values(), key=_start)

    def _of_origins(self, rows: list[RateRow]) -> dict[str, list[RateRow]]:
        """Return the rows of a prefix by origin, oldest first."""
        if len(rows) == 1:
            return {rows[0].origin: rows}
        by_origin = self._by_origin.get(id(rows))
        if by_origin is None:
            by_origin = self._by_origin[id(rows)] = {}
            for row in sorted(rows, key=_effective_from):
                by_origin.setdefault(row.origin, []).append(row)
        return by_origin

    def _rows_above(self, prefix: str) -> Iterable[list[RateRow]]:
        """Yield the rows of the prefix and of each shorter one."""
        for length in self._lengths:
            if length <= len(prefix):
                rows = self.rows_by_prefix.get(prefix[:length])
                if rows is not None:
                    yield rows


def covered_prefixes(prefixes: Iterable[str]) -> set[str]:
    """Return the prefixes without numbers of their own, because longer prefixes cover all of them."""
    listed = set(prefixes)
    children: dict[str, int] = {}
    covered: set[str] = set()
    for prefix in listed:
        above = prefix[:-1]
        children[above] = children.get(above, 0) + 1
    waiting = [prefix for prefix, count in children.items() if count + _impossible(prefix, listed) >= 10]
    while waiting:
        prefix = waiting.pop()
        covered.add(prefix)
        if prefix not in listed and prefix:
            above = prefix[:-1]
            children[above] = children.get(above, 0) + 1
            if children[above] + _impossible(above, listed) == 10:
                waiting.append(above)
    return covered


def _impossible(prefix: str, listed: set[str]) -> int:
    """Return how many digits, not listed below a prefix, cannot follow it: no exchange of +1 begins with 0 or 1."""
    if len(prefix) != 4 or prefix[0] != "1":
        return 0
    return sum(f"{prefix}{digit}" not in listed for digit in "01")


def _priced_state(row: RateRow) -> NumberState:
    _, first_minute = row_price(row, SECONDS_JUDGED[0])
    if first_minute == 0 and not row.rate_steps:
        return NumberState(StateKind.FREE, (0,) * len(SECONDS_JUDGED))
    kind = StateKind.CHARGED if first_minute else StateKind.FREE
    return NumberState(kind, tuple(unrounded_price(row, seconds) for seconds in SECONDS_JUDGED))


def _effective_from(row: RateRow) -> str:
    return row.effective_from


def _start(segment: Segment) -> str:
    return segment.start
