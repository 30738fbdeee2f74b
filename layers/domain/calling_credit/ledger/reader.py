"""Reads an account's part of the ledger: balance, days, and entries. Every query names the account's partition and no
other.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.partition import Partition
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import Period, widened_utc_window
from calling_credit.ledger.entries import CALL_TAKEN_BACK

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_QUERIES_PER_PAGE: Final = 20
"""A page that a filter leaves almost empty ends here with a cursor instead of reading on until the gateway gives up."""


class LedgerReader:
    """One account's balance, days, and entries."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str) -> None:
        self._client = client
        self._table_name = table_name
        self.account_id = account_id
        self._partition = Partition(client, table_name, keys.account_pk(account_id))
        self._pk = self._partition.pk

    def balance(self) -> dict[str, Any]:
        """The balance as of now, in micros; reads what was just written.

        Raises:
            NotFound: `unknown_account`.
        """
        balance = self._partition.get(keys.balance_sk())
        if balance is None:
            raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
        return balance

    def days(self, first: str | None, last: str, *, consistent: bool = False) -> list[dict[str, Any]]:
        """The DAY items of the local dates `first` (the beginning if None) to `last`, inclusive."""
        low, high = keys.day_range(first, last)
        return list(self._partition.query(low, high, consistent=consistent))

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
        low, high = keys.entry_range(*widened_utc_window(period.first, period.last))
        options: dict[str, Any] = {}
        if equal:
            options["ExpressionAttributeNames"] = {f"#{name}": name for name in equal}
        found: list[dict[str, Any]] = []
        call = keys.call_of(after) if calls_only and after else None
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
                    before, call = call, keys.call_of(attributes["SK"]["S"])
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
