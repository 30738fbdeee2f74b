"""The rows of finding calls and adding up spending: write units of daily sums, and requests and read units of 5,000 and
100,000 calls.

The reads run over a table of one account in memory that pages like DynamoDB: a Query evaluates up to one megabyte. moto
would take minutes for 100,000 calls. Each row has three more requests than the reader sends: the account, its users,
and its lines.
"""

from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

import pytest

from calling_credit.dynamodb import keys, sum_keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.instants import Period, format_instant
from calling_credit.ledger.reader import LedgerReader
from calling_credit.usage import call_search, spending
from calling_credit.usage.call_filter import CallFilter, Directory
from tests.benchmarks import mix
from tests.benchmarks.capacity import READ_UNIT_BYTES, Attributes, item_bytes
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, capture_output
from tests.benchmarks.posting import deliver, expect
from tests.benchmarks.rows import Row
from tests.harness.table import TABLE

FEW, MANY = 5_000, 100_000
DAYS = 30
PK = keys.account_pk(mix.account_id(0))
NAMES = 10
"""The users, lines, and countries of a busy account's day."""
PAGE_BYTES = 1024 * 1024
MONTH = Period((mix.noon_days_ago(DAYS)).date(), mix.noon_days_ago(1).date())
NOBODY = Directory({}, {})
OTHER_REQUESTS, OTHER_UNITS = 3, 2
"""Of the account (consistent), the users, and the lines."""


def spending_rows(lab: Laboratory) -> list[Row]:
    """Return the rows."""
    return [*write_rows(lab), *read_rows(lab)]


def write_rows(lab: Laboratory) -> list[Row]:
    """Return the rows of write units with daily sums; those without are the rows of posting."""
    rows = []
    what = "write units per call with daily sums"
    for name, bodies, budget in (
        ("M", mix.standard_mix(), 3.0),
        ("97 calls of one account", mix.calls_of_one_account(97), 2.4),
        ("one call alone", mix.calls_of_one_account(1), 8),
    ):
        lab.reset()
        for key, item in lab.items().items():
            if key[1] == keys.account_sk():
                since = {"breakdown_since": {"S": "2026-01-01T00:00:00.000Z"}}
                lab.dynamodb.put_item(TableName=TABLE, Item={**item, **since})
        with capture_output():
            lab.warm_up()
        delivery = deliver(lab, bodies)
        expect(not delivery.failures, f"{what}, {name}: posted completely")
        rows.append(Row(f"{what}: {name}", "count", budget, delivery.write_units / len(bodies), floor="2"))
    return rows


def read_rows(lab: Laboratory) -> list[Row]:
    """Return the rows of searches, sums, and exports. Time ends no request, so that the machine changes no count."""
    lab.reset()
    with capture_output():
        lab.rate(mix.calls_of_one_account(1))
    [model] = [item for (_, sort_key), item in lab.items().items() if sort_key.startswith("ENTRY#")]
    with pytest.MonkeyPatch.context() as monkeypatch:
        for module in (call_search, spending):
            monkeypatch.setattr(module, "SEARCH_SECONDS", ENOUGH_SECONDS)
        return [
            *measured_rows(month_of(model, FEW), FEW, (14, 450), (14, 450)),
            *measured_rows(month_of(model, MANY), MANY, (130, 8_500), (30, 1_700)),
            *export_rows(month_of(model, FEW)),
        ]


def measured_rows(month: "Month", calls: int, searching: tuple[int, float], adding: tuple[int, float]) -> list[Row]:
    """Return the rows of a month with so many calls, with the budgets of requests and read units."""
    ledger, nothing = month.reader(), CallFilter(mix.CATEGORY, find="0999 999 99")
    found = call_search.find_calls(ledger, MONTH, nothing.conditions(MONTH, NOBODY), None, 1000, is_search=True)
    expect((found.entries, found.after, found.evaluated) == ([], None, calls), "a search evaluates every call")
    rows = month.rows(f"a search in {calls:,} calls", searching)
    part = spending.read_spending(ledger, MONTH, CallFilter(), NOBODY, None, None)
    expect(part.limit_reached == (calls > spending.MAX_CALLS) and part.position is None, "it says what it left out")
    which = "the latest 10,000 of " if part.limit_reached else ""
    rows += month.rows(f"the spending of {which}{calls:,} calls from entries", adding)
    part = spending.read_spending(ledger, MONTH, CallFilter(), NOBODY, "2026-01-01T00:00:00.000Z", None)
    expect(part.source == spending.Source.DAILY_SUMS and bool(part.total.calls), "the sums are those of the days")
    return rows + month.rows(f"the spending of {calls:,} calls from daily sums", (4, 20))


def export_rows(month: "Month") -> list[Row]:
    """Return the row of the pages of an export of the whole month."""
    pages, after, selected = 0, None, CallFilter(mix.CATEGORY)
    month.matches = True
    while pages == 0 or after is not None:
        matching = selected.conditions(MONTH, NOBODY)
        found = call_search.find_calls(month.reader(), MONTH, matching, after, 1000, is_search=False)
        pages, after = pages + 1, found.after
    return [Row(f"pages of an export of {FEW:,} calls", "count", 5, pages, floor="5")]


class Month:
    """A client of a table with one account. A filter with a text to find matches nothing, any other everything."""

    def __init__(self, items: dict[str, Attributes]) -> None:
        self._keys = sorted(items)
        self._items = [items[sort_key] for sort_key in self._keys]
        self._sizes = list(map(item_bytes, self._items))
        self.requests, self.units, self.matches = OTHER_REQUESTS, float(OTHER_UNITS), False

    def reader(self) -> LedgerReader:
        """A reader of the account."""
        client: Any = self
        return LedgerReader(client, TABLE, mix.account_id(0))

    def rows(self, what: str, budgets: tuple[int, float]) -> list[Row]:
        """The rows of the requests and read units since the last call."""
        rows = [
            Row(f"DynamoDB requests of {what}", "count", budgets[0], self.requests, floor="1"),
            Row(f"read units of {what}", "count", budgets[1], self.units),
        ]
        self.requests, self.units = OTHER_REQUESTS, float(OTHER_UNITS)
        return rows

    def query(self, **query: Any) -> dict[str, Any]:
        """Answer a Query by a range of sort keys."""
        values, forward = query["ExpressionAttributeValues"], query["ScanIndexForward"]
        begin, end = bisect_left(self._keys, values[":low"]["S"]), bisect_right(self._keys, values[":high"]["S"])
        if "ExclusiveStartKey" in query:
            start = bisect_left(self._keys, query["ExclusiveStartKey"]["SK"]["S"])
            begin, end = (start + 1, end) if forward else (begin, start)
        positions = range(begin, end) if forward else range(end - 1, begin - 1, -1)
        evaluated, size = [], 0
        for position in positions:
            evaluated.append(position)
            size += self._sizes[position]
            if size >= PAGE_BYTES or len(evaluated) == query.get("Limit"):
                break
        self.requests += 1
        self.units += max(1, ceil(size / READ_UNIT_BYTES)) * (1.0 if query["ConsistentRead"] else 0.5)
        matches = "contains" not in query.get("FilterExpression", "")
        answer = {
            "Items": [self._items[position] for position in evaluated] if matches else [],
            "ScannedCount": len(evaluated),
        }
        if len(evaluated) < len(positions):
            answer["LastEvaluatedKey"] = {"PK": {"S": PK}, "SK": {"S": self._keys[evaluated[-1]]}}
        return answer


def month_of(model: Attributes, calls: int) -> Month:
    """Return a month of copies of one posted call, with their days and daily sums."""
    items: dict[str, Attributes] = {}
    for days_ago in range(1, DAYS + 1):
        begin = mix.noon_days_ago(days_ago).replace(hour=0)
        count = calls // DAYS + (days_ago <= calls % DAYS)
        items |= entries_of(model, begin, count)
        items |= sums_of(begin.date(), count)
    return Month(items)


def entries_of(model: Attributes, begin: datetime, count: int) -> dict[str, Attributes]:
    """Return the entries of a day."""
    local_date = {"local_date": {"S": begin.date().isoformat()}}
    sort_keys = [
        keys.entry_sk(format_instant(begin + one * timedelta(days=1) / count), f"c_{one:016x}") for one in range(count)
    ]
    return {sort_key: {**model, **local_date, "SK": {"S": sort_key}} for sort_key in sort_keys}


def sums_of(day: date, count: int) -> dict[str, Attributes]:
    """Return the DAY item and the daily sums, of ten users, lines, and countries."""
    names = [f"I#{dimension}#name_{one:04d}#{end}" for dimension in "ulc" for one in range(NAMES) for end in "nsm"]
    day_sk, sums_sk = keys.day_sk(day.isoformat(), mix.CATEGORY), sum_keys.spent_day_sk(day.isoformat())
    totals = {"entry_count": count, "billed_seconds": 60 * count, "total_micros": -100_000 * count}
    return {
        day_sk: to_attributes({"PK": PK, "SK": day_sk, **totals}),
        sums_sk: to_attributes({"PK": PK, "SK": sums_sk, **dict.fromkeys(names, 123_456)}),
    }
