"""What one transaction of posting is to do, and what its cancellation proves: entries that are there already, holds
that are not what they were read as. Sends nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

from calling_credit.dynamodb.errors import CONDITION_FAILED, cancellation_reasons
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.hold_store import read_hold_item
from calling_credit.ledger.holds import LIVE, Hold

T = TypeVar("T")
Outcome = Literal["posted", "replayed", "conflict", "unknown_account", "not_posted"]
EntryKey = tuple[str, str, str]
"""Account, when it happened, its cause."""

MAX_ACTIONS: Final = 100
"""DynamoDB's limit on one transaction."""


@dataclass(slots=True)
class Part:
    """Entries of one account, and the holds of its finished calls to release with them, by the calls' keys."""

    entries: list[Entry] = field(default_factory=list)
    holds: dict[EntryKey, Hold] = field(default_factory=dict)

    @property
    def keys(self) -> list[EntryKey]:
        """Of each action but those on days and balance, the call it is for."""
        return [*(entry.key for entry in self.entries), *self.holds]

    def give(self, outcome: Outcome) -> dict[EntryKey, Outcome]:
        """One outcome for everything in it."""
        return dict.fromkeys(self.keys, outcome)

    def take_out_entries(self, error: Exception) -> dict[EntryKey, Outcome]:
        """The outcome of each entry that a cancelled transaction proves something about; these are left out then.

        The reasons stand in the order of the actions: the entries, then the holds, then the days, then the balance. A
        reason of None beside another proves nothing, so that entry stays. A call whose facts are another's releases
        nothing.
        """
        reasons = cancellation_reasons(error)
        if reasons and reasons[-1].get("Code") == CONDITION_FAILED:
            proven = self.give("unknown_account")
            self.entries, self.holds = [], {}
            return proven
        proven = {}
        for entry, reason in zip(self.entries, reasons, strict=False):
            if reason.get("Code") == CONDITION_FAILED:
                proven[entry.key] = "replayed" if _facts_hash(reason) == entry.facts_hash else "conflict"
        self.entries = [entry for entry in self.entries if entry.key not in proven]
        self.holds = {key: hold for key, hold in self.holds.items() if proven.get(key) != "conflict"}
        return proven

    def look_at_holds(self, error: Exception) -> bool:
        """Whether a cancelled transaction shows that some hold is not what it was read as. One that was extended since
        is released as it is now; one that is not live any more is left alone, and its call is posted without it.
        """
        others = {
            key: reason.get("Item")
            for key, reason in zip(self.holds, cancellation_reasons(error)[len(self.entries) :], strict=False)
            if reason.get("Code") == CONDITION_FAILED
        }
        for key, item in others.items():
            hold = read_hold_item(item) if item else None
            if hold is not None and hold.status == LIVE:
                self.holds[key] = hold
            else:
                del self.holds[key]
        return bool(others)


def fitting(items: Iterable[T], actions: Callable[[list[T]], int]) -> Iterator[list[T]]:
    """Items in their order, split so that each part, of which `actions` counts what it needs, fits one transaction."""
    part: list[T] = []
    for item in items:
        if part and actions([*part, item]) > MAX_ACTIONS:
            yield part
            part = []
        part.append(item)
    if part:
        yield part


def _facts_hash(reason: Mapping[str, Any]) -> str | None:
    known: str | None = reason.get("Item", {}).get("facts_hash", {}).get("S")
    return known


def parts(whole: Part) -> Iterator[Part]:
    """One account's work, split so that each part, with its days and the balance, fits one transaction."""
    part, days = Part(), set[tuple[str, str]]()
    for entry in whole.entries:
        hold = whole.holds.get(entry.key)
        day = (entry.local_date, entry.category)
        if len(part.keys) + len(days | {day}) + (2 if hold is None else 3) > MAX_ACTIONS:
            yield part
            part, days = Part(), set()
        part.entries.append(entry)
        days.add(day)
        if hold is not None:
            part.holds[entry.key] = hold
    with_entry = {entry.key for entry in whole.entries}
    for key, hold in whole.holds.items():
        if key in with_entry:
            continue
        if len(part.keys) + len(days) + 2 > MAX_ACTIONS:
            yield part
            part, days = Part(), set()
        part.holds[key] = hold
    if part.keys:
        yield part
