"""Reads the entries of a long period newest first, in slices side by side, until a time has passed.

A Query of DynamoDB reads one megabyte and then stops, so the 70 megabytes of 100,000 calls would take 70 requests one
after another. Slices of about a thousand entries are read by eight threads, and merged in the order of time. All
entries of a call happened at the same instant, so they lie in one slice.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys, sum_keys
from calling_credit.dynamodb.pages import read_pages
from calling_credit.instants import Period, format_instant, widened_utc_window
from calling_credit.ledger.entry_filter import EntryFilter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SIDE_BY_SIDE: Final = 8
ENTRIES_PER_SLICE: Final = 1_000
"""About one page of a Query, so that little is read in vain when the time has passed or a page is full."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Slice:
    """The entries between two instants in the form of keys. `high` may be the entry at which a page ended."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Piece:
    """The matching entries of a slice as attribute values, newest first, and how many entries were evaluated. `after`
    is the sort key below which the rest is unread; None if the slice was read to its end, which is `low`.
    """

    items: list[dict[str, Any]]
    evaluated: int
    after: str | None
    low: str

    @property
    def read_to(self) -> str:
        """The sort key down to which everything was read."""
        return self.low if self.after is None else self.after


def slices_of(period: Period, counts: Mapping[str, int], after: str | None) -> list[Slice]:
    """Slice the entries of a period that lie below a sort key (None: all), newest first.

    `counts` are the numbers of entries by local date. They only decide where to cut: the slices cover every instant
    that the period has in any time zone.
    """
    low, high = keys.entry_range(*widened_utc_window(period.first, period.last))
    high = high if after is None else min(high, after)
    slices: list[Slice] = []
    entries = 0
    for cut, count in _cuts(period, counts):
        key, _ = keys.entry_range(format_instant(cut), "")
        if key >= high:
            continue
        entries += count
        if entries >= ENTRIES_PER_SLICE and low < key:
            slices.append(Slice(key, high))
            high, entries = key, 0
    return [*slices, Slice(low, high)] if low < high else slices


def _cuts(period: Period, counts: Mapping[str, int]) -> Iterator[tuple[datetime, int]]:
    """Instants at which the period may be cut, latest first, with about how many entries lie after each and before the
    previous one: the beginnings of days with entries in UTC, and even parts of busy days.
    """
    for day in sorted((day for day in counts if period.holds(day)), reverse=True):
        begin = datetime.combine(datetime.fromisoformat(day), time(), UTC)
        parts = max(1, -(-counts[day] // ENTRIES_PER_SLICE))
        for part in reversed(range(parts)):
            yield begin + part * _DAY / parts, -(-counts[day] // parts)


class SliceReader:
    """Reads the slices of one account's entries that match a filter. `projection` names the attributes to return."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        pk: str,
        matching: EntryFilter,
        *,
        consistent: bool = False,
        projection: str | None = None,
    ) -> None:
        self._client = client
        self._table_name = table_name
        query = matching.parameters()
        query["ExpressionAttributeValues"] |= {":pk": {"S": pk}}
        query |= {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
            "ScanIndexForward": False,
            "ConsistentRead": consistent,
        }
        if projection is not None:
            names = projection.split(", ")
            query["ProjectionExpression"] = ", ".join(f"#{name}" for name in names)
            query["ExpressionAttributeNames"] |= {f"#{name}": name for name in names}
        self._query = query

    def look(self, where: Slice, limit: int) -> Piece:
        """Read with one request, which evaluates `limit` entries."""
        page = next(read_pages(self._client, self._table_name, self._bounded(where) | {"Limit": limit}))
        last = page.get("LastEvaluatedKey")
        return Piece(page["Items"], page["ScannedCount"], last and str(last["SK"]["S"]), where.low)

    def pieces(self, slices: Sequence[Slice], seconds_left: Callable[[], float], enough: int) -> Iterator[Piece]:
        """Yield the slices in order. Stop after a piece that is not read to its end, because the time has passed or
        `enough` entries of it match. Each call reads at least one page.
        """
        stop, rest = Event(), iter(slices)
        waiting: deque[Future[Piece]] = deque()
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:

            def start(number: int) -> None:
                for where in islice(rest, number):
                    waiting.append(pool.submit(self._read, where, stop, seconds_left, enough))

            try:
                start(SIDE_BY_SIDE)
                while waiting:
                    piece = waiting.popleft().result()
                    if piece.after is None and seconds_left() > 0:
                        start(1)
                    if piece.after is None and not waiting and (unread := next(rest, None)) is not None:
                        piece = replace(piece, after=unread.high)
                    yield piece
                    if piece.after is not None:
                        return
            finally:
                stop.set()
                pool.shutdown(cancel_futures=True)

    def _read(self, where: Slice, stop: Event, seconds_left: Callable[[], float], enough: int) -> Piece:
        items: list[dict[str, Any]] = []
        evaluated = 0
        for page in read_pages(self._client, self._table_name, self._bounded(where)):
            items += page["Items"]
            evaluated += page["ScannedCount"]
            last = page.get("LastEvaluatedKey")
            if last is not None and (stop.is_set() or seconds_left() <= 0 or len(items) > enough):
                return Piece(items, evaluated, str(last["SK"]["S"]), where.low)
        return Piece(items, evaluated, None, where.low)

    def _bounded(self, where: Slice) -> dict[str, Any]:
        values = self._query["ExpressionAttributeValues"] | {":low": {"S": where.low}, ":high": {"S": where.high}}
        query = self._query | {"ExpressionAttributeValues": values}
        if sum_keys.is_of_entry(where.high):
            query["ExclusiveStartKey"] = {"PK": values[":pk"], "SK": {"S": where.high}}
        return query
