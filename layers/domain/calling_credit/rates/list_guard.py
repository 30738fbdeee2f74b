"""Judges a price list beside the deck: rows that price home, that the deck outdoes, and that can never apply.

Each prefix of the list, and each longer prefix of the deck, is a sample, now and whenever a row takes effect. Reads
nothing but the rows of both.
"""

from collections.abc import Iterable
from itertools import chain

from calling_credit.ordinary_numbers_data import NEWER_AREA_CODES
from calling_credit.rates.deck import ANY_ORIGIN, RateRow
from calling_credit.rates.deck_codes import GuardCode
from calling_credit.rates.deck_pair import RowsByPrefix
from calling_credit.rates.deck_states import DeckStates, covered_prefixes
from calling_credit.rates.findings import Sample
from calling_credit.rates.home_numbers import HomeNumbers
from calling_credit.rates.layered_states import LayeredStates, Nearest, PrefixIndex, is_settled, steps
from calling_credit.rates.state_codes import is_jump

Samples = dict[str, Sample]
"""Samples by a key that tells them apart."""


def home_rows(rows: Iterable[RateRow], home: HomeNumbers) -> list[RateRow]:
    """Return the rows whose prefix has ordinary home numbers, or is part of a newer area code of home."""
    newer = (code for code, country in NEWER_AREA_CODES.items() if country in home.countries)
    above = {code[:length] for code in chain(home.prefixes, newer) for length in range(1, len(code) + 1)}
    return [row for row in rows if row.prefix in above or _is_home(row.prefix, home)]


def _is_home(prefix: str, home: HomeNumbers) -> bool:
    return home.is_home(prefix) or any(home.may_be_home(prefix, country) for country in home.countries)


class ListGuard:
    """Compares the rows of one price list with those of the deck, from an instant on."""

    def __init__(self, name: str, rows: RowsByPrefix, deck: RowsByPrefix, at: str) -> None:
        self._name = name
        self._rows = rows
        self._deck = deck
        self._at = at
        self._nearest = Nearest(rows)
        self._alone = LayeredStates(rows)
        self._both = LayeredStates(rows, deck)
        self._own = {id(row) for of_prefix in rows.values() for row in of_prefix}
        self._used: set[int] = set()
        self._outdone: dict[int, Sample] = {}

    def judge(self) -> dict[GuardCode, Samples]:
        """Return the rows that the deck outdoes, in part or whole, and the rows that can never apply."""
        below = [prefix for prefix in chain(self._rows, self._deck) if self._nearest.of(prefix) is not None]
        covered = covered_prefixes(below)
        for prefix in dict.fromkeys(below):
            if prefix not in covered:
                self._look_at(prefix)
        rows = [row for of_prefix in self._rows.values() for row in of_prefix]
        unused = (row for row in rows if id(row) not in self._used)
        return {
            GuardCode.LIST_OVERRIDDEN: {_key(row): self._outdone[id(row)] for row in rows if id(row) in self._outdone},
            GuardCode.LIST_ROW_UNUSED: {_key(row): self._sample(row.prefix, row, self._at) for row in unused},
        }

    def outdone_at(self, prefixes: Iterable[str]) -> dict[tuple[str, str], Sample]:
        """Return the rows that the deck outdoes at some of its prefixes, by row and prefix."""
        below = [prefix for prefix in prefixes if self._nearest.of(prefix[:-1]) is not None]
        if not below:
            return {}
        covered = covered_prefixes(
            prefix for prefix in chain(self._rows, self._deck) if self._nearest.of(prefix) is not None
        )
        found: dict[tuple[str, str], Sample] = {}
        for prefix in below:
            if prefix in self._deck and prefix not in covered:
                self._outdone = {}
                self._look_at(prefix)
                found |= {(_key(sample.row), prefix): sample for sample in self._outdone.values() if sample.row}
        return found

    def _look_at(self, prefix: str) -> None:
        """Note which rows price the numbers of a prefix that no longer prefix covers."""
        nearest = self._nearest.of(prefix)
        rows, of_deck = self._rows[nearest or prefix], self._deck.get(prefix, [])
        if is_settled(rows, self._at) and (nearest == prefix or is_settled(of_deck, self._at)):
            self._note(prefix, rows[0], rows[0] if nearest == prefix else of_deck[0], self._at)
            return
        for origin in sorted(self._both.origins(prefix, self._at) | self._alone.origins(prefix, self._at)):
            alone = self._alone.timeline(prefix, origin, self._at)
            for start, own, winner in steps(alone, self._both.timeline(prefix, origin, self._at)):
                self._note(prefix, own, winner, start)

    def _note(self, prefix: str, own: RateRow | None, winner: RateRow | None, start: str) -> None:
        if winner is not None and id(winner) in self._own:
            self._used.add(id(winner))
        elif winner is not None and own is not None and len(winner.prefix) > len(own.prefix):
            self._outdone.setdefault(id(own), self._sample(prefix, own, start))

    def _sample(self, prefix: str, row: RateRow, start: str) -> Sample:
        return Sample(prefix, row.origin, row, start, self._name)


def jumps_from_deck(name: str, rows: RowsByPrefix, former: RowsByPrefix, deck: RowsByPrefix, at: str) -> Samples:
    """Return the prefixes that a list prices first, at ten times the deck's price or a tenth of it."""
    before, of_deck, after = DeckStates(former), DeckStates(deck), LayeredStates(rows)
    found: Samples = {}
    for prefix in rows:
        if any(segment.row is not None for segment in before.timeline(prefix, ANY_ORIGIN, at)):
            continue  # Compared with its own former price.
        for origin in sorted(after.origins(prefix, at) | of_deck.origins(prefix, at)):
            timelines = of_deck.timeline(prefix, origin, at), after.timeline(prefix, origin, at)
            for start, old, new in steps(*timelines):
                if old is None or new is None or prefix in found:
                    continue
                if is_jump(of_deck.state(old, prefix), after.state(new, prefix)):
                    found[prefix] = Sample(prefix, origin, new, start, name)
    return found


def newly_outdone(
    name: str, rows: RowsByPrefix, old: PrefixIndex, new: PrefixIndex, changed: Iterable[str], at: str
) -> Samples:
    """Return the rows of a list that a new deck outdoes and the active one (`old`) did not, by the deck's `changed`
    prefixes.
    """
    nearest = Nearest(rows)
    below = [prefix for prefix in changed if nearest.of(prefix[:-1]) is not None]
    if not below:
        return {}
    after = ListGuard(name, rows, new.around(below), at).outdone_at(below)
    before = ListGuard(name, rows, old.around(below), at).outdone_at({prefix for _, prefix in after})
    return {f"{name} {key}": sample for (key, prefix), sample in sorted(after.items()) if (key, prefix) not in before}


def _key(row: RateRow) -> str:
    return f"{row.prefix} {row.origin} {row.effective_from}"
