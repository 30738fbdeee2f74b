"""Prices charged calls again and posts what differs: of each call both sides, or neither, with days and balance in one
transaction.

The law: the key of a correction holds how often its call was priced again before, so whoever corrects a call that was
corrected meanwhile writes nothing and looks again. What is right already is left alone. So a run that died, that was
begun twice, or that meets another run, ends where one run ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from calling_credit.charging.rerating import Correction, Round, corrections
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.transactions import transact
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import Period, widened_utc_window
from calling_credit.ledger.charge_reader import calls_between
from calling_credit.ledger.entries import Entry, day_changes
from calling_credit.ledger.posting import posting_actions
from calling_credit.ledger.posting_parts import fitting
from calling_credit.rates.deck import Deck

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOOKS: Final = 4
"""How often calls that were corrected by another meanwhile are looked at again."""


@dataclass(frozen=True, slots=True)
class Range:
    """Which calls to price again: of one account, with sort keys between two, of local dates both inclusive."""

    account_id: str
    low: str
    high: str
    first: str
    last: str


def range_of(account_id: str, period: Period) -> Range:
    """The range of an account's local dates."""
    low, high = keys.entry_range(*widened_utc_window(period.first, period.last))
    return Range(account_id, low, high, period.first.isoformat(), period.last.isoformat())


class RerateStore:
    """Prices calls again by one deck, as one run."""

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

    def look(self, where: Range, after: str | None, most: int) -> Round:
        """What would change of the next `most` calls after a position; writes nothing."""
        found = Round()
        low = after or where.low
        calls = calls_between(self._client, self._table_name, where.account_id, low, where.high)
        for call in islice(calls, most):
            found.position = keys.after_call(*call.call)
            if not where.first <= call.last["local_date"] <= where.last:
                continue
            found.looked_at += 1
            priced = call.priced_by(self._deck, self._now)
            if priced is None:
                found.left_alone += 1
                continue
            entries = corrections(call, priced, self._run, self._now)
            if entries:
                found.corrections.append(Correction(call, entries))
        if next(calls, None) is None:
            found.position = None
        return found

    def apply(self, where: Range, after: str | None, most: int) -> Round:
        """The same, posted.

        Raises:
            Unavailable: the table did not take it in time, or others corrected the same calls without end; what is
                posted stands, and the same again does the rest.
        """
        first = found = self.look(where, after, most)
        for _ in range(LOOKS):
            contended = self._post(found.corrections)
            if not contended:
                return first
            found = self.look(where, after, most)
            first.position = found.position  # A call that came meanwhile may have moved the end of the stretch.
        raise Unavailable(
            ProblemCode.UNAVAILABLE, "Others price the same calls again at this moment; the same command does the rest."
        )

    def _post(self, found: Sequence[Correction]) -> bool:
        """Whether some of these calls were corrected by another meanwhile."""
        contended = False
        for part in fitting(found, lambda part: len(_entries(part)) + len(day_changes(_entries(part))) + 1):
            actions = posting_actions(self._table_name, _entries(part))
            contended |= bool(transact(self._client, actions, self._seconds_left))
        return contended


def _entries(part: Sequence[Correction]) -> list[Entry]:
    return [entry for correction in part for entry in correction.entries]
