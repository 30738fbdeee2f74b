"""A simulated table with one account of any size, which answers a client of DynamoDB below the SDK."""

import json
import time
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from math import ceil
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attributes
from tests.benchmarks.capacity import READ_UNIT_BYTES, item_bytes
from tests.harness.wire import Raw

PAGE_BYTES = 1_048_576
CATEGORY = "outbound_international_call"
HOLDS_KEPT_DAYS = 91
PRICE = -20_000


class ProofTable:
    """An account with that many entries on the days of at most a year, as many holds of 91 days, and a payment."""

    def __init__(self, entries: int, night: date) -> None:
        self.account_id = "acct_bench"
        self.items: dict[str, tuple[int, str]] = {}
        self.read_units, self.requests, self.own_seconds = 0.0, 0, 0.0
        self._sorted: list[str] = []
        self._night = night
        self._balance = 0
        self._days = min(365, entries)
        self._per_day = [entries // self._days + (day < entries % self._days) for day in range(self._days)]
        for day, count in enumerate(self._per_day):
            self._add_day(night - timedelta(days=self._days - day + 2), count)
        self._put_balance()

    def add_days(self, days: int) -> None:
        """Add the calls of further days, which no proof has seen."""
        for day in range(days):
            self._add_day(self._night - timedelta(days=days - day), self._per_day[0])
        self._put_balance()

    def forget_counts(self) -> None:
        """Count from now on."""
        self.read_units, self.requests, self.own_seconds = 0.0, 0, 0.0

    def answer(self, client: Any) -> None:
        """Answer the requests of a client."""
        client.meta.events.register("before-send.dynamodb", self._answer)

    def _add_day(self, local_date: date, count: int) -> None:
        for number in range(count):
            at = f"{local_date}T{number * 60 // count % 24:02d}:{number % 60:02d}:00.{number % 1000:03d}Z"
            call = f"c_{local_date:%Y%m%d}{number:08d}abcdefgh"
            self._put(entry(at, call, local_date))
            if (self._night - local_date).days < HOLDS_KEPT_DAYS:
                self._put(hold(at, call))
        totals = {"entry_count": count, "billed_seconds": 60 * count, "total_micros": PRICE * count}
        self._put({"SK": keys.day_sk(local_date.isoformat(), CATEGORY), **totals, "schema": 1})
        self._balance += PRICE * count

    def _put_balance(self) -> None:
        posted = self._balance
        self._put(
            {
                "SK": keys.balance_sk(),
                "posted_micros": posted,
                "held_micros": 0,
                "available_micros": posted,
                "headroom_micros": posted + 10**15,
                "live_holds": 0,
                "nudge": 0,
                "schema": 1,
            }
        )

    def _put(self, item: dict[str, Any]) -> None:
        self._store(to_attributes({"PK": keys.account_pk(self.account_id), **item}))

    def _store(self, attributes: dict[str, Any]) -> None:
        text = json.dumps(attributes, separators=(",", ":"))
        self.items[attributes["SK"]["S"]] = (item_bytes(attributes), text)
        self._sorted = []

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        began = time.process_time()
        target, body = (
            request.headers["X-Amz-Target"],
            json.loads(str(request.body, "utf-8") if isinstance(request.body, bytes) else str(request.body)),
        )
        operation = (target.decode() if isinstance(target, bytes) else str(target)).rsplit(".", 1)[1]
        text = {"Query": self._query, "GetItem": self._get, "UpdateItem": self._update}[operation](body)
        self.requests += 1
        raw: Any = Raw(text.encode())
        response = AWSResponse(request.url, 200, HTTPHeaders(), raw)
        self.own_seconds += time.process_time() - began
        return response

    def _query(self, body: dict[str, Any]) -> str:
        values = body["ExpressionAttributeValues"]
        if "IndexName" in body or values[":pk"]["S"] != keys.account_pk(self.account_id):
            return self._page([], "", body)
        self._sorted = self._sorted or sorted(self.items)
        low = bisect_left(self._sorted, values.get(":low", {"S": ""})["S"])
        if "ExclusiveStartKey" in body:
            low = bisect_right(self._sorted, body["ExclusiveStartKey"]["SK"]["S"])
        high = bisect_right(self._sorted, values.get(":high", {"S": keys.AFTER})["S"])
        size, found = 0, list[str]()
        for name in self._sorted[low:high]:
            if size + self.items[name][0] > PAGE_BYTES:
                return self._page(found, found[-1], body)
            size += self.items[name][0]
            found.append(name)
        return self._page(found, "", body)

    def _page(self, found: list[str], last: str, body: dict[str, Any]) -> str:
        size = sum(self.items[name][0] for name in found)
        self.read_units += max(1, ceil(size / READ_UNIT_BYTES)) * (1.0 if body.get("ConsistentRead") else 0.5)
        key = {"PK": {"S": keys.account_pk(self.account_id)}, "SK": {"S": last}}
        more = f',"LastEvaluatedKey":{json.dumps(key)}' if last else ""
        return f'{{"Items":[{",".join(self.items[name][1] for name in found)}]{more}}}'

    def _get(self, body: dict[str, Any]) -> str:
        is_known = body["Key"]["PK"]["S"] == keys.account_pk(self.account_id)
        size, text = self.items.get(body["Key"]["SK"]["S"], (0, "")) if is_known else (0, "")
        self.read_units += max(1, ceil(size / READ_UNIT_BYTES))
        return f'{{"Item":{text}}}' if text else "{}"

    def _update(self, body: dict[str, Any]) -> str:
        values = body["ExpressionAttributeValues"]
        names = {"days": ":days", "proven_at": ":now", "full_on": ":full_on", "schema": ":schema"}
        self._store(body["Key"] | {name: values[value] for name, value in names.items()})
        return "{}"


def entry(at: str, call: str, local_date: date) -> dict[str, Any]:
    """The entry of a call, as large as those of the rater."""
    return {
        "SK": keys.entry_sk(at, call),
        "kind": "call_charged",
        "category": CATEGORY,
        "amount_micros": PRICE,
        "debit": "customer_credit",
        "credit": "call_revenue",
        "local_date": local_date.isoformat(),
        "recorded_at": at,
        "facts_hash": "0123456789abcdef0123456789abcdef",
        "facts_version": 2,
        "billed_seconds": 60,
        "call_id": call,
        "line_id": "line_0001",
        "user_id": "user_0001",
        "from": "+14155550100",
        "to": "+442071838750",
        "destination": "United Kingdom - Landline",
        "country": "GB",
        "prefix": "44",
        "deck": "2026-11-01T00-00-00Z-0123456789ab",
        "rate_micros_per_minute": -PRICE,
        "connection_fee_micros": 0,
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "duration_seconds": 55,
        "granted_seconds": 600,
        "schema": 1,
    }


def hold(at: str, call: str) -> dict[str, Any]:
    """The released hold of a call, kept for 91 days."""
    return {
        "SK": keys.hold_sk(call),
        "status": "released",
        "amount_micros": 200_000,
        "max_seconds": 600,
        "authorized_at": at,
        "asked_at": at,
        "asked_seconds": 600,
        "deck": "2026-11-01T00-00-00Z-0123456789ab",
        "data": "x" * 220,
        "line_id": "line_0001",
        "expires_at": 1_800_000_000,
        "schema": 1,
    }
