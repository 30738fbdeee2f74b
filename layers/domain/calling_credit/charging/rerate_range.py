"""The range of calls that a run rerates."""

from dataclasses import dataclass

from calling_credit.dynamodb import keys
from calling_credit.instants import Period, widened_utc_window


@dataclass(frozen=True, slots=True)
class Range:
    """The calls to rerate: one account's, between two sort keys and two local dates, both inclusive."""

    account_id: str
    low: str
    high: str
    first: str
    last: str


def range_of(account_id: str, period: Period) -> Range:
    """The range of an account's calls in a period."""
    low, high = keys.entry_range(*widened_utc_window(period.first, period.last))
    return Range(account_id, low, high, period.first.isoformat(), period.last.isoformat())
