"""Reads and makes the counters in which entries of calls count, and marks the entries. Without a budget, it reads
nothing.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from calling_credit.budgets.budget import Budget, budget_from_item
from calling_credit.budgets.counters import CounterKey, SpendCounter, ensure_spend_counters, read_spend_counters
from calling_credit.budgets.spending import (
    CALLS,
    Budgets,
    CounterFlags,
    counters_in_force,
    counters_of_before,
    mark_spending,
)
from calling_credit.budgets.thresholds import told_flags
from calling_credit.clock import Patience
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable, raise_unreadable, readable
from calling_credit.ledger.entries import Entry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POSTED_WITHIN: Final = 150.0
"""For how many seconds marked entries may be posted. Together with the minute for which posting caches accounts, it is
less than what `COUNTS_AFTER` and `COUNTED_AFTER` leave until the entries without a mark are counted.
"""
_PROJECTION: Final = "PK, SK, budget_micros, budget_at, budget_from, budget_until, budget_month"


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
    return _mark(client, table_name, entries, budgets, on_unreadable)[0]


def _mark(
    client: "DynamoDBClient", table_name: str, entries: list[Entry], budgets: Budgets, on_unreadable: OnUnreadable
) -> tuple[list[Entry], dict[CounterKey, SpendCounter]]:
    """Mark entries, see `mark_counted_spending`. Return them, and the counters that were read."""
    if not budgets:
        return entries, {}
    in_force = counters_in_force(entries, budgets)
    limiting = {key: budget for key, budget in in_force.items() if budget.monthly_micros is not None}
    counters = ensure_spend_counters(client, table_name, limiting, on_unreadable) if limiting else {}
    if before := counters_of_before(entries, budgets):
        counters |= read_spend_counters(client, table_name, before, on_unreadable)
    found = counters.keys() | (in_force.keys() - limiting.keys())
    return mark_spending(entries, found, budgets), counters


def mark_replacing_entries(
    client: "DynamoDBClient", table_name: str, entries: Sequence[Entry]
) -> tuple[list[Entry], CounterFlags]:
    """Mark entries that replace charges of one account, by the budgets that their lines and users have now. Return
    them, and the flags that their counters get when they give back.

    Raises:
        Unavailable: the table did not answer in time.
        UnreadableItem: a line, user, or counter cannot be read.
    """
    names = {
        (keys.account_pk(entry.account_id), sort_key(str(entry.explanation[name])))
        for entry in entries
        for name, sort_key in (("line_id", keys.line_sk), ("user_id", keys.user_sk))
        if entry.kind in CALLS and name in entry.explanation
    }
    items = read_many(client, table_name, sorted(names), projection=_PROJECTION) if names else {}
    lines: dict[tuple[str, str], Budget] = {}
    users: dict[tuple[str, str], Budget] = {}
    for item in readable(items.values(), from_attributes, raise_unreadable):
        budgets = lines if item["SK"].startswith(keys.line_prefix()) else users
        if (budget := budget_from_item(item)) is not None:
            budgets[keys.account_of(item["PK"]), keys.id_of(item["SK"])] = budget
    marked, counters = _mark(client, table_name, list(entries), Budgets(lines, users), raise_unreadable)
    return marked, {key: flags for key, counter in counters.items() if (flags := told_flags(counter))}


def seconds_to_post(seconds_left: Callable[[], float]) -> Callable[[], float]:
    """The time left to post entries that were just marked: after it, mark them again."""
    patience = Patience(POSTED_WITHIN)
    return lambda: min(seconds_left(), patience.left() or 0.0)
