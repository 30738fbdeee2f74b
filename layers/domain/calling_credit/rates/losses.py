"""Rows of a deck or price list that sell below the buying list: a call of 60 seconds costs the operator more than the
customer. Reads nothing but the rows.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from calling_credit.rates.deck import INCLUDED_CATEGORY, RateRow
from calling_credit.rates.deck_pair import RowsByPrefix
from calling_credit.rates.deck_states import covered_prefixes
from calling_credit.rates.findings import Sample
from calling_credit.rates.home_numbers import HomeNumbers
from calling_credit.rates.layered_states import LayeredStates, Nearest, PrefixIndex, steps
from calling_credit.rates.list_guard import home_rows
from calling_credit.rates.pricing import unrounded_price

SECONDS_COMPARED: Final = 60
Layers = tuple[RowsByPrefix, ...]


def sold_at_a_loss(name: str, sold: Layers, cost: RowsByPrefix, home: HomeNumbers, at: str) -> dict[str, Sample]:
    """Return the rows of the first of the `sold` layers that some call costs more than it brings, by row.

    Args:
        name: The price list; empty for the deck.
        sold: The rows of the deck, or those of a list and of the deck below it.
        cost: The rows of the buying list. A number without one is not judged.
        home: Included calls to these numbers are part of the subscription.
        at: The instant from which on rows are compared, now and whenever one takes effect.
    """
    comparison = _Comparison(name, sold, cost, home, at)
    return comparison.compare()


def newly_at_a_loss(
    name: str,
    rows: RowsByPrefix,
    opened: Iterable[str],
    decks: tuple[PrefixIndex, PrefixIndex],
    cost: PrefixIndex,
    home: HomeNumbers,
    at: str,
) -> dict[str, Sample]:
    """Return the rows of a list that sell at a loss below a new deck and did not below the active one: the new deck no
    longer prices some numbers by a longer prefix, so the list does.

    Args:
        opened: The prefixes at which the new deck prices fewer calls (`opened_prefixes`).
        decks: The active deck and the new one.
    """
    nearest = Nearest(rows)
    if not any(nearest.of(prefix[:-1]) is not None for prefix in opened):
        return {}
    costs = cost.around(rows)
    before, after = (sold_at_a_loss(name, (rows, deck.around(rows)), costs, home, at) for deck in decks)
    return {key: sample for key, sample in after.items() if key not in before}


def opened_prefixes(old: RowsByPrefix, new: RowsByPrefix, at: str) -> Iterator[str]:
    """Yield the prefixes at which the new deck prices fewer calls than the active one: of fewer origins, or later."""
    for prefix, rows in old.items():
        starts = _starts(new.get(prefix, ()), at)
        if any(starts.get(origin, "~") > start for origin, start in _starts(rows, at).items()):
            yield prefix


def _starts(rows: Iterable[RateRow], at: str) -> dict[str, str]:
    """Return from when on rows of a prefix price calls, by origin; not before an instant."""
    starts: dict[str, str] = {}
    for row in rows:
        starts[row.origin] = min(starts.get(row.origin, "~"), max(at, row.effective_from))
    return starts


class _Comparison:
    """Compares what a layer sells with what it costs, number by number."""

    def __init__(self, name: str, sold: Layers, cost: RowsByPrefix, home: HomeNumbers, at: str) -> None:
        self._name = name
        self._own = sold[0]
        self._sold = LayeredStates(*sold)
        self._cost = LayeredStates(cost)
        self._all = (*sold, cost)
        self._at = at
        rows = [row for of_prefix in self._own.values() for row in of_prefix]
        included = home_rows((row for row in rows if row.category == INCLUDED_CATEGORY), home)
        self._judged = {id(row) for row in rows} - {id(row) for row in included}
        self._found: dict[str, Sample] = {}

    def compare(self) -> dict[str, Sample]:
        """Return the rows with a loss."""
        nearest = Nearest(self._own)
        below = [prefix for prefix in chain.from_iterable(self._all) if nearest.of(prefix) is not None]
        covered = covered_prefixes(below)
        for prefix in dict.fromkeys(below):
            if prefix not in covered:
                self._look_at(prefix)
        return self._found

    def _look_at(self, prefix: str) -> None:
        sold, cost = self._sold.settled(prefix, self._at), self._cost.settled(prefix, self._at)
        if sold is not None and cost is not None:
            self._judge(prefix, sold, cost, self._at)
            return
        origins = self._sold.origins(prefix, self._at) | self._cost.origins(prefix, self._at)
        for origin in sorted(origins):
            timelines = (states.timeline(prefix, origin, self._at) for states in (self._sold, self._cost))
            for start, sold_then, cost_then in steps(*timelines):
                if sold_then is not None and cost_then is not None:
                    self._judge(prefix, sold_then, cost_then, start)

    def _judge(self, prefix: str, sold: RateRow, cost: RateRow, start: str) -> None:
        if id(sold) in self._judged and unrounded_price(sold, SECONDS_COMPARED) < unrounded_price(
            cost, SECONDS_COMPARED
        ):
            key = f"{self._name} {sold.prefix} {sold.origin} {sold.effective_from}"
            self._found.setdefault(key, Sample(prefix, sold.origin, sold, start, self._name))
