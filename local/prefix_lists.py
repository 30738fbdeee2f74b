"""Finds the fewest prefixes that classify numbers by longest match. Does not depend on prices,
categories, or files.

Unassigned numbers do not count: a prefix may cover them with any label, as the lists of phone companies do. Numbers
that the allowed depth cannot separate get the label of their majority.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from local.numbering_plans import Label, NumberingPlan, State


class Depths(NamedTuple):
    """How many digits of the national number to read: always, usually, and where a mistake would be expensive."""

    always: int
    usual: int
    careful: int


class Branch(NamedTuple):
    """A prefix of the plan: its numbers by label, the labels that need the fewest further prefixes, and
    its branches.
    """

    totals: dict[Label, int]
    best: frozenset[Label]
    below: tuple["Branch", ...]


def grow(plan: NumberingPlan, classify: Callable[[Label], Label], depths: Depths) -> Branch:
    """Return the tree of the plan's prefixes, as deep as its labels differ.

    Labels that differ in region, or of which only some are premium, are followed to the careful depth.
    """

    @cache
    def branch(state: State, length: int) -> Branch:
        totals: Counter[Label] = Counter()
        for label, numbers in plan.count(state, length).items():
            totals[classify(label)] += numbers
        if not totals or (len(totals) == 1 and length >= depths.always):
            return Branch(dict(totals), frozenset(totals), ())
        delicate = len({label.region for label in totals}) > 1 or any(label.kind == "premium_rate" for label in totals)
        if length >= (depths.careful if delicate else depths.usual):
            return Branch(dict(totals), frozenset({most_numbers(totals)}), ())
        below = tuple(branch(child, length + 1) for child in plan.children(state))
        votes = Counter(label for child in below for label in child.best)
        most = max(votes.values())
        return Branch(dict(totals), frozenset(label for label in votes if votes[label] == most), below)

    return branch(plan.start, 0)


def most_numbers(totals: dict[Label, int]) -> Label:
    """Return the most frequent label; of equals, the last by name."""
    return max(totals, key=lambda label: (totals[label], label))


def prefixes(branch: Branch, prefix: str, inherited: Label) -> Iterator[tuple[str, Label]]:
    """Yield the prefixes to list, each with its label; `inherited` is the label of the shorter prefix."""
    if not branch.best:
        return
    label = inherited if inherited in branch.best else min(branch.best)
    if label != inherited:
        yield prefix, label
    yield from prefixes_below(branch, prefix, label)


def prefixes_below(branch: Branch, prefix: str, inherited: Label) -> Iterator[tuple[str, Label]]:
    """Yield the same for the branches below a prefix that is already listed."""
    for digit, child in enumerate(branch.below):
        yield from prefixes(child, f"{prefix}{digit}", inherited)
