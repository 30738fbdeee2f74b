"""Reads the book of one account at one moment, with the entries of only those days that differ from their checkpoints.

The totals of the other days are taken from the checkpoints, so the cost does not grow with the entries of an account.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from calling_credit.audit.book import Book
from calling_credit.audit.checkpoints import changed_dates
from calling_credit.audit.read_book import MAX_ATTEMPTS, add_item
from calling_credit.dynamodb import keys, proof_keys, sum_keys, sweep_keys
from calling_credit.dynamodb.pages import query_pages
from calling_credit.instants import format_instant
from calling_credit.ledger.hold_items import HOLD_KIND
from calling_credit.ledger.holds import HoldStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Held = tuple[int, int]
"""The micro-dollars and the number of live holds."""
Attributes = dict[str, Any]
FARTHEST_EAST, FARTHEST_WEST = timedelta(hours=14), timedelta(hours=12)
"""How far local time is ahead of UTC and behind it at most. An account may have changed its time zone since an entry
was written, so the zone of today says nothing about an old day.
"""


@dataclass(frozen=True, slots=True)
class ChangedDays:
    """A book whose totals are those of its entries on `dates`, and those of the checkpoints on all other days."""

    book: Book
    dates: frozenset[str]


def read_changed_days(
    client: "DynamoDBClient", table_name: str, account_id: str, listed: Mapping[str, Held]
) -> ChangedDays | None:
    """Return the book of an account and the dates whose entries were read; None if the account changed during every
    attempt.

    Args:
        listed: the live holds that the sweep index lists, by account. The index lags, so an account whose balance says
            otherwise is read.
    """
    reader = _Reader(client, table_name, account_id)
    for _ in range(MAX_ATTEMPTS):
        book = Book(account_id)
        before = reader.add(book, proof_keys.rule_to_days())
        for bounds in (proof_keys.proofs_and_refunds(), proof_keys.top_ups()):
            reader.add(book, bounds)
        dates = changed_dates(book.days, book.checkpoints.values())
        reader.add_entries(book, dates)
        trust_other_days(book, dates)
        add_holds(book, reader, listed.get(account_id, (0, 0)))
        if before == reader.balance():
            return ChangedDays(book, dates)
    return None


def trust_other_days(book: Book, dates: frozenset[str]) -> None:
    """Take the totals of all other dates from the checkpoints."""
    for checkpoint in book.checkpoints.values():
        for day, total in checkpoint.days.items():
            if day[0] not in dates:
                book.entered_days[day] = total
                book.entered_micros += total.total_micros


def add_holds(book: Book, reader: "_Reader", listed: Held) -> None:
    """Add the live holds that the index lists, or those of the account if the balance records other ones."""
    balance = book.balance
    expected = (book.live_micros + listed[0], listed[1])
    if balance is None or (balance.held_micros, balance.live_holds) == expected:
        book.live_micros, book.live_holds = expected
    else:
        reader.add(book, proof_keys.holds())


def live_holds(client: "DynamoDBClient", table_name: str, account_ids: Iterable[str]) -> dict[str, Held]:
    """Return the live holds of these accounts as the sweep index lists them. The index may lag."""
    wanted = {keys.account_pk(account_id) for account_id in account_ids}
    held: dict[str, Held] = {}
    for partition in sorted({sweep_keys.sweep_pk(HOLD_KIND, keys.account_of(pk)) for pk in wanted}):
        query = {
            "IndexName": sweep_keys.SWEEP_INDEX,
            "KeyConditionExpression": "sweep_pk = :kind",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":kind": {"S": partition}},
            "ProjectionExpression": "PK, amount_micros, #status",
        }
        for item in query_pages(client, table_name, query):
            amount = item.get("amount_micros", {}).get("N", "")
            if item["PK"]["S"] in wanted and item.get("status") == {"S": HoldStatus.LIVE} and amount.isdigit():
                account_id = keys.account_of(item["PK"]["S"])
                micros, count = held.get(account_id, (0, 0))
                held[account_id] = (micros + int(amount), count + 1)
    return held


def utc_ranges(dates: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the fewest ranges of instants (the second excluded) that hold all entries of these local dates, wherever
    the account was. A text that is no date, in the key of a damaged day, has no entries.
    """
    begin = end = None
    for midnight in sorted(filter(None, map(_midnight, dates))):
        first, last = midnight - FARTHEST_EAST, midnight + timedelta(days=1) + FARTHEST_WEST
        if begin is None or end is None:
            begin, end = first, last
        elif first <= end:
            end = last
        else:
            yield format_instant(begin), format_instant(end)
            begin, end = first, last
    if begin is not None and end is not None:
        yield format_instant(begin), format_instant(end)


def _midnight(local_date: str) -> datetime | None:
    """Midnight of a date in UTC, not so near to the ends of the calendar that a range would leave it."""
    try:
        midnight = datetime.combine(date.fromisoformat(local_date), time(), UTC)
    except ValueError:
        return None
    return midnight if 1 < midnight.year < date.max.year else None


class _Reader:
    """Reads ranges of one account, strongly consistent."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str) -> None:
        self._client = client
        self._table_name = table_name
        self._account_id = account_id

    def add(self, book: Book, bounds: tuple[str, str]) -> Attributes | None:
        """Add the items between two sort keys to a book; return the balance if it is among them."""
        balance = None
        for attributes in self._items(bounds):
            if attributes["SK"]["S"] == keys.balance_sk():
                balance = attributes
            add_item(book, attributes)
        return balance

    def add_entries(self, book: Book, dates: frozenset[str]) -> None:
        """Add the entries and the daily sums of some local dates."""
        for low, high in utc_ranges(dates):
            for attributes in self._items(keys.entry_range(low, high)):
                if attributes.get("local_date", {}).get("S", min(dates)) in dates:
                    add_item(book, attributes)
        if dates:
            for attributes in self._items(sum_keys.spent_day_range(min(dates), max(dates))):
                if keys.id_of(attributes["SK"]["S"]) in dates:
                    add_item(book, attributes)

    def balance(self) -> Attributes | None:
        """The balance now."""
        key = keys.balance_key(self._account_id)
        item: Attributes | None = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True).get(
            "Item"
        )
        return item

    def _items(self, bounds: tuple[str, str]) -> Iterator[Attributes]:
        query = {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
            "ExpressionAttributeValues": {
                ":pk": {"S": keys.account_pk(self._account_id)},
                ":low": {"S": bounds[0]},
                ":high": {"S": bounds[1]},
            },
            "ConsistentRead": True,
        }
        return query_pages(self._client, self._table_name, query)
