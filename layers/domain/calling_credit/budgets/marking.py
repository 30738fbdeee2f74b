"""Reads and makes the counters in which entries of calls count, and marks the entries. Without a budget, it reads
nothing.
"""

from typing import TYPE_CHECKING

from calling_credit.budgets.counters import ensure_spend_counters, read_spend_counters
from calling_credit.budgets.spending import Budgets, counters_in_force, counters_of_before, mark_spending
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable
from calling_credit.ledger.entries import Entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def mark_counted_spending(
    client: "DynamoDBClient",
    table_name: str,
    entries: list[Entry],
    budgets: Budgets,
    on_unreadable: OnUnreadable = ignore_unreadable,
) -> list[Entry]:
    """Mark the entries that count in counters of budgets, and make the counters that are missing. A counter that cannot
    be read counts nothing.

    Raises:
        Unavailable: the table did not answer in time.
    """
    if not budgets:
        return entries
    in_force = counters_in_force(entries, budgets)
    limits = {key: budget.monthly_micros for key, budget in in_force.items() if budget.monthly_micros is not None}
    counts_from = {key: budget.counts_from for key, budget in in_force.items()}
    found = set(ensure_spend_counters(client, table_name, limits, counts_from, on_unreadable)) if limits else set()
    found |= in_force.keys() - limits.keys()
    if before := counters_of_before(entries, budgets):
        found |= set(read_spend_counters(client, table_name, before, on_unreadable))
    return mark_spending(entries, found, budgets)
