"""Which row of a price list or of the deck below it prices a number: the longest prefix, and at the same prefix the
list before the deck; then origin; then date.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from calling_credit.rates.deck import ANY_ORIGIN, RateRow
from calling_credit.rates.deck_pair import RowsByPrefix
from calling_credit.rates.deck_states import DeckStates, Segment


class LayeredStates(DeckStates):
    """The states that layers of rows give to numbers; at the same prefix, the first layer goes first."""

    def __init__(self, *layers: RowsByPrefix) -> None:
        super().__init__({prefix: [] for prefix in chain.from_iterable(layers)})
        self._layers = layers

    def settled(self, prefix: str, at: str) -> RateRow | None:
        """Return the row that alone prices the numbers of a prefix from an instant on; None if that is not so."""
        rows = next(iter(self._rows_above(prefix)), None)
        return rows[0] if rows is not None and is_settled(rows, at) else None

    def _rows_above(self, prefix: str) -> Iterable[list[RateRow]]:
        for length in self._lengths:
            if length <= len(prefix):
                for layer in self._layers:
                    rows = layer.get(prefix[:length])
                    if rows is not None:
                        yield rows

    def _judged(self, later: list[Segment], prefix: str) -> list[Segment]:  # noqa: ARG002 - all count alike
        """Return every later segment, because each may be the only one that a row prices."""
        return sorted(later, key=lambda segment: segment.start)


def is_settled(rows: Sequence[RateRow], at: str) -> bool:
    """Return whether one row alone prices all calls to its prefix from an instant on."""
    return len(rows) == 1 and rows[0].origin == ANY_ORIGIN and rows[0].effective_from <= at


def rows_by_prefix(rows: Iterable[RateRow]) -> dict[str, list[RateRow]]:
    """Return rows by prefix."""
    by_prefix: dict[str, list[RateRow]] = {}
    for row in rows:
        by_prefix.setdefault(row.prefix, []).append(row)
    return by_prefix


class PrefixIndex:
    """The rows of a large deck by prefix, of which those that concern some numbers are found quickly."""

    def __init__(self, rows: RowsByPrefix) -> None:
        self.rows = rows
        self._sorted = sorted(rows)

    def around(self, prefixes: Iterable[str]) -> dict[str, list[RateRow]]:
        """Return the rows of these prefixes, of every shorter, and of every longer one."""
        found: dict[str, list[RateRow]] = {}
        for prefix in prefixes:
            begin = bisect_left(self._sorted, prefix)
            end = bisect_left(self._sorted, f"{prefix}~", begin)
            shorter = (prefix[:length] for length in range(1, len(prefix)))
            for one in (*shorter, *self._sorted[begin:end]):
                if one in self.rows:
                    found[one] = self.rows[one]
        return found


class Nearest:
    """Finds the longest prefix of a table that a number begins with."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self._table = table
        self._lengths = sorted(set(map(len, table)), reverse=True)

    def of(self, prefix: str) -> str | None:
        """Return the longest listed prefix of a prefix, itself included; None if there is none."""
        for length in self._lengths:
            if length <= len(prefix) and prefix[:length] in self._table:
                return prefix[:length]
        return None


def steps(one: list[Segment], other: list[Segment]) -> Iterator[tuple[str, RateRow | None, RateRow | None]]:
    """Yield each instant at which a row of either timeline takes effect, with the rows of both in effect then."""
    for start in sorted({segment.start for segment in chain(one, other)}):
        yield start, _row_at(one, start), _row_at(other, start)


def _row_at(segments: list[Segment], at: str) -> RateRow | None:
    return next((segment.row for segment in reversed(segments) if segment.start <= at), None)
