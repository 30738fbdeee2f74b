"""Rounds over the items that are due: one at a time, bounded, fair to every account, and continued by the next round.

A round that has no time left stores how far it came in each partition of the index, and the next round begins there.
So items that fail each time, and an account with thousands of due items, delay others by a few rounds at most.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.leases import take_lease
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.positions import is_place, read_position, store_position
from calling_credit.dynamodb.sweep import due_query
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
PAGE_SIZE: Final = 100
"""The items of one answer."""
MAX_ITEMS: Final = 3_000
"""The most items of a kind that a round works on; about as many as it has time for."""
MAX_READ: Final = 12_000
"""The most items of a kind that a round reads. It only passes most of them, because other items come first."""
MAX_OF_ACCOUNT: Final = 50
"""After this many items of an account, all other accounts come first."""
MAX_FAILURES: Final = 3
"""After this many failures of an account, the next round continues with it."""


class Round:
    """One round of a function, and how far it came in each partition of the index."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, name: str, now: datetime, *, after_death: bool = False
    ) -> None:
        """Read where the round before stopped.

        Args:
            after_death: The run before was killed, maybe by an item. Store the position before each item, and leave out
                the item that is stored there.
        """
        self.client = client
        self.table_name = table_name
        self.now = now
        self.after_death = after_death
        self._name = name
        self._stored = read_position(client, table_name, name)
        self.positions = _positions(self._stored)
        self.cut_short: set[str] = set()
        """The kinds of which items are left because the time ended."""
        self.tried: set[tuple[str, str]] = set()
        self.taken: Counter[str] = Counter()
        self.failures: Counter[tuple[str, str]] = Counter()

    def due(
        self, kind: str, seconds_left: Callable[[], float], until: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield due items of a kind as attribute values, each at most once in a round, while time is left. Accounts
        take turns.

        Args:
            until: The latest time in `sweep_sk` that is due; by default, now.
        """
        return _DueItems(self, kind, seconds_left, format_instant(until or self.now)).read()

    def record_failure(self, kind: str, account_id: str) -> None:
        """Count an item that failed."""
        self.failures[kind, account_id] += 1

    def save(self) -> None:
        """Store the positions if they changed."""
        text = json.dumps(self.positions, sort_keys=True) if self.positions else None
        if text != self._stored:
            store_position(self.client, self.table_name, self._name, text, self.now)
            self._stored = text


class _DueItems:
    """The due items of a kind in the order of a round."""

    def __init__(self, round_: Round, kind: str, seconds_left: Callable[[], float], until: str) -> None:
        self._round = round_
        self._kind = kind
        self._seconds_left = seconds_left
        self._until = until
        self._turns: Counter[str] = Counter()
        self._postponed: list[dict[str, Any]] = []
        self._number_read = 0

    def read(self) -> Iterator[dict[str, Any]]:
        self._round.cut_short.discard(self._kind)
        yield from self._in_turn()
        for item in self._postponed:
            if self._is_over():
                return
            if not self._has_failed(item):
                yield self._take(item)

    def _in_turn(self) -> Iterator[dict[str, Any]]:
        """Yield an item of each partition in turn, and keep those of accounts that had their turns."""
        partitions = {name: self._partition(name) for name in sweep_keys.sweep_partitions(self._kind)}
        while partitions:
            for name in list(partitions):
                if self._is_over() or self._number_read >= MAX_READ:
                    return
                item = next(partitions[name], None)
                if item is None:
                    del partitions[name]
                    self._round.positions.pop(name, None)
                    continue
                self._number_read += 1
                self._round.positions[name] = item["sweep_sk"]["S"]
                if _key(item) in self._round.tried or self._has_failed(item):
                    continue
                account_id = keys.account_of(item["PK"]["S"])
                self._turns[account_id] += 1
                if self._turns[account_id] <= MAX_OF_ACCOUNT:
                    yield self._take(item)
                elif len(self._postponed) < MAX_ITEMS:
                    self._postponed.append(item)

    def _partition(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the items after the position, then those up to it. Only what is due, wherever the position is: the
        clock of the run before may have been ahead.
        """
        round_, position = self._round, self._round.positions.get(name)
        bounds = (
            [(None, self._until)] if position is None else [(position, self._until), (None, min(position, self._until))]
        )
        for after, until in bounds:
            if after is not None and after >= until:
                continue
            query = due_query(name, until, after) | {"Limit": PAGE_SIZE}
            for item in query_pages(round_.client, round_.table_name, query):
                place = item["sweep_sk"]["S"]
                if place <= f"{self._until}~" and not (round_.after_death and place == position):
                    yield item

    def _take(self, item: dict[str, Any]) -> dict[str, Any]:
        self._round.tried.add(_key(item))
        self._round.taken[self._kind] += 1
        if self._round.after_death:
            self._round.save()
        return item

    def _has_failed(self, item: Mapping[str, Any]) -> bool:
        return self._round.failures[self._kind, keys.account_of(item["PK"]["S"])] >= MAX_FAILURES

    def _is_over(self) -> bool:
        if self._seconds_left() > 0:
            return self._round.taken[self._kind] >= MAX_ITEMS
        self._round.cut_short.add(self._kind)
        return True


def run_alone(
    client: "DynamoDBClient",
    table_name: str,
    name: str,
    now: datetime,
    seconds: float,
    work: Callable[[Round], T],
) -> T | None:
    """Run one round unless another one runs. Return its result, or None if it was skipped.

    Args:
        name: The function, which names the lease and the position.
        seconds: The time until this run is certainly over.

    Raises:
        Unavailable: the table did not answer.
    """
    lease = take_lease(client, table_name, name, now, seconds)
    if lease is None:
        return None
    try:
        round_ = Round(client, table_name, name, now, after_death=lease.after_death)
        result = work(round_)
        round_.save()
        return result
    finally:
        lease.release()


def part_of(seconds_left: Callable[[], float], part: float) -> Callable[[], float]:
    """Return a function that returns the seconds left of a part (0 to 1) of the time that is left now."""
    reserved = max(0.0, seconds_left()) * (1 - part)
    return lambda: seconds_left() - reserved


def _key(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["PK"]["S"], item["SK"]["S"]


def _positions(text: str | None) -> dict[str, str]:
    """The stored positions. One that cannot be read only repeats work."""
    try:
        stored = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    entries = stored.items() if isinstance(stored, dict) else ()
    return {name: place for name, place in entries if isinstance(place, str) and is_place(place)}
