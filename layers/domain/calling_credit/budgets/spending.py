"""In which counters of budgets an entry of a call counts.

The law: `spent_micros` of a counter is the sum of the entries that name its letter, and, once it is counted, of those
that were posted before. So an entry says itself in which counters it counts, and an entry that replaces another is
marked by the same rule, or because the other was: what a correction gives back goes to the call's month.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from calling_credit.budgets.budget import Budget
from calling_credit.budgets.counters import CounterKey
from calling_credit.dynamodb import keys, spend_keys
from calling_credit.ledger.entries import Entry, EntryKind
from calling_credit.ledger.posting_plan import CounterChange, Counters, entry_name

COUNTED = "counted"
"""The attribute of an entry that holds the letters of its counters."""
YOUNG_PART = "young_micros"
"""The attribute of an entry that holds the part of its price that young money paid."""
CounterFlags = Mapping[CounterKey, tuple[str, ...]]
"""The flags that counters get."""
NO_FLAGS: Final[CounterFlags] = MappingProxyType({})
CALLS = frozenset({EntryKind.CALL_CHARGED, EntryKind.CALL_TAKEN_BACK})
"""The kinds of entries that count as spending."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """The budgets that lines and users have or had, by account and line, and by account and user."""

    lines: Mapping[tuple[str, str], Budget] = field(default_factory=dict)
    users: Mapping[tuple[str, str], Budget] = field(default_factory=dict)

    def of(self, account_id: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, Budget]]:
        """Yield the letter and the budget of the line and of the user that facts of a call name."""
        line, user = (self.lines, facts.get("line_id")), (self.users, facts.get("user_id"))
        for letter, (budgets, name) in ((spend_keys.LINE, line), (spend_keys.USER, user)):
            if name is not None and (budget := budgets.get((account_id, str(name)))) is not None:
                yield letter, budget

    def __bool__(self) -> bool:
        return bool(self.lines or self.users)


def counter_in(entry: Entry, letter: str) -> CounterKey:
    """The counter of an entry that a letter names."""
    facts = entry.explanation
    line, user, country = (str(facts.get(name, "")) for name in ("line_id", "user_id", "country"))
    [sort_key] = spend_keys.counters_of(letter, entry.local_date, line, user, country)
    return entry.account_id, sort_key


def counters_in_force(entries: Iterable[Entry], budgets: Budgets) -> dict[CounterKey, Budget]:
    """The counters of budgets that count the months of these entries, with their budgets."""
    return {
        counter_in(entry, letter): budget
        for entry in entries
        for letter, budget in _budgets_of(entry, budgets)
        if budget.counts(entry.local_date[:7])
    }


def counters_of_before(entries: Iterable[Entry], budgets: Budgets) -> set[CounterKey]:
    """The counters that count the months of these entries if they exist: those of months before the budget that is in
    force began.
    """
    return {
        counter_in(entry, letter)
        for entry in entries
        for letter, budget in _budgets_of(entry, budgets)
        if entry.local_date[:7] < budget.from_month
    }


def mark_spending(entries: Iterable[Entry], counters: Collection[CounterKey], budgets: Budgets) -> list[Entry]:
    """Mark the entries of calls that count in these counters. A letter that an entry has already stays."""
    return [_marked(entry, counters, budgets) for entry in entries]


def _marked(entry: Entry, counters: Collection[CounterKey], budgets: Budgets) -> Entry:
    found = [letter for letter, _ in _budgets_of(entry, budgets) if counter_in(entry, letter) in counters]
    if not found:
        return entry
    letters = spend_keys.in_order("".join(found) + str(entry.explanation.get(COUNTED, "")))
    return replace(entry, explanation={**entry.explanation, COUNTED: letters})


def _budgets_of(entry: Entry, budgets: Budgets) -> Iterator[tuple[str, Budget]]:
    return budgets.of(entry.account_id, entry.explanation) if entry.kind in CALLS else iter(())


def changes_of_spending(entries: Iterable[Entry], flags: CounterFlags = NO_FLAGS) -> Counters:
    """The changes of counters that go with marked entries, by the name of the entry's action.

    Args:
        flags: those that a counter gets from an entry that gives back.
    """
    counters: dict[tuple[str, ...], tuple[CounterChange, ...]] = {}
    for entry in entries:
        if entry.kind in CALLS and (letters := str(entry.explanation.get(COUNTED, ""))):
            counters[entry_name(entry)] = tuple(_change(entry, letter, flags) for letter in letters)
    return counters


def _change(entry: Entry, letter: str, flags: CounterFlags) -> CounterChange:
    spent = -entry.amount_micros
    if letter == spend_keys.YOUNG:
        young = int(entry.explanation.get(YOUNG_PART) or 0)
        spent = -young if entry.kind == EntryKind.CALL_TAKEN_BACK else young
    account_id, sort_key = key = counter_in(entry, letter)
    told = flags.get(key, ()) if entry.kind == EntryKind.CALL_TAKEN_BACK else ()
    deltas = {"spent_micros": spent, "left_micros": -spent}
    return CounterChange(keys.account_pk(account_id), sort_key, deltas, spend_keys.expires_at(sort_key), told)
