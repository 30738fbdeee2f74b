"""What the guard finds in a deck: findings that an operator must approve, and changed states of sample numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from calling_credit.rates.deck import RateRow
from calling_credit.rates.deck_codes import GuardCode
from calling_credit.rates.deck_states import StateKind

HOME: Final = "home"
"""The place of ordinary home numbers in the counts of changed states; others are places by their country."""


class Sample(NamedTuple):
    """A prefix, the origin of its callers, the row that causes a finding, if any, and from when it does."""

    prefix: str
    origin: str
    row: RateRow | None
    start: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What must be approved: a code, how many samples or rows it concerns, and the first of them."""

    code: GuardCode
    count: int
    samples: tuple[Sample, ...]


class StateChange(NamedTuple):
    """How the samples of a place change."""

    place: str
    before: StateKind
    after: StateKind


@dataclass(frozen=True, slots=True)
class Judgement:
    """The findings, and how many samples of each place change their state; no changes for a first deck."""

    findings: tuple[Finding, ...] = ()
    changes: Mapping[StateChange, int] = field(default_factory=dict)
    digest: str = ""
    """The hash of every sample of every finding, not only of the first ones."""

    def counts(self) -> dict[GuardCode, int]:
        """Return the count of each finding."""
        return {finding.code: finding.count for finding in self.findings}
