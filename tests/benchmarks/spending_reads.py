"""The rows of finding calls and adding up spending: write units of daily sums, and requests and read units of 5,000 and
100,000 calls.

The entries of a month are copies of posted ones at other instants, because posting 100,000 calls takes minutes. The
units of a filtered Query are those of the items that it evaluates, from the table.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any
from urllib.parse import urlencode

import pytest

from calling_credit.dynamodb import keys, sum_keys
from calling_credit.dynamodb.attributes import Item, to_attributes
from calling_credit.instants import format_instant
from calling_credit.usage import call_search, spending
from tests.benchmarks import mix
from tests.benchmarks.capacity import READ_UNIT_BYTES, Attributes, Request, item_bytes
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, capture_output
from tests.benchmarks.posting import deliver, expect
from tests.benchmarks.rows import Row
from tests.harness.http import http_event
from tests.harness.table import TABLE

FEW, MANY = 5_000, 100_000
DAYS = 30
PK = keys.account_pk(mix.account_id(0))
NAMES = 10
"""The users, lines, and countries of a busy account's day."""
PAGE_BYTES = 1024 * 1024


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
        switch_on(lab)
        with capture_output():
            lab.warm_up()
        delivery = deliver(lab, bodies)
        expect(not delivery.failures, f"{what}, {name}: posted completely")
        rows.append(Row(f"{what}: {name}", "count", budget, delivery.write_units / len(bodies), floor="2"))
    return rows


def switch_on(lab: Laboratory) -> None:
    """Keep daily sums in every account, since long ago."""
    for key, item in lab.items().items():
        if key[1] == keys.account_sk():
            lab.dynamodb.put_item(TableName=TABLE, Item={**item, "breakdown_since": {"S": "2026-01-01T00:00:00.000Z"}})


def read_rows(lab: Laboratory) -> list[Row]:
    """Return the rows of searches, sums, and exports. Time ends no request, so that the machine changes no count."""
    rows: list[Row] = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        for module in (call_search, spending):
            monkeypatch.setattr(module, "SEARCH_SECONDS", ENOUGH_SECONDS)
        for calls, budgets in ((FEW, Budgets(12, 520, 12, 520)), (MANY, Budgets(160, 10_500, 30, 1_300))):
            fill(lab, calls)
            rows += measured_rows(lab, calls, budgets)
    return rows


class Budgets:
    """The requests and read units of a search and of adding up."""

    def __init__(self, searched: int, search_units: int, added: int, sum_units: int) -> None:
        self.searched, self.search_units, self.added, self.sum_units = searched, search_units, added, sum_units


def measured_rows(lab: Laboratory, calls: int, budgets: Budgets) -> list[Row]:
    """Return the rows of a month with so many calls."""
    table = Evaluated(lab)
    path = f"/usage/{mix.CATEGORY}"
    found, requests = ask(lab, path, find="0999 999 99", limit=1000)
    expect(not found["items"] and found["next_cursor"] is None, "the search reads the whole month and finds nothing")
    expect(found["read"]["calls"] == calls, "the search evaluates every call")
    rows = count_rows(f"a search in {calls:,} calls", requests, table, (budgets.searched, budgets.search_units))
    added, requests = ask(lab, "/spending")
    latest = min(calls, spending.MAX_CALLS)
    expect(added["limit_reached"] == (calls > latest), "the answer says whether it is complete")
    rows += count_rows(
        f"the spending of {calls:,} calls from {'all' if calls == latest else 'the latest 10,000'} entries",
        requests,
        table,
        (budgets.added, budgets.sum_units),
    )
    if calls == FEW:
        rows += export_rows(lab)
    put_daily_sums(lab)
    added, requests = ask(lab, "/spending")
    expect(added["source"] == "daily_sums", "the answer comes from daily sums")
    return rows + count_rows(f"the spending of {calls:,} calls from daily sums", requests, Evaluated(lab), (4, 30))


def count_rows(what: str, requests: list[Request], table: "Evaluated", budgets: tuple[int, int]) -> list[Row]:
    """Return the rows of requests and read units."""
    units = table.read_units(requests)
    return [
        Row(f"DynamoDB requests of {what}", "count", budgets[0], len(requests), floor="1"),
        Row(f"read units of {what}", "count", budgets[1], units),
    ]


def export_rows(lab: Laboratory) -> list[Row]:
    """Return the rows of pages that the page requests for an export of the whole month."""
    rows = []
    for name, path in (("calls", f"/usage/{mix.CATEGORY}"), ("entries of a statement", "/statement")):
        pages, cursor = 0, None
        while pages == 0 or cursor is not None:
            answer, _ = ask(lab, path, limit=1000, **({} if cursor is None else {"cursor": cursor}))
            pages, cursor = pages + 1, answer["next_cursor"]
        rows.append(Row(f"pages of an export of {FEW:,} {name}", "count", 5, pages, floor="5"))
    return rows


def ask(lab: Laboratory, path: str, **query: Any) -> tuple[dict[str, Any], list[Request]]:
    """Send a read of the month; return the answer and the requests to the table."""
    first, last = mix.noon_days_ago(DAYS).date().isoformat(), mix.noon_days_ago(1).date().isoformat()
    parameters = {"from": first, "to": last, **{name: str(value) for name, value in query.items()}}
    event = http_event("list_usage", "GET", path, claims={"custom:account_id": mix.account_id(0)})
    event["rawQueryString"], event["queryStringParameters"] = urlencode(parameters), parameters
    with lab.wire.record() as requests, capture_output():
        answer = lab.read(event)
    return answer, list(requests)


def fill(lab: Laboratory, calls: int) -> None:
    """Store a month of calls of the first account: copies of one posted call, and their days."""
    lab.reset()
    with capture_output():
        lab.rate(mix.calls_of_one_account(1))
    items = lab.items()
    [model] = [item for (_, sort_key), item in items.items() if sort_key.startswith("ENTRY#")]
    [day] = [item for (_, sort_key), item in items.items() if sort_key.startswith("DAY#")]
    for item in (model, day):
        lab.dynamodb.delete_item(TableName=TABLE, Key={name: item[name] for name in ("PK", "SK")})
    a_day = calls // DAYS + 1
    puts: list[Attributes] = []
    left = calls
    for days_ago in range(1, DAYS + 1):
        count, begin = min(a_day, left), mix.noon_days_ago(days_ago).replace(hour=0)
        left -= count
        date = begin.date().isoformat()
        puts.append(scaled_day(day, date, count))
        puts += [entry_at(model, begin + one * timedelta(days=1) / count, date, one) for one in range(count)]
    for start in range(0, len(puts), 25):
        batch: Any = [{"PutRequest": {"Item": item}} for item in puts[start : start + 25]]
        lab.dynamodb.batch_write_item(RequestItems={TABLE: batch})


def entry_at(model: Attributes, at: datetime, date: str, one: int) -> Attributes:
    """Return the entry of a call at an instant."""
    instant = format_instant(at.astimezone(UTC))
    return {**model, "SK": {"S": keys.entry_sk(instant, f"c_{one:016x}")}, "local_date": {"S": date}}


def scaled_day(day: Attributes, date: str, count: int) -> Attributes:
    """Return the DAY item of so many equal calls."""
    sums = {name: {"N": str(int(day[name]["N"]) * count)} for name in ("entry_count", "billed_seconds", "total_micros")}
    return {**day, **sums, "SK": {"S": keys.day_sk(date, mix.CATEGORY)}}


def put_daily_sums(lab: Laboratory) -> None:
    """Store the daily sums of the month, with ten users, lines, and countries a day."""
    names = [f"I#{dimension}#name_{one:04d}#{end}" for dimension in "ulc" for one in range(NAMES) for end in "nsm"]
    for days_ago in range(1, DAYS + 1):
        date = mix.noon_days_ago(days_ago).date().isoformat()
        item: Item = {"PK": PK, "SK": sum_keys.spent_day_sk(date), **dict.fromkeys(names, 123_456)}
        lab.dynamodb.put_item(TableName=TABLE, Item=to_attributes(item))
    switch_on(lab)


class Evaluated:
    """The items of the account by sort key, to find what a Query evaluated, also where a filter dropped it."""

    def __init__(self, lab: Laboratory) -> None:
        items = {sort_key: item_bytes(item) for (pk, sort_key), item in lab.items().items() if pk == PK}
        self._keys = sorted(items)
        self._sizes = [items[sort_key] for sort_key in self._keys]

    def read_units(self, requests: Iterable[Request]) -> float:
        """Return the read units of requests of GetItem and Query."""
        return sum(self._units(request) for request in requests)

    def _units(self, request: Request) -> float:
        if request.operation == "GetItem":
            size = item_bytes(request.answer.get("Item", {}))
        else:
            size = sum(self._sizes[self._first(request) : self._end(request)])
            expect(size <= PAGE_BYTES + 1024, "a page of a Query has at most one megabyte")
        return max(1, ceil(size / READ_UNIT_BYTES)) * (1.0 if request.body.get("ConsistentRead") else 0.5)

    def _first(self, request: Request) -> int:
        values = request.body["ExpressionAttributeValues"]
        stop = self._stop(request)
        low = values[":low"]["S"] if stop is None or request.body["ScanIndexForward"] else stop
        start = request.body.get("ExclusiveStartKey")
        if start is not None and request.body["ScanIndexForward"]:
            return bisect_right(self._keys, start["SK"]["S"])
        return bisect_left(self._keys, low)

    def _end(self, request: Request) -> int:
        values = request.body["ExpressionAttributeValues"]
        stop, start = self._stop(request), request.body.get("ExclusiveStartKey")
        if request.body["ScanIndexForward"]:
            return bisect_right(self._keys, values[":high"]["S"] if stop is None else stop)
        if start is not None:
            return bisect_left(self._keys, start["SK"]["S"])
        return bisect_right(self._keys, values[":high"]["S"])

    @staticmethod
    def _stop(request: Request) -> str | None:
        last = request.answer.get("LastEvaluatedKey")
        return None if last is None else str(last["SK"]["S"])
