"""Judges a valid deck by its effect on calls, before it goes live: what its operator must approve, and whose numbers
change.

Every prefix of the new and of the active deck and every area code of home is a sample. Its state under both decks is
compared from the moment the deck would be in force, and whenever a row takes effect. Changed states are counted for the
prefixes of all countries too. Reads nothing but the two decks and the tables of numbers.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from calling_credit.categories import CALL_CATEGORIES
from calling_credit.numbering import country_of, country_prefixes
from calling_credit.rates.deck import ANY_ORIGIN, INCLUDED_CATEGORY, Deck, RateRow
from calling_credit.rates.deck_codes import GuardCode
from calling_credit.rates.deck_pair import DeckPair, pair_decks
from calling_credit.rates.deck_states import (
    DeckStates,
    Segment,
    StateKind,
    covered_prefixes,
)
from calling_credit.rates.findings import HOME, MAX_SHOWN, Finding, Judgement, Sample, StateChange
from calling_credit.rates.home_numbers import HomeNumbers
from calling_credit.rates.rate_steps import steps_text
from calling_credit.rates.state_codes import codes_of_change, is_jump

LOST_SHARE: Final = 10
"""More than one in so many prefixes of the active deck may not lose their price."""


def judge_deck(before: Deck | None, after: Deck, home: HomeNumbers, at: str) -> Judgement:
    """Judge a deck against the active one (None for the first deck of a stack) from an instant on."""
    return judge_pair(pair_decks(before, after, at), home, at)


def judge_pair(pair: DeckPair, home: HomeNumbers, at: str, categories: Iterable[str] = ()) -> Judgement:
    """Judge the new deck of a pair from an instant on. `categories` are known too."""
    judge = _Judge(pair, home, at, frozenset(categories))
    judge.compare()
    judge.check_rows()
    return judge.judgement()


class _Judge:
    """Collects the samples of each code while it compares two decks."""

    def __init__(self, pair: DeckPair, home: HomeNumbers, at: str, categories: frozenset[str]) -> None:
        self._pair = pair
        self._known = CALL_CATEGORIES | {INCLUDED_CATEGORY} | categories
        self._home = home
        self._at = at
        self._before = DeckStates(pair.old, home.added)
        self._after = DeckStates(pair.new, home.added)
        self._samples: dict[GuardCode, dict[str, Sample]] = {code: {} for code in GuardCode}
        self._changes: Counter[StateChange] = Counter()
        self._changed: set[str] = set()

    def compare(self) -> None:
        """Compare the states of every sample number that a changed row may concern."""
        pair, at = self._pair, self._at
        if not pair.changed:
            return
        covered = covered_prefixes(chain(pair.old, pair.new))
        for prefix in self._affected():
            if prefix in covered:
                continue
            rows, former = pair.new.get(prefix), pair.old.get(prefix)
            if rows is not None and len(rows) == 1 and _is_settled(rows[0], at):
                if former is not None and len(former) == 1 and _is_settled(former[0], at):
                    self._compare_rows(prefix, former[0], rows[0])
                    continue
                if pair.is_first:
                    self._judge(prefix, ANY_ORIGIN, None, [Segment(at, rows[0])])
                    continue
            self._compare_timelines(prefix)

    def _affected(self) -> Iterator[str]:
        """Yield each sample whose rows, or those of a shorter prefix, changed."""
        pair = self._pair
        yield from pair.changed
        changed = set(pair.changed)
        lengths = sorted(set(map(len, changed)))
        tables = (prefix for prefix in chain(self._home.prefixes, country_prefixes()) if prefix not in pair.new)
        for prefix in dict.fromkeys(chain(pair.unsettled, tables)):
            if (
                prefix not in changed and any(prefix[:length] in changed for length in lengths if length < len(prefix))
            ) or pair.is_first:
                yield prefix

    def _compare_rows(self, prefix: str, former: RateRow, row: RateRow) -> None:
        """Compare the usual case quickly: one row in effect in either deck."""
        old, new = self._before.state(former, prefix), self._after.state(row, prefix)
        if old.kind == new.kind == StateKind.CHARGED:
            if is_jump(old, new):
                self._add(GuardCode.PRICE_JUMP, Sample(prefix, ANY_ORIGIN, row, self._at))
        elif old != new:
            self._judge(prefix, ANY_ORIGIN, [Segment(self._at, former)], [Segment(self._at, row)])

    def _compare_timelines(self, prefix: str) -> None:
        at = self._at
        origins = self._after.origins(prefix, at) | self._before.origins(prefix, at)
        for origin in sorted(origins):
            former = None if self._pair.is_first else self._before.timeline(prefix, origin, at)
            self._judge(prefix, origin, former, self._after.timeline(prefix, origin, at))

    def _judge(self, prefix: str, origin: str, former: list[Segment] | None, segments: list[Segment]) -> None:
        """Judge a sample at each instant at which its state may change."""
        for start, old_row, row in _steps(former, segments):
            old = None if former is None else self._before.state(old_row, prefix)
            new = self._after.state(row, prefix)
            if old == new:
                continue
            is_home = self._is_home(prefix, old_row if old_row is not None else row)
            if old is not None and old.kind != new.kind and prefix not in self._changed:
                self._changed.add(prefix)
                place = HOME if is_home else country_of(prefix)
                self._changes[StateChange(place, old.kind, new.kind)] += 1
            if not self._is_sample(prefix):
                continue
            sample = Sample(prefix, origin, row or old_row, start)
            if is_home and new.kind != StateKind.INCLUDED and (old is None or old.kind == StateKind.INCLUDED):
                self._add(self._home_code(prefix, segments), sample)
            for code in codes_of_change(old, new, is_home=is_home):
                self._add(code, sample)

    def _is_sample(self, prefix: str) -> bool:
        """Return whether findings count a prefix: it is in a deck or in home."""
        return prefix in self._pair.new or prefix in self._pair.old or self._home.is_home(prefix)

    def _is_home(self, prefix: str, row: RateRow | None) -> bool:
        if self._home.is_home(prefix):
            return True
        return row is not None and row.category == INCLUDED_CATEGORY and self._home.may_be_home(prefix, row.country)

    def _home_code(self, prefix: str, segments: list[Segment]) -> GuardCode:
        """Return whether a home number is never included by the new deck, or only at another time."""
        kinds = {self._after.state(segment.row, prefix).kind for segment in segments}
        return GuardCode.HOME_NOT_IN_EFFECT if StateKind.INCLUDED in kinds else GuardCode.HOME_NOT_INCLUDED

    def check_rows(self) -> None:
        """Check what a row itself announces: its category, and a later price without a present one."""
        known = self._known | {row.category for rows in self._pair.old.values() for row in rows}
        for prefix in self._pair.changed:
            rows = self._pair.new.get(prefix, ())
            for row in rows:
                if row.category not in known:
                    self._add(GuardCode.UNKNOWN_CATEGORY, Sample(prefix, row.origin, row, row.effective_from))
            later = [row for row in rows if row.effective_from > self._at]
            if later:
                self._check_later_rows(prefix, later)

    def _check_later_rows(self, prefix: str, later: list[RateRow]) -> None:
        """Find rows under which a shorter prefix has another price today, and had none under the active deck."""
        announced = set(self._pair.old.get(prefix, ()))
        for origin in {row.origin for row in later}:
            former = self._before.timeline(prefix, origin, self._at)[0].row
            now = self._after.timeline(prefix, origin, self._at)[0].row
            for row in later:
                was_announced = row in announced and self._is_later_exception(former, row)
                if row.origin == origin and self._is_later_exception(now, row) and not was_announced:
                    sample = Sample(prefix, origin, row, row.effective_from)
                    self._add(GuardCode.FUTURE_WITHOUT_PRESENT, sample)

    def _is_later_exception(self, now: RateRow | None, later: RateRow) -> bool:
        """Return whether a shorter prefix has another price today than a later row announces."""
        if now is None or len(now.prefix) == len(later.prefix):
            return False
        return self._after.state(now, now.prefix) != self._after.state(later, later.prefix)

    def _add(self, code: GuardCode, sample: Sample) -> None:
        by_row = code in (GuardCode.UNKNOWN_CATEGORY, GuardCode.FUTURE_WITHOUT_PRESENT)
        key = f"{sample.prefix} {sample.origin} {sample.start}" if by_row else sample.prefix
        self._samples[code].setdefault(key, sample)

    def judgement(self) -> Judgement:
        """Return the findings, each with its first samples."""
        former = self._pair.old
        lost = {prefix: one for prefix, one in self._samples[GuardCode.PREFIXES_LOST].items() if prefix in former}
        self._samples[GuardCode.PREFIXES_LOST] = lost if len(lost) * LOST_SHARE > len(former) else {}
        findings = tuple(
            Finding(code, len(samples), tuple(samples[key] for key in sorted(samples)[:MAX_SHOWN]))
            for code, samples in self._samples.items()
            if samples
        )
        return Judgement(findings, dict(self._changes), self._digest())

    def _digest(self) -> str:
        """Return the hash of all samples. It does not depend on the time of the check."""
        digest = hashlib.sha256()
        for code, samples in self._samples.items():
            for _, (prefix, origin, row, start, _list) in sorted(samples.items()):
                since = start if start > self._at else ""
                digest.update(repr((str(code), prefix, origin, since, row and tuple(map(str, _cells(row))))).encode())
        return digest.hexdigest()


def _cells(row: RateRow) -> tuple[str | int, ...]:
    terms = (row.rate_micros_per_minute, row.connection_fee_micros, row.minimum_seconds, row.increment_seconds)
    return (row.prefix, row.origin, row.category, row.effective_from, *terms, steps_text(row.rate_steps))


def _is_settled(row: RateRow, at: str) -> bool:
    """Return whether a row alone prices all calls to its prefix from an instant on."""
    return row.origin == ANY_ORIGIN and row.effective_from <= at


def _steps(
    former: list[Segment] | None, segments: list[Segment]
) -> Iterator[tuple[str, RateRow | None, RateRow | None]]:
    """Yield each instant at which a row of either deck takes effect, with the rows in effect then."""
    old, new = iter(former or ()), iter(segments)
    next_old, next_new = next(old, None), next(new, None)
    old_row: RateRow | None = None
    row: RateRow | None = None
    while next_old is not None or next_new is not None:
        start = min(step.start for step in (next_old, next_new) if step is not None)
        while next_old is not None and next_old.start == start:
            old_row, next_old = next_old.row, next(old, None)
        while next_new is not None and next_new.start == start:
            row, next_new = next_new.row, next(new, None)
        yield start, old_row, row
