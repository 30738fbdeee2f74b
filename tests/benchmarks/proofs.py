"""The rows of the nightly proof: what it reads of an account of any size, and how long a night of all accounts takes.

The accounts are simulated: a table answers the real client below the SDK, in pages of 1 MB as DynamoDB does, with items
of the form and size that the rater posts. The CPU time is that of the proof with its SDK, without the table's.
"""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from calling_credit.audit.changed_days import live_holds
from calling_credit.audit.checkpoints import FULL_PROOF_DAYS
from calling_credit.audit.nightly_proof import Task, prove_tonight
from calling_credit.dynamodb.client import dynamodb_client
from tests.benchmarks.proof_table import ProofTable
from tests.benchmarks.rows import Row
from tests.harness.table import TABLE

NIGHT = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 3, 17, tzinfo=UTC)
FEW, MANY = 100, 100_000
ACCOUNTS, ENTRIES = 100_000, 120_000_000
CONCURRENCY = 5
"""As in the template."""
SECONDS_PER_REQUEST = 0.01
"""Assumed, for one request to DynamoDB with at most 1 MB."""
STRIPE_SECONDS = 0.3
"""Assumed, for the list of an account's payments, which only a full proof reads."""
HOURS = 4
BUDGETS = {
    (FEW, "nothing changed"): (10, 5),
    (FEW, "2 days changed"): (15, 8),
    (FEW, "in full"): (40, 8),
    (MANY, "nothing changed"): (25, 5),
    (MANY, "2 days changed"): (150, 8),
    (MANY, "in full"): (20_000, 100),
}
"""Read units and requests, by entries and what changed."""
RUN_SECONDS = 900
"""The time of one run before, which proved account after account and once a night."""


@dataclass(frozen=True)
class Cost:
    """The cost of a proof."""

    read_units: float
    requests: int
    cpu_seconds: float

    @property
    def seconds(self) -> float:
        """How long it takes on one processor, under the assumed time of a request."""
        return self.cpu_seconds + self.requests * SECONDS_PER_REQUEST


def proof_rows() -> list[Row]:
    """Return the rows, with the accounts of few entries first."""
    rows: list[Row] = []
    for entries in (FEW, MANY):
        table = ProofTable(entries, NIGHT)
        full, same = prove(table, is_full=True), prove(table)
        table.add_days(2)
        changed = prove(table)
        for what, cost in (("nothing changed", same), ("2 days changed", changed), ("in full", full)):
            name = f"a nightly proof of {entries:,} entries, {what}"
            units, requests = BUDGETS[entries, what]
            rows.append(Row(f"read units of {name}", "count", units, cost.read_units))
            rows.append(Row(f"requests of {name}", "count", requests, cost.requests))
    return [*rows, night_row()]


def prove(table: ProofTable, *, is_full: bool = False) -> Cost:
    """Prove the account of a table; return the cost.

    Raises:
        RuntimeError: the proof found a difference, so its cost is invalid.
    """
    night = next(day for day in nights() if Task(table.account_id, day).is_full is is_full)
    client = dynamodb_client()
    table.answer(client)
    prove_tonight(client, TABLE, None, Task("acct_warm", night), {}, NOW)  # The SDK loads its model.
    table.forget_counts()
    began = time.process_time()
    listed = live_holds(client, TABLE, [table.account_id])
    if prove_tonight(client, TABLE, None, Task(table.account_id, night), listed, NOW) != []:
        raise RuntimeError("the simulated account differs, so the cost is invalid")
    return Cost(table.read_units, table.requests, time.process_time() - began - table.own_seconds)


def nights() -> list[date]:
    """The nights of a month. The checkpoints are as old as the month is long, so that no lost turn is made up for."""
    return [NIGHT + timedelta(days=day) for day in range(FULL_PROOF_DAYS)]


def night_row() -> Row:
    """The hours of a night with all accounts, each of average size, of which two days changed."""
    average = ProofTable(ENTRIES // ACCOUNTS, NIGHT)
    full = prove(average, is_full=True)
    average.add_days(2)
    light = prove(average)
    full_seconds = full.seconds + STRIPE_SECONDS
    seconds = ACCOUNTS * (light.seconds * (FULL_PROOF_DAYS - 1) + full_seconds) / FULL_PROOF_DAYS
    hours = seconds / CONCURRENCY / 3600
    detail = (
        f"{hours:.1f} (computed: {light.requests} requests and {1000 * light.cpu_seconds:.0f} ms CPU an account, "
        f"{full.requests} and {1000 * full.cpu_seconds:.0f} ms in full; 10 ms a request; "
        f"one run a night without a queue: {ACCOUNTS * full_seconds / RUN_SECONDS:.0f} nights)"
    )
    return Row(
        f"hours of a night, {ACCOUNTS:,} accounts with {ENTRIES:,} entries, {CONCURRENCY} at a time",
        "count",
        HOURS,
        hours,
        shown=detail,
    )
