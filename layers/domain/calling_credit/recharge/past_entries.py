"""Runs a simulation of a rule on the account's recent entries."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.dynamodb import keys
from calling_credit.instants import Period, format_instant
from calling_credit.ledger.charged_calls import current_entries
from calling_credit.ledger.reader import LedgerReader
from calling_credit.recharge import simulation
from calling_credit.recharge.decision import Rule
from calling_credit.tax.calculation import NO_TAX, Taxation

MAX_ATTEMPTS: Final = 5
"""Attempts to read balance and entries without a posting between the two reads."""


def run_simulation(
    rule: Rule,
    time_zone: str,
    maximum_micros: int,
    ledger: LedgerReader,
    now: datetime,
    tax: Taxation = NO_TAX,
) -> tuple[simulation.Simulation, datetime]:
    """Simulate a rule over the last 30 days, or over the latest entries of a busy account. Return the simulation and
    the time at which it begins.
    """
    begin = now - timedelta(days=simulation.DAYS)
    posted_micros, entries = _posted_and_latest(ledger, begin, now)
    if len(entries) == simulation.MAX_ENTRIES:
        begin = datetime.fromisoformat(keys.happened_at_of(entries[-1]["SK"]))
    opening_micros = posted_micros - sum(entry["amount_micros"] for entry in entries)
    run = simulation.Simulation(rule, opening_micros, time_zone, maximum_micros, tax=tax)
    run.play(reversed(list(current_entries(entries))), begin, now)
    return run, begin


def _posted_and_latest(ledger: LedgerReader, begin: datetime, now: datetime) -> tuple[int, list[dict[str, Any]]]:
    """Read the posted balance and its entries. After a concurrent posting, read both again, a few times."""
    posted = ledger.balance().posted_micros
    entries: list[dict[str, Any]] = []
    for _ in range(MAX_ATTEMPTS):
        before = posted
        entries = list(_latest_entries(ledger, begin, now))
        posted = ledger.balance().posted_micros
        if posted == before:
            break
    return posted, entries


def _latest_entries(ledger: LedgerReader, begin: datetime, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the entries since `begin`, newest first, up to the simulation's maximum."""
    period = Period((begin - timedelta(days=1)).date(), (now + timedelta(days=1)).date())
    after: str | None = None
    left = simulation.MAX_ENTRIES
    while left:
        entries, after = ledger.entries(period, after=after, limit=min(left, 1_000), newest_first=True)
        for entry in entries:
            if keys.happened_at_of(entry["SK"]) < format_instant(begin):
                return
            left -= 1
            yield entry
        if after is None:
            return
