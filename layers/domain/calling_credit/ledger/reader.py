"""Reads an account's balance, days, and entries. Queries read only the account's partition."""

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys, sum_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.pages import read_pages
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import Period, widened_utc_window
from calling_credit.ledger.balance import Balance, balance_from_item
from calling_credit.ledger.entries import EntryKind
from calling_credit.ledger.entry_filter import EntryFilter
from calling_credit.ledger.entry_slices import SliceReader
from calling_credit.ledger.stored_items import day_from_item, entry_from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_QUERIES_PER_PAGE: Final = 20
"""If a filter leaves a page almost empty, the page ends after this many queries, before the gateway times out."""


class LedgerReader:
    """One account's balance, days, and entries."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str) -> None:
        self._client = client
        self._table_name = table_name
        self.account_id = account_id
        self._partition = Partition(client, table_name, keys.account_pk(account_id))
        self._pk = self._partition.pk

    def balance(self) -> Balance:
        """Read the balance, strongly consistent.

        Raises:
            NotFound: `unknown_account`.
        """
        item = self._partition.get(keys.balance_sk())
        if item is None:
            raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
        return balance_from_item(item)

    def days(self, first: str | None, last: str, *, consistent: bool = False) -> list[dict[str, Any]]:
        """The DAY items of the local dates `first` (the beginning if None) to `last`, inclusive."""
        low, high = keys.day_range(first, last)
        return [day_from_item(item) for item in self._partition.query(low, high, consistent=consistent)]

    def spent_days(self, first: str, last: str) -> list[dict[str, Any]]:
        """The daily sums of the local dates `first` to `last`, inclusive."""
        return list(self._partition.query(*sum_keys.spent_day_range(first, last)))

    def slice_reader(
        self, matching: EntryFilter, *, consistent: bool = False, projection: str | None = None
    ) -> SliceReader:
        """A reader of matching entries, in slices side by side."""
        return SliceReader(
            self._client, self._table_name, self._pk, matching, consistent=consistent, projection=projection
        )

    def entries(
        self,
        period: Period,
        *,
        after: str | None,
        limit: int,
        newest_first: bool,
        equal: dict[str, str] | None = None,
        recorded_by: str | None = None,
        calls_only: bool = False,
        max_queries: int = MAX_QUERIES_PER_PAGE,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Read up to `limit` entries of a period (by local date), and the sort key after which to continue; None at the
        end.

        Args:
            equal: Only entries whose attributes have these values.
            recorded_by: Only entries recorded until then.
            calls_only: With `newest_first`, only the current charge of each call that was not taken back.
            max_queries: The page ends after so many queries, however few entries it has.
        """
        expression, values = _entry_filter(period, equal or {}, recorded_by)
        low, high = keys.entry_range(*widened_utc_window(period.first, period.last))
        query: dict[str, Any] = {
            "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
            "FilterExpression": expression,
            "ExpressionAttributeValues": {":pk": {"S": self._pk}, ":low": {"S": low}, ":high": {"S": high}, **values},
            "ScanIndexForward": not newest_first,
            "ConsistentRead": True,
            "Limit": min(1000, max(50, 2 * limit)),
        }
        if equal:
            query["ExpressionAttributeNames"] = {f"#{name}": name for name in equal}
        if after:
            query["ExclusiveStartKey"] = {"PK": {"S": self._pk}, "SK": {"S": after}}
        entries: list[dict[str, Any]] = []
        call = keys.call_of(after) if calls_only and after else None
        for page in islice(read_pages(self._client, self._table_name, query), max_queries):
            for attributes in page["Items"]:
                if calls_only:
                    before, call = call, keys.call_of(attributes["SK"]["S"])
                    if call == before or attributes["kind"]["S"] == EntryKind.CALL_TAKEN_BACK:
                        continue
                if len(entries) == limit:
                    return entries, entries[-1]["SK"]
                entries.append(decode_item(attributes, entry_from_item))
            last = page.get("LastEvaluatedKey")
            after = None if last is None else str(last["SK"]["S"])
        return entries, after


def entry_counts(days: Iterable[dict[str, Any]]) -> dict[str, int]:
    """The number of entries of each local date."""
    counts: dict[str, int] = {}
    for day in days:
        local_date = keys.date_of(day["SK"])
        counts[local_date] = counts.get(local_date, 0) + int(day["entry_count"])
    return counts


def total_micros(days: Iterable[dict[str, Any]]) -> int:
    """The sum of DAY items."""
    return sum(day["total_micros"] for day in days)


def _entry_filter(period: Period, equal: dict[str, str], recorded_by: str | None) -> tuple[str, dict[str, Any]]:
    """The filter of the entries of a period. It passes an entry without a date or a time, which then cannot be read: a
    list that leaves it out would be a wrong answer.
    """
    clauses = ["(NOT attribute_type(local_date, :text) OR local_date BETWEEN :first AND :last)"]
    values: dict[str, Any] = {
        ":text": to_attribute("S"),
        ":first": to_attribute(period.first.isoformat()),
        ":last": to_attribute(period.last.isoformat()),
    }
    for name, value in equal.items():
        clauses.append(f"#{name} = :{name}")
        values[f":{name}"] = to_attribute(value)
    if recorded_by is not None:
        clauses.append("(NOT attribute_type(recorded_at, :text) OR recorded_at <= :recorded_by)")
        values[":recorded_by"] = to_attribute(recorded_by)
    return " AND ".join(clauses), values
