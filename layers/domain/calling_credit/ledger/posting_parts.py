"""What one transaction of posting is to do, and what its cancellation proves: entries that are there already, holds
that are not what they were read as. Sends nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

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

    def take_out_entries(self, failed: Mapping[int, dict[str, Any]]) -> dict[EntryKey, Outcome]:
        """Take out the entries that exist already, and return their outcomes.

        `failed` holds the failed conditions by position: the entries come first, then the holds. A conflicting call
        releases no hold.
        """
        outcomes: dict[EntryKey, Outcome] = {
            entry.key: "replayed" if failed[position].get("facts_hash") == {"S": entry.facts_hash} else "conflict"
            for position, entry in enumerate(self.entries)
            if position in failed
        }
        self.entries = [entry for entry in self.entries if entry.key not in outcomes]
        self.holds = {key: hold for key, hold in self.holds.items() if outcomes.get(key) != "conflict"}
        return outcomes

    def update_holds(self, failed: Mapping[int, dict[str, Any]]) -> None:
        """Replace the holds that have changed since they were read. An extended hold is released as it is now; a hold
        that is no longer live is left out, and its call is posted without it.
        """
        for position, key in enumerate(list(self.holds), len(self.entries)):
            if position not in failed:
                continue
            hold = read_hold_item(failed[position]) if failed[position] else None
            if hold is not None and hold.status == LIVE:
                self.holds[key] = hold
            else:
                del self.holds[key]


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
