"""Shortens the phone numbers in old entries, and the addresses in old recorded changes.

A round goes through all accounts and shortens what has become too old since the last round. It moves no money. Its
position is stored after each group of accounts, so a round may take several nights.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from calling_credit.accounts.indexing import Indexer, Position
from calling_credit.changes.shortening import shorten_addresses
from calling_credit.dynamodb.positions import is_place, read_position, store_position
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable
from calling_credit.instants import format_instant
from calling_credit.ledger.shortening import shorten_entries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NAME: Final = "shorten_numbers"
"""The name of the stored position."""
ADDRESS_MONTHS: Final = 13
GROUP: Final = 40
"""The accounts between two stored positions."""
WORKERS: Final = 8


@dataclass(frozen=True, slots=True)
class Round:
    """A round: what became too old between two rounds, and how far it has come. `is_done` ends it."""

    numbers_from: str = ""
    numbers_until: str = ""
    addresses_from: str = ""
    addresses_until: str = ""
    partition: int = 0
    account_id: str = ""
    is_done: bool = True

    def following(self, now: datetime, number_months: int) -> "Round":
        """The round after this one, or this one if it is not done. It begins where the last one ended."""
        if not self.is_done:
            return self
        return Round(
            self.numbers_until,
            max(self.numbers_until, format_instant(months_before(now, number_months))),
            self.addresses_until,
            max(self.addresses_until, format_instant(months_before(now, ADDRESS_MONTHS))),
            is_done=False,
        )


def stored_round(position: str | None) -> Round:
    """The round of a stored position. One that cannot be read begins again, which only repeats work."""
    beginning = Round()
    try:
        stored = Round(**json.loads(position or "{}"))
    except (RecursionError, TypeError, ValueError):
        return beginning
    is_readable = all(isinstance(value, type(getattr(beginning, name))) for name, value in asdict(stored).items())
    return stored if is_readable and (not stored.account_id or is_place(stored.account_id)) else beginning


def months_before(now: datetime, months: int) -> datetime:
    """The midnight (UTC) of the day that many months ago. A day that its month lacks is the last one of the month."""
    count = now.year * 12 + now.month - 1 - months
    first = now.replace(year=count // 12, month=count % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
    after = (first + timedelta(days=31)).replace(day=1)
    return min(first + timedelta(days=now.day - 1), after - timedelta(days=1))


class Shortener:
    """Shortens the numbers and addresses of one stack."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, on_unreadable: OnUnreadable = ignore_unreadable
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._on_unreadable = on_unreadable

    def run(self, now: datetime, number_months: int, seconds_left: Callable[[], float]) -> Counter[str]:
        """Continue the round, or begin the next one, until its end or until the time is used up.

        Return how many accounts, numbers, and addresses were handled, and `unfinished` if the next run continues.

        Raises:
            ClientError, BotoCoreError: the table did not answer. The next run continues at the stored position.
        """
        current = stored_round(read_position(self._client, self._table_name, NAME)).following(now, number_months)
        accounts = Indexer(self._client, self._table_name, timedelta()).accounts_after(
            Position(current.partition, current.account_id)
        )
        counts: Counter[str] = Counter()
        with ThreadPoolExecutor(WORKERS) as outer, ThreadPoolExecutor(WORKERS) as inner:
            for group in _groups(accounts):
                if seconds_left() < 0:
                    return counts + Counter(unfinished=1)
                shorten = partial(self._account, current=current, now=now, pool=inner)
                for one in outer.map(shorten, [place.account_id for place in group]):
                    counts += one
                counts["accounts"] += len(group)
                current = replace(current, partition=group[-1].partition, account_id=group[-1].account_id)
                self._store(current, now)
        self._store(replace(current, partition=0, account_id="", is_done=True), now)
        return counts

    def _account(self, account_id: str, current: Round, now: datetime, pool: ThreadPoolExecutor) -> Counter[str]:
        place = self._client, self._table_name, account_id
        span = current.numbers_from, current.numbers_until
        numbers = sum(shorten_entries(*place, *span, now, pool, self._on_unreadable)) if span[0] < span[1] else 0
        addresses = shorten_addresses(*place, current.addresses_from, current.addresses_until, self._on_unreadable)
        return Counter(numbers=numbers, addresses=addresses)

    def _store(self, current: Round, now: datetime) -> None:
        store_position(self._client, self._table_name, NAME, json.dumps(asdict(current)), now)


def _groups(accounts: Iterator[Position]) -> Iterator[list[Position]]:
    while group := list(islice(accounts, GROUP)):
        yield group
