"""The daily sums of an account with `breakdown`: one item for each local day with its spending by user, line, and
country. Does not read the table.

An entry says itself how it is counted: its `sums` is the sum of the bits of the dimensions in which it counts under its
own name (7: in all). In the other dimensions it counts as the rest, because the day has enough names. So an entry that
replaces another moves the same sums, and the sums of a day are always those of its marked entries.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from calling_credit.dynamodb import keys, sum_keys
from calling_credit.dynamodb.batch_get import Key
from calling_credit.ledger.entries import Entry, EntryKind
from calling_credit.ledger.posting_plan import CounterChange, Counters, entry_name

MAX_NAMES: Final = 50
"""The names of one dimension on one day. The item of a day with more would become large and expensive to write."""
REST: Final = "*"
"""The name under which the rest counts. No id contains it."""
TRUSTED_AFTER: Final = timedelta(days=1, minutes=30)
"""How long after `breakdown` was switched on a day must begin for its sums to hold all its calls: until then, functions
may post by settings that they read a minute earlier, and a call may begin up to a day after it is posted.
"""
_FARTHEST_EAST: Final = timedelta(hours=14)
"""How far local time is ahead of UTC at most. The account may have changed its time zone."""


class Dimension(StrEnum):
    """By what the spending of a day is broken down."""

    USER = "u"
    LINE = "l"
    COUNTRY = "c"


BITS: Final = {Dimension.USER: 1, Dimension.LINE: 2, Dimension.COUNTRY: 4}
"""The bit of each dimension in the `sums` of an entry. A number is short, so the largest entry takes one write unit."""
ATTRIBUTES: Final = {Dimension.USER: "user_id", Dimension.LINE: "line_id", Dimension.COUNTRY: "country"}
"""The attribute of an entry that names it in a dimension."""
_SHORT: Final = {"outbound_international_call": "I", "outbound_premium_call": "P"}
"""The usual categories are part of many attribute names, so they have short forms."""
_CATEGORIES: Final = {short: category for category, short in _SHORT.items()}
NamesOfDay = Mapping[Dimension, set[str]]
"""The names that the sums of a day already have."""


@dataclass(slots=True)
class Sums:
    """Calls, their billed seconds, and their price. A charge that is taken back counts against all three."""

    calls: int = 0
    billed_seconds: int = 0
    micros: int = 0

    def add(self, other: "Sums") -> None:
        """Add other sums."""
        self.calls += other.calls
        self.billed_seconds += other.billed_seconds
        self.micros += other.micros


MEASURES: Final = {"n": "calls", "s": "billed_seconds", "m": "micros"}
"""The ends of attribute names, and what they add up."""


@dataclass(frozen=True, slots=True)
class NamedSums:
    """The sums of one name in one dimension and category. `name` is "" for calls without a user."""

    category: str
    dimension: Dimension
    name: str
    sums: Sums


def sums_of_entry(kind: str, billed_seconds: int, amount_micros: int) -> Sums | None:
    """What an entry adds to the spending on calls; None if it is not the entry of a call."""
    if kind not in (EntryKind.CALL_CHARGED, EntryKind.CALL_TAKEN_BACK):
        return None
    return Sums(-1 if kind == EntryKind.CALL_TAKEN_BACK else 1, billed_seconds, -amount_micros)


def first_trusted_day(since: str) -> date:
    """The first local day whose sums hold all its calls, for `breakdown` that is on since an instant."""
    begins_from = datetime.fromisoformat(since) + TRUSTED_AFTER + _FARTHEST_EAST
    return (begins_from + timedelta(days=1, microseconds=-1)).date()


def day_keys(entries: Iterable[Entry], accounts: frozenset[str]) -> set[Key]:
    """The keys of the daily sums to which the entries of these accounts add."""
    return {_key(entry) for entry in entries if entry.account_id in accounts}


def mark_counted(
    entries: Iterable[Entry],
    accounts: frozenset[str],
    names: Mapping[Key, NamesOfDay],
    damaged: Collection[Key] = (),
) -> Iterator[Entry]:
    """Mark the first charges of calls of these accounts as counted; return other entries unchanged. `names` are those
    that the sums of each day have; new ones are added while there is room. Days with `damaged` sums count nothing.
    """
    known = {key: {dimension: set(of_day) for dimension, of_day in day.items()} for key, day in names.items()}
    for entry in entries:
        if entry.account_id not in accounts or _key(entry) in damaged:
            yield entry
            continue
        of_day = known.setdefault(_key(entry), {})
        sums = sum(bit for dimension, bit in BITS.items() if _has_room(of_day, dimension, entry))
        yield replace(entry, explanation={**entry.explanation, "sums": sums})


def counters_of(entries: Iterable[Entry]) -> Counters:
    """The changes of the daily sums that go with marked entries."""
    counters: dict[tuple[str, ...], tuple[CounterChange, ...]] = {}
    for entry in entries:
        marked = entry.explanation.get("sums")
        added = sums_of_entry(entry.kind, entry.billed_seconds, entry.amount_micros)
        if marked is not None and added is not None:
            deltas = entry_deltas(entry.category, entry.explanation, int(marked), added)
            counters[entry_name(entry)] = (CounterChange(*_key(entry), deltas),)
    return counters


def entry_deltas(category: str, facts: Mapping[str, Any], marked: int, added: Sums) -> dict[str, int]:
    """The change that one entry makes, by attribute of the day's item."""
    short = _SHORT.get(category, category)
    deltas = {}
    for dimension in Dimension:
        name = _name(facts, dimension) if marked & BITS[dimension] else REST
        for end, measure in MEASURES.items():
            deltas[f"{short}#{dimension}#{name}#{end}"] = getattr(added, measure)
    return deltas


def read_sums(item: Mapping[str, Any]) -> Iterator[NamedSums]:
    """The sums in a `SPENT_DAY#` item of plain values."""
    found: dict[tuple[str, str, str], Sums] = {}
    for attribute, value in item.items():
        if attribute.count("#") == 3:
            short, dimension, name, end = attribute.split("#")
            setattr(found.setdefault((short, dimension, name), Sums()), MEASURES[end], value)
    for (short, dimension, name), sums in found.items():
        yield NamedSums(_CATEGORIES.get(short, short), Dimension(dimension), name, sums)


def names_of(item: Mapping[str, Any]) -> dict[Dimension, set[str]]:
    """The names that the sums of a day have, from its item in attribute values."""
    names: dict[Dimension, set[str]] = {}
    for attribute, value in item.items():
        if attribute.count("#") == 3:
            int(value["N"])  # DynamoDB adds to nothing else.
            _, dimension, name, _ = attribute.split("#")
            names.setdefault(Dimension(dimension), set()).add(name)
    return names


def _has_room(of_day: dict[Dimension, set[str]], dimension: Dimension, entry: Entry) -> bool:
    names, name = of_day.setdefault(dimension, set()), _name(entry.explanation, dimension)
    if name not in names and len(names - {REST}) >= MAX_NAMES:
        return False
    names.add(name)
    return True


def _name(facts: Mapping[str, Any], dimension: Dimension) -> str:
    return str(facts.get(ATTRIBUTES[dimension], ""))


def _key(entry: Entry) -> Key:
    return keys.account_pk(entry.account_id), sum_keys.spent_day_sk(entry.local_date)
