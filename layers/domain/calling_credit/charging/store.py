"""The reads and writes that charging a batch makes in the table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.call_events import Call
from calling_credit.charging.listed_calls import ListOutcome, list_stray_calls, list_unrated_calls
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.hold_store import read_holds
from calling_credit.ledger.holds import Hold
from calling_credit.ledger.posting import Posting, post_entries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Key = tuple[str, str, str]


class ChargingStore:
    """Reads holds, posts entries, and lists calls for an operator, until `seconds_left` reaches 0."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, seconds_left: Callable[[], float], threads: int = 1
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._seconds_left = seconds_left
        self._threads = threads

    def holds(self, calls: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Hold]:
        """Return the holds of calls, by account id and call id."""
        return read_holds(self._client, self._table_name, calls, self._threads)

    def post(self, entries: Iterable[Entry], holds: Mapping[Key, Hold], now: datetime) -> Posting:
        """Post entries and release the holds of their calls."""
        return post_entries(
            self._client,
            self._table_name,
            entries,
            self._seconds_left,
            holds=holds,
            released_at=format_instant(now),
            threads=self._threads,
        )

    def list_unrated(self, calls: Sequence[Call], now: datetime) -> Mapping[Key, ListOutcome]:
        """List calls that no deck row covers; return the outcome of each by the call's key."""
        return list_unrated_calls(self._client, self._table_name, calls, now, self._seconds_left, self._threads)

    def list_strays(self, calls: Sequence[Call], now: datetime) -> None:
        """List charged calls whose line is unknown or has international calling disabled."""
        list_stray_calls(self._client, self._table_name, calls, now)
