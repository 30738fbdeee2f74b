"""The counters that go with entries of calls: daily sums, included minutes, and spending. Does not read the table."""

from collections.abc import Iterable

from calling_credit.accounts import daily_sums
from calling_credit.budgets.spending import NO_FLAGS, CounterFlags, changes_of_spending
from calling_credit.dynamodb import keys, minute_keys
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.posting_plan import CounterChange, Counters, entry_name
from calling_credit.ledger.returned_reserves import with_changes


def counters_of(entries: Iterable[Entry], flags: CounterFlags = NO_FLAGS) -> Counters:
    """The changes of counters that go with entries, by the name of the entry's action: each adds to the daily sums and
    to the spending in which it says that it counts, and moves its covered seconds from those left to those used. An
    entry that gives spending back sets the `flags` of its counters.
    """
    entries = list(entries)
    counters = dict(daily_sums.counters_of(entries))
    for entry in entries:
        seconds = int(entry.explanation.get("covered_seconds") or 0)
        if seconds:
            sort_key = minute_keys.minutes_sk(str(entry.explanation["bundle"]))
            deltas = {"left_seconds": -seconds, "used_seconds": seconds}
            change = CounterChange(keys.account_pk(entry.account_id), sort_key, deltas)
            counters[entry_name(entry)] = (*counters.get(entry_name(entry), ()), change)
    return with_changes(counters, changes_of_spending(entries, flags))
