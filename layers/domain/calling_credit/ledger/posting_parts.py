"""The parts of a posting: which entries and holds fit one transaction, and how failed conditions change them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from calling_credit.dynamodb.unreadable import OnUnreadable, readable
from calling_credit.ledger.entries import Entry, same_facts
from calling_credit.ledger.hold_items import hold_from_item
from calling_credit.ledger.holds import Hold
from calling_credit.ledger.posting_plan import (
    MAX_ACTIONS,
    NO_COUNTERS,
    ActionName,
    Counters,
    entry_items,
    entry_name,
    hold_items,
    hold_name,
)
from calling_credit.ledger.returned_reserves import counter_items

T = TypeVar("T")


class PostingOutcome(StrEnum):
    """The outcome of posting an entry."""

    POSTED = "posted"
    REPLAYED = "replayed"
    CONFLICT = "conflict"
    UNKNOWN_ACCOUNT = "unknown_account"
    NOT_POSTED = "not_posted"


EntryKey = tuple[str, str, str]
"""Account, time, and cause."""


@dataclass(slots=True)
class Part:
    """Entries of one account, and the holds to release with them, by the calls' keys. `counters` may name entries and
    holds of other parts.
    """

    entries: list[Entry] = field(default_factory=list)
    holds: dict[EntryKey, Hold] = field(default_factory=dict)
    counters: Counters = field(default_factory=lambda: NO_COUNTERS)

    @property
    def keys(self) -> list[EntryKey]:
        """The key of each entry and hold."""
        return [*(entry.key for entry in self.entries), *self.holds]

    def with_outcome(self, outcome: PostingOutcome) -> dict[EntryKey, PostingOutcome]:
        """Map every entry and hold to the same outcome."""
        return dict.fromkeys(self.keys, outcome)

    def remove_existing(self, failed: Mapping[ActionName, dict[str, Any]]) -> dict[EntryKey, PostingOutcome]:
        """Remove the entries that already exist, and return their outcomes.

        `failed` holds the failed conditions by the names of their actions. A conflicting call releases no hold.
        """
        outcomes: dict[EntryKey, PostingOutcome] = {
            entry.key: PostingOutcome.REPLAYED if same_facts(failed[name], entry) else PostingOutcome.CONFLICT
            for entry in self.entries
            if (name := entry_name(entry)) in failed
        }
        self.entries = [entry for entry in self.entries if entry.key not in outcomes]
        self.holds = {key: hold for key, hold in self.holds.items() if outcomes.get(key) != PostingOutcome.CONFLICT}
        return outcomes

    def singles(self) -> "Iterator[Part]":
        """Each entry with its hold, and each hold without an entry, as a part of its own."""
        for entry in self.entries:
            holds = {entry.key: self.holds[entry.key]} if entry.key in self.holds else {}
            yield Part([entry], holds, self.counters)
        entered = {entry.key for entry in self.entries}
        for key, hold in self.holds.items():
            if key not in entered:
                yield Part([], {key: hold}, self.counters)

    def refresh_holds(self, failed: Mapping[ActionName, dict[str, Any]], on_unreadable: OnUnreadable) -> None:
        """Read the changed holds from the failed conditions. An extended hold is released in its current state. A hold
        that is no longer live or readable, or that its event may no longer release, is removed, and its call is posted
        without it.
        """
        for key in list(self.holds):
            name = hold_name(key[2])
            if name not in failed:
                continue
            hold = next(readable([failed[name]] if failed[name] else [], hold_from_item, on_unreadable), None)
            if hold is not None and (changed := hold.ended_like(self.holds[key])) is not None:
                self.holds[key] = changed
            else:
                del self.holds[key]


def split_to_fit(items: Iterable[T], actions: Callable[[list[T]], int]) -> Iterator[list[T]]:
    """Split items, in order, into parts that fit one transaction. `actions` counts the actions of a part."""
    part: list[T] = []
    for item in items:
        if part and actions([*part, item]) > MAX_ACTIONS:
            yield part
            part = []
        part.append(item)
    if part:
        yield part


def parts(whole: Part) -> Iterator[Part]:
    """Split one account's part so that each piece fits one transaction with all its distinct items: entries, holds,
    days, counters, and the balance.
    """
    part, items = Part(counters=whole.counters), set[ActionName]()
    for entry in whole.entries:
        hold = whole.holds.get(entry.key)
        needed = entry_items(entry, whole.counters)
        if hold is not None:
            needed |= hold_items(entry.cause_id, whole.counters) | counter_items(whole.holds, entry.key)
        if items and len(items) + len(needed - items) > MAX_ACTIONS:
            yield part
            part, items = Part(counters=whole.counters), set()
        items |= needed
        part.entries.append(entry)
        if hold is not None:
            part.holds[entry.key] = hold
    with_entry = {entry.key for entry in whole.entries}
    for key, hold in whole.holds.items():
        if key in with_entry:
            continue
        needed = hold_items(key[2], whole.counters) | counter_items(whole.holds, key)
        if items and len(items) + len(needed - items) > MAX_ACTIONS:
            yield part
            part, items = Part(counters=whole.counters), set()
        items |= needed
        part.holds[key] = hold
    if part.keys:
        yield part
