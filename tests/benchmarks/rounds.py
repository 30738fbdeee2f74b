"""The rows of the minute sweepers: requests and read units of one round of `reconcile_payments` at 1,000, 10,000, and
100,000 accounts with an armed rule, when nothing is due, in the usual minute, and when everything is due at once.

moto takes minutes for such a table, so a client in memory simulates the sweep index: it answers queries page by page.
The rest of the table does not depend on the number of accounts, so two requests are counted for each woken rule.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from calling_credit.dynamodb.rounds import Round
from calling_credit.dynamodb.sweep_keys import sweep_pk
from calling_credit.instants import format_instant
from calling_credit.recharge.items import RECHARGE_KIND
from tests.benchmarks.rows import Row

ACCOUNTS = (1_000, 10_000, 100_000)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KINDS = ("topup", "refund", RECHARGE_KIND, "suspicious")
ITEM_BYTES = 900
"""The size of a rule with its state."""
REQUESTS_PER_RULE = 2
"""A woken rule is read and written: one GetItem, one transaction."""
DUE: dict[str, Callable[[int], int]] = {
    "nothing due": lambda accounts: 0,
    "1 of 360 due": lambda accounts: accounts // 360,
    "everything due": lambda accounts: accounts,
}


class SimulatedIndex:
    """The sweep index with the armed rules of some accounts. Counts requests and read units."""

    def __init__(self, accounts: int, due: int) -> None:
        self.requests: Counter[str] = Counter()
        self.read_bytes: list[int] = []
        rows: dict[str, list[tuple[str, str]]] = {}
        for number in range(accounts):
            account_id = f"acct_{number:06d}"
            at = NOW - timedelta(seconds=30) if number < due else NOW + timedelta(hours=1)
            place = f"{format_instant(at)}#{account_id}"
            rows.setdefault(sweep_pk(RECHARGE_KIND, account_id), []).append((place, account_id))
        self._rows = {name: sorted(partition) for name, partition in rows.items()}

    def get_item(self, **_: Any) -> dict[str, Any]:
        """Answer that no position is stored."""
        self.requests["GetItem"] += 1
        return {}

    def put_item(self, **_: Any) -> dict[str, Any]:
        """Store a position."""
        self.requests["PutItem"] += 1
        return {}

    def query(self, **parameters: Any) -> dict[str, Any]:
        """Answer one page of a partition of the index."""
        self.requests["Query"] += 1
        values = parameters["ExpressionAttributeValues"]
        partition = self._rows.get(values[":kind"]["S"], [])
        start = parameters.get("ExclusiveStartKey", {}).get("sweep_sk", {}).get("S", "")
        first = bisect_right(partition, (start, "~")) if start else 0
        last = bisect_left(partition, (values[":until"]["S"], ""))
        page = partition[first : min(last, first + parameters["Limit"])]
        self.read_bytes.append(len(page) * ITEM_BYTES)
        items = [
            {"PK": {"S": f"ACCOUNT#{name}"}, "SK": {"S": "AUTO_RECHARGE"}, "sweep_sk": {"S": place}}
            for place, name in page
        ]
        more = {"LastEvaluatedKey": items[-1]} if first + len(page) < last and items else {}
        return {"Items": items, **more}

    def read_units(self) -> float:
        """Half a unit for each started 4 KB of an answer, at least one half."""
        return sum(max(1, -(-size // 4096)) / 2 for size in self.read_bytes) + self.requests["GetItem"]


def measure(accounts: int, due: int) -> tuple[int, float, int]:
    """Return requests, read units, and woken rules of one round with enough time."""
    index = SimulatedIndex(accounts, due)
    client: Any = index
    this_round = Round(client, "table", "reconcile_payments", NOW)
    woken = sum(1 for kind in KINDS for _ in this_round.due(kind, lambda: 60.0))
    this_round.save()
    lease = 2
    requests = index.requests.total() + lease + woken * REQUESTS_PER_RULE
    return requests, index.read_units() + woken, woken


def round_rows() -> list[Row]:
    """Return the rows. Without due rules, the requests do not grow with the number of accounts."""
    rows = []
    budgets = {
        "nothing due": (19, 19, 19),
        "1 of 360 due": (25, 77, 580),
        "everything due": (2_040, 6_200, 6_200),
    }
    for name, count_due in DUE.items():
        for accounts, budget in zip(ACCOUNTS, budgets[name], strict=True):
            requests, units, woken = measure(accounts, count_due(accounts))
            shown = f"{requests:,}, {units:,.0f} read units, {woken:,} rules"
            what = f"Requests of a sweeper's round, {accounts:,} accounts, {name}"
            rows.append(Row(what, "count", budget, requests, shown))
    return rows
