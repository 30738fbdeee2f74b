"""Prices charged calls again and posts what differs: of each call both sides, or neither, with days and balance in one
transaction.

The law: the key of a correction holds how often its call was priced again before, so whoever corrects a call that was
corrected meanwhile writes nothing and looks again. What is right already is left alone. So a run that died, that was
begun twice, or that meets another run, ends where one run ends.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from calling_credit import table
from calling_credit.decks import Deck
from calling_credit.errors import Unavailable
from calling_credit.instants import widened_utc_window
from calling_credit.ledger import Entry, day_changes
from calling_credit.rerating import Correction, Round, corrections
from calling_credit.store.client import (
    AWS_ERRORS,
    CONDITION_FAILED,
    cancellation_codes,
    is_passing,
    jittered_wait,
    translated,
)
from calling_credit.store.post_calls import posting_actions
from calling_credit.store.posting_parts import MAX_ACTIONS
from calling_credit.store.read_charges import calls_between
from calling_credit.usage import Period

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
    low, high = table.entry_range(*widened_utc_window(period.first, period.last))
    return Range(account_id, low, high, period.first.isoformat(), period.last.isoformat())


class Repricer:
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
            found.position = table.after_call(*call.call)
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
        raise Unavailable(
            "unavailable", "Others price the same calls again at this moment; the same command does the rest."
        )

    def _post(self, found: Sequence[Correction]) -> bool:
        """Whether some of these calls were corrected by another meanwhile."""
        contended = False
        for chunk in _chunks(found):
            contended |= self._post_chunk([entry for one in chunk for entry in one.entries])
        return contended

    def _post_chunk(self, entries: list[Entry]) -> bool:
        actions = posting_actions(self._table_name, entries)
        attempt = 0
        while True:
            try:
                self._client.transact_write_items(TransactItems=actions)
            except AWS_ERRORS as error:
                if CONDITION_FAILED in cancellation_codes(error):
                    return True
                if not is_passing(error) or self._seconds_left() <= 0:
                    raise translated(error) from error
                attempt += 1
                time.sleep(min(jittered_wait(attempt), max(0.0, self._seconds_left())))
            else:
                return False


def _chunks(found: Sequence[Correction]) -> Iterator[list[Correction]]:
    """Split one account's corrections so that each part, with its days and the balance, fits one transaction."""
    chunk: list[Correction] = []
    for one in found:
        entries = [entry for each in (*chunk, one) for entry in each.entries]
        if len(entries) + len(day_changes(entries)) + 1 > MAX_ACTIONS:
            yield chunk
            chunk = []
        chunk.append(one)
    if chunk:
        yield chunk
