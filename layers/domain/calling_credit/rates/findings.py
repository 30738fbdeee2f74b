"""What the guard finds in a deck: findings that an operator must approve, and changed states of sample numbers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from calling_credit.rates.deck import RateRow
from calling_credit.rates.deck_codes import GuardCode
from calling_credit.rates.deck_states import StateKind

MAX_SHOWN: Final = 20
"""The number of samples that a finding names."""
HOME: Final = "home"
"""The place of ordinary home numbers in the counts of changed states; others are places by their country."""


class Sample(NamedTuple):
    """A prefix, the origin of its callers, the row that causes a finding, if any, and from when it does. `price_list`
    names the list that has the row; it is empty for the deck that was checked.
    """

    prefix: str
    origin: str
    row: RateRow | None
    start: str
    price_list: str = ""


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


def with_samples(judgement: Judgement, added: Mapping[GuardCode, Mapping[str, Sample]]) -> Judgement:
    """Return a judgement with more samples, by code and by a key that tells them apart.

    A code that the judgement has already counts both, so no key may be one of its own samples.
    """
    if not any(added.values()):
        return judgement
    findings = {finding.code: finding for finding in judgement.findings}
    digest = hashlib.sha256(judgement.digest.encode())
    for code, samples in added.items():
        if not samples:
            continue
        before = findings.get(code, Finding(code, 0, ()))
        shown = (*before.samples, *(samples[key] for key in sorted(samples)))[:MAX_SHOWN]
        findings[code] = Finding(code, before.count + len(samples), shown)
        for key, sample in sorted(samples.items()):
            digest.update(
                repr((str(code), key, sample.prefix, sample.row and sample.row.rate_micros_per_minute)).encode()
            )
    ordered = tuple(findings[code] for code in GuardCode if code in findings)
    return Judgement(ordered, judgement.changes, digest.hexdigest())
