"""Charges that were taken back, as the replay of lots must know them. Does not read the table.

A charge that was posted before a lot was granted, and is taken back after it, returns credit that the lot never paid.
The running sum alone cannot tell: it falls below its value at the grant, so later calls would seem not to use the lot.
A return therefore names the steps of lots before which its charges were posted. The replay lowers the running sum of
these steps, as if the charges had never been. So such a return neither fills a lot again nor hides later charges.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.dynamodb import lot_keys
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.instants import format_instant

CLOCKS: Final = timedelta(seconds=1)
"""By how much the clocks of two writers may differ. A charge that is not surely older than a step counts as later."""


@dataclass(frozen=True, slots=True)
class Returned:
    """Charges in micro-dollars that were posted before the step of a lot at a time, and after the step before it."""

    step_at: str
    amount_micros: int


@dataclass(frozen=True, slots=True)
class LotReturn:
    """What was taken back at one time, in one transaction, of charges that are older than a step of a lot."""

    at: str
    returned: tuple[Returned, ...]


def older_than_steps(steps: Iterable[str], charges: Iterable[tuple[str, int]]) -> tuple[Returned, ...]:
    """The charges (when each was posted, and how much of it returns) that are older than a step, by the first one."""
    times, sums = sorted(steps), Counter[str]()
    for charged_at, amount_micros in charges:
        surely = format_instant(datetime.fromisoformat(charged_at) + CLOCKS)
        step_at = next((at for at in times if at >= surely), None)
        if step_at is not None:
            sums[step_at] += amount_micros
    return tuple(Returned(at, sums[at]) for at in sorted(sums))


def returned_later(returns: Iterable[LotReturn], step_at: str) -> int:
    """What was taken back after a step of charges that were posted before it."""
    return sum(
        part.amount_micros for one in returns if one.at > step_at for part in one.returned if part.step_at <= step_at
    )


@decoder
def lot_return_from_item(item: Mapping[str, Any]) -> LotReturn:
    """The return of an item in plain values."""
    parts = tuple(Returned(one["step_at"], one["amount_micros"]) for one in item["returned_charges"])
    at = lot_keys.granted_at_of(item["SK"])
    for instant in (at, *(part.step_at for part in parts)):
        datetime.fromisoformat(instant)
    return LotReturn(at, parts)
