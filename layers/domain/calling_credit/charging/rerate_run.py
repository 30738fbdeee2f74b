"""Rerates charged calls and posts the differences: both sides of a call, with days and balance, in one transaction.

The law: the key of a correction contains the number of the call's previous reratings, so a run that lost a race writes
nothing and reads again. Calls with the right price get no entries. An interrupted, repeated, or concurrent run
therefore ends with the same result as a single one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from calling_credit.charging.rerating import Correction, Round, correction_entries
from calling_credit.dynamodb import keys
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import Period, widened_utc_window
from calling_credit.ledger.charge_reader import calls_between
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.posting import posting_plan
from calling_credit.ledger.posting_parts import split_to_fit
from calling_credit.ledger.posting_plan import entry_items
from calling_credit.rates.deck import Deck

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS: Final = 4
"""Attempts of a round that loses races."""


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


class RerateStore:
    """Rerates calls by one deck, as one run."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        deck: Deck,
        run: str,
        now: datetime,
        seconds_left: Callable[[], float],
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._deck = deck
        self._run = run
        self._now = now
        self._seconds_left = seconds_left

    def preview(self, where: Range, after: str | None, limit: int) -> Round:
        """Preview the next `limit` calls after a position. Write nothing."""
        result = Round()
        low = after or where.low
        calls = calls_between(self._client, self._table_name, where.account_id, low, where.high)
        for call in islice(calls, limit):
            result.position = keys.after_call(*call.call)
            if not where.first <= call.last["local_date"] <= where.last:
                continue
            result.looked_at += 1
            priced = call.priced_by(self._deck, self._now)
            if priced is None:
                result.left_alone += 1
                continue
            entries = correction_entries(call, priced, self._run, self._now)
            if entries:
                result.corrections.append(Correction(call, entries))
        if next(calls, None) is None:
            result.position = None
        return result

    def apply(self, where: Range, after: str | None, limit: int) -> Round:
        """Rerate the next `limit` calls after a position, and post the corrections.

        Raises:
            Unavailable: the table did not answer in time, or every attempt lost a race; the same call continues.
        """
        first = latest = self.preview(where, after, limit)
        for _ in range(MAX_ATTEMPTS):
            contended = self._post(latest.corrections)
            if not contended:
                return first
            latest = self.preview(where, after, limit)
            first.position = latest.position  # A new call may have moved the end of the range.
        raise Unavailable(
            ProblemCode.UNAVAILABLE, "Another run rerates the same calls at the moment. Run the same command again."
        )

    def _post(self, corrections: Sequence[Correction]) -> bool:
        """Post corrections. Return whether another run has corrected some of the calls."""
        contended = False
        for part in split_to_fit(corrections, _actions):
            plan = posting_plan(self._table_name, _entries(part))
            contended |= bool(plan.write(self._client, self._seconds_left))
        return contended


def _entries(part: Sequence[Correction]) -> list[Entry]:
    return [entry for correction in part for entry in correction.entries]


def _actions(part: Sequence[Correction]) -> int:
    """The number of actions: entries, days, and the balance."""
    return len(set().union(*map(entry_items, _entries(part))))
