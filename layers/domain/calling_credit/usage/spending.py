"""Where the money went: the spending on calls by user, line, country, and day, in parts that add up.

Every entry of a call adds to the sums with its sign, so that a call that was charged again counts once. So
the sums of a period and category are those of `GET /usage`. Days with daily sums are read from them; the entries of
other days are read for at most some seconds, and only up to a number of calls.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final, TypedDict

from calling_credit.accounts.daily_sums import (
    ATTRIBUTES,
    REST,
    Dimension,
    Sums,
    first_trusted_day,
    read_sums,
    sums_of_entry,
)
from calling_credit.categories import RESERVED_CATEGORIES
from calling_credit.clock import Patience
from calling_credit.dynamodb import keys, sum_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.instants import Period
from calling_credit.ledger.entry_slices import slices_of
from calling_credit.ledger.reader import LedgerReader, entry_counts
from calling_credit.money import format_money
from calling_credit.usage.call_filter import CallFilter, Directory
from calling_credit.usage.call_search import SEARCH_SECONDS, seconds_left

MAX_CALLS: Final = 10_000
"""The calls of a period whose entries are read. That takes up to 1,500 read units: slices are read ahead."""
OTHER: Final = "other"
_PROJECTION: Final = "SK, kind, amount_micros, billed_seconds, local_date, user_id, line_id, country"
GROUPS: Final = {Dimension.USER: "user", Dimension.LINE: "line", Dimension.COUNTRY: "country"}


class Source(StrEnum):
    """From what the sums come."""

    DAILY_SUMS = "daily_sums"
    ENTRIES = "entries"


class Position(TypedDict):
    """Where the next part continues: its sort key, and how many entries the parts before it evaluated."""

    after: str
    evaluated: int


@dataclass(slots=True)
class Spending:
    """The sums of one part. `since` is the first day whose daily sums were read; `limit_reached`: the period has more
    calls than are read from entries. `until` is the instant down to which entries were read, None at the end.
    """

    total: Sums = field(default_factory=Sums)
    groups: dict[str, dict[str, Sums]] = field(default_factory=lambda: {name: {} for name in (*GROUPS.values(), "day")})
    since: date | None = None
    source: Source = Source.DAILY_SUMS
    evaluated: int = 0
    until: str | None = None
    position: Position | None = None
    limit_reached: bool = False

    def add_entry(self, entry: Mapping[str, Any]) -> None:
        """Add an entry of a call."""
        sums = sums_of_entry(entry["kind"], entry["billed_seconds"], entry["amount_micros"])
        if sums is None:
            return
        self.total.add(sums)
        self._add("day", entry["local_date"], sums)
        for dimension, group in GROUPS.items():
            self._add(group, str(entry.get(ATTRIBUTES[dimension], "")), sums)

    def add_day(self, item: Mapping[str, Any], category: str | None) -> None:
        """Add the daily sums of a day, of all categories or of one."""
        for named in read_sums(item):
            if category in (None, named.category):
                self._add(GROUPS[named.dimension], OTHER if named.name == REST else named.name, named.sums)
                if named.dimension == Dimension.COUNTRY:  # Each call has one, so these are the totals.
                    self.total.add(named.sums)
                    self._add("day", keys.id_of(item["SK"]), named.sums)

    def _add(self, group: str, name: str, sums: Sums) -> None:
        self.groups[group].setdefault(name, Sums()).add(sums)


def read_spending(
    ledger: LedgerReader,
    period: Period,
    selected: CallFilter,
    directory: Directory,
    since: str | None,
    position: Position | None,
) -> Spending:
    """Read one part of the spending of a period. The first part holds the days with daily sums.

    Args:
        since: since when the account keeps daily sums; None if it does not. They hold no calls, so a filter by user,
            line, country, or text reads entries.
    """
    spending = Spending()
    trusted = None if since is None or selected.is_search else first_trusted_day(since)
    if trusted is not None and trusted <= period.last:
        spending.since = max(trusted, period.first)
        if position is None:
            for item in ledger.spent_days(spending.since.isoformat(), period.last.isoformat()):
                spending.add_day(item, selected.category)
        if spending.since == period.first:
            return spending
        period = Period(period.first, spending.since - timedelta(days=1))
    spending.source = Source.ENTRIES
    _read_entries(spending, ledger, period, selected, directory, position)
    return spending


def _read_entries(
    spending: Spending,
    ledger: LedgerReader,
    period: Period,
    selected: CallFilter,
    directory: Directory,
    position: Position | None,
) -> None:
    days = ledger.days(period.first.isoformat(), period.last.isoformat())
    before = 0 if position is None else position["evaluated"]
    spending.limit_reached = _calls_of(days) > MAX_CALLS
    left = MAX_CALLS - before if spending.limit_reached else _UNLIMITED
    reader = ledger.slice_reader(selected.conditions(period, directory), projection=_PROJECTION)
    slices = slices_of(period, entry_counts(days), None if position is None else position["after"])
    for piece in reader.pieces(slices, seconds_left(Patience(SEARCH_SECONDS)), left):
        for attributes in piece.items:
            decode_item(attributes, lambda one: spending.add_entry(from_attributes(one)))
        spending.evaluated += piece.evaluated
        if piece.after is not None:
            spending.position = Position(after=piece.after, evaluated=before + spending.evaluated)
            spending.until = sum_keys.instant_of(piece.after)
        if spending.evaluated >= left:
            spending.position, spending.until = None, sum_keys.instant_of(piece.read_to)
            break


_UNLIMITED: Final = 10**9


def _calls_of(days: Iterable[Mapping[str, Any]]) -> int:
    """The calls in DAY items; a charge and its reversal are none."""
    return sum(
        int(day["entry_count"] - 2 * day.get("taken_back", 0))
        for day in days
        if keys.id_of(day["SK"]) not in RESERVED_CATEGORIES
    )


def spending_view(spending: Spending, period: Period, directory: Directory) -> dict[str, Any]:
    """One part in the form of `GET /spending`, without its cursor; groups by falling total, days by date."""
    labels = {"user": directory.users, "line": directory.lines, "country": {}, "day": {}}
    groups = {name: _group(sums, labels[name]) for name, sums in spending.groups.items()}
    groups["day"].sort(key=lambda group: str(group["id"]))
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "source": spending.source,
        "daily_sums_since": None if spending.since is None else spending.since.isoformat(),
        "totals": _sums_view(spending.total),
        "groups": groups,
        "read": {"calls": spending.evaluated, "until": spending.until},
        "limit_reached": spending.limit_reached,
    }


def _group(sums: Mapping[str, Sums], labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """The names whose sums are not 0. The parts of one period may cut through the entries of a call."""
    used = {name: one for name, one in sums.items() if one != Sums()}
    ranked = sorted(used, key=lambda name: (-used[name].micros, name))
    return [{"id": name or None, "label": labels.get(name, name or None), **_sums_view(used[name])} for name in ranked]


def _sums_view(sums: Sums) -> dict[str, Any]:
    return {"calls": sums.calls, "billed_seconds": sums.billed_seconds, "total": format_money(sums.micros)}
