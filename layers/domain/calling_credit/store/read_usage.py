"""Reads an account back: balance, days, entries, lines, user names. Every query names the account's partition and
no other.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from calling_credit import table
from calling_credit.accounts import Line
from calling_credit.errors import NotFound
from calling_credit.instants import Period, widened_utc_window
from calling_credit.ledger import CALL_TAKEN_BACK
from calling_credit.store.attributes import from_attributes, to_attribute
from calling_credit.store.keep_lines import read_line_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_QUERIES_PER_PAGE: Final = 20
"""A page that a filter leaves almost empty ends here with a cursor instead of reading on until the gateway gives up."""


class AccountReader:
    """One account as one request sees it. Its settings are read once."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str) -> None:
        self._client = client
        self._table_name = table_name
        self.account_id = account_id
        self._pk = table.account_pk(account_id)
        self._settings: dict[str, Any] | None = None

    def settings(self) -> dict[str, Any]:
        """The account's own item.

        Raises:
            NotFound: `unknown_account`.
        """
        if self._settings is None:
            self._settings = self._item(table.account_sk())
        return self._settings

    def balance(self) -> dict[str, Any]:
        """The balance as of now, in micros; reads what was just written.

        Raises:
            NotFound: `unknown_account`.
        """
        return self._item(table.balance_sk())

    def _item(self, sort_key: str) -> dict[str, Any]:
        answer = self._client.get_item(
            TableName=self._table_name,
            Key={"PK": {"S": self._pk}, "SK": {"S": sort_key}},
            ConsistentRead=True,
        )
        if "Item" not in answer:
            raise NotFound("unknown_account", "This account does not exist; the operator creates accounts.")
        return from_attributes(answer["Item"])

    def days(self, first: str | None, last: str, *, consistent: bool = False) -> list[dict[str, Any]]:
        """The DAY items of the local dates `first` (the beginning if None) to `last`, inclusive."""
        low, high = table.day_range(first, last)
        return list(self._query(low, high, consistent=consistent))

    def lines(self, after: str | None, limit: int) -> tuple[list[Line], str | None]:
        """A page of the account's lines, by id, and the sort key to go on after."""
        low = table.line_prefix() if after is None else f"{after}\0"
        found = list(islice(self._query(low, table.line_prefix() + table.AFTER), limit + 1))
        page = found[:limit]
        return [read_line_item(item) for item in page], page[-1]["SK"] if len(found) > limit else None

    def line_changes(self, line_id: str, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of the changes of a line's international calling, newest first, and the sort key to go on after.

        Raises:
            NotFound: `unknown_line`.
        """
        if not list(self._query(table.line_sk(line_id), table.line_sk(line_id))):
            raise NotFound("unknown_line", "This account has no line of that id; GET /lines lists them.")
        low, high = table.change_range(line_id)
        if after is not None:
            high = after
        newest = self._query(low, high, newest_first=True)
        found = list(islice((item for item in newest if item["SK"] != after), limit + 1))
        page = found[:limit]
        return page, page[-1]["SK"] if len(found) > limit else None

    def user_names(self) -> dict[str, str]:
        """The name of every user."""
        users = self._query(table.user_prefix(), table.user_prefix() + table.AFTER)
        return {table.id_of(user["SK"]): user["name"] for user in users}

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
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Up to `limit` entries of a period (by local date) and the sort key to go on after, None at the end.

        `equal` keeps entries whose attributes have these values; `recorded_by` leaves out what was recorded later.
        `calls_only`, newest first, keeps of each call the charge that stands: the last one, unless it was taken back.
        """
        expression, values = _entry_filter(period, equal or {}, recorded_by)
        low, high = table.entry_range(*widened_utc_window(period.first, period.last))
        options: dict[str, Any] = {}
        if equal:
            options["ExpressionAttributeNames"] = {f"#{name}": name for name in equal}
        found: list[dict[str, Any]] = []
        call = table.call_of(after) if calls_only and after else None
        for _ in range(MAX_QUERIES_PER_PAGE):
            if after:
                options["ExclusiveStartKey"] = {"PK": {"S": self._pk}, "SK": {"S": after}}
            answer = self._client.query(
                TableName=self._table_name,
                KeyConditionExpression="PK = :pk AND SK BETWEEN :low AND :high",
                FilterExpression=expression,
                ExpressionAttributeValues={":pk": {"S": self._pk}, ":low": {"S": low}, ":high": {"S": high}, **values},
                ScanIndexForward=not newest_first,
                ConsistentRead=True,
                Limit=min(1000, max(50, 2 * limit)),
                **options,
            )
            for attributes in answer["Items"]:
                if calls_only:
                    before, call = call, table.call_of(attributes["SK"]["S"])
                    if call == before or attributes["kind"]["S"] == CALL_TAKEN_BACK:
                        continue
                if len(found) == limit:
                    return found, found[-1]["SK"]
                found.append(from_attributes(attributes))
            last = answer.get("LastEvaluatedKey")
            if last is None:
                return found, None
            after = str(last["SK"]["S"])
        return found, after

    def _query(
        self, low: str, high: str, *, consistent: bool = False, newest_first: bool = False
    ) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            answer = self._client.query(
                TableName=self._table_name,
                KeyConditionExpression="PK = :pk AND SK BETWEEN :low AND :high",
                ExpressionAttributeValues={":pk": {"S": self._pk}, ":low": {"S": low}, ":high": {"S": high}},
                ConsistentRead=consistent,
                ScanIndexForward=not newest_first,
                **start,
            )
            yield from map(from_attributes, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def total_micros(days: Iterable[dict[str, Any]]) -> int:
    """The sum of DAY items."""
    return sum(day["total_micros"] for day in days)


def _entry_filter(period: Period, equal: dict[str, str], recorded_by: str | None) -> tuple[str, dict[str, Any]]:
    clauses = ["local_date BETWEEN :first AND :last"]
    values: dict[str, Any] = {
        ":first": to_attribute(period.first.isoformat()),
        ":last": to_attribute(period.last.isoformat()),
    }
    for name, value in equal.items():
        clauses.append(f"#{name} = :{name}")
        values[f":{name}"] = to_attribute(value)
    if recorded_by is not None:
        clauses.append("recorded_at <= :recorded_by")
        values[":recorded_by"] = to_attribute(recorded_by)
    return " AND ".join(clauses), values
