"""Finds one call of an account and everything recorded about it, by its key, or by the called number and the time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.desk.call_items import CallItems
from calling_credit.desk.call_records import CallRecords, Item
from calling_credit.dynamodb import keys, move_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import Key, read_many
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.hold_items import hold_from_item
from calling_credit.ledger.holds import Hold
from calling_credit.masking import masked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEAR: Final = timedelta(minutes=15)
"""How far the stated or the authorized time of a call may be from the recorded one."""
REFUSED_BEFORE: Final = timedelta(hours=1)
REFUSED_AFTER: Final = timedelta(days=1)
"""How long before and after its beginning a call may have been refused: asking again extends it."""
MAX_FOUND: Final = 20
"""The calls that a search by number returns; all their lists are read in one request."""


@dataclass(slots=True)
class _Found:
    """A call and the items that the search has met so far."""

    call_key: str
    happened_at: str | None = None
    entries: Sequence[Item] = ()
    unrated: Item | None = None
    hold: Hold | None = None
    denials: list[Item] = field(default_factory=list)

    @property
    def when(self) -> str:
        """When the call began, was authorized, or was first refused."""
        if self.happened_at is not None:
            return self.happened_at
        return self.hold.authorized_at if self.hold is not None else str(self.denials[0]["at"])


class CallFinder:
    """The calls of one account within one request."""

    def __init__(self, client: "DynamoDBClient", table_name: str, account_id: str) -> None:
        self._client = client
        self._table_name = table_name
        self._pk = keys.account_pk(account_id)
        self._items = CallItems(client, table_name, account_id)

    def by_key(self, call_key: str, at: datetime | None) -> CallRecords:
        """Return a call by its key, and by its time if it is known. Without one, the newest calls are searched.

        Raises:
            NotFound: `unknown_call`.
        """
        hold = self._items.hold(call_key)
        found = self._by_time(call_key, at) if at is not None else None
        if found is None and hold is not None:
            found = self._by_time(call_key, datetime.fromisoformat(hold.authorized_at))
        if found is None and at is None:
            found = self._among_newest(call_key)
        found = found or _Found(call_key)
        found.hold = hold
        self._add_denials(found, at)
        [records] = self._complete([found])
        if records.is_empty:
            raise unknown_call(is_timed=at is not None)
        return records

    def by_number(self, number: str, at: datetime, within: timedelta) -> tuple[list[CallRecords], bool]:
        """Return the calls to a number around a time, the nearest first, and whether there are more. An erased number
        is compared by its country and last two digits.
        """
        first, last = format_instant(at - within), format_instant(at + within)
        widely = format_instant(at - within - NEAR), format_instant(at + within + NEAR)  # A call begins after its hold.
        numbers = {number, masked(number)}
        found: dict[str, _Found] = {}
        for item in self._items.entries(*widely):
            if item["to"] in numbers:
                happened_at, call_key = keys.call_of(item["SK"])
                call = found.setdefault(call_key, _Found(call_key, happened_at))
                call.entries = [*call.entries, item]
        for item in self._items.unrated(*widely):
            if item["to"] in numbers:
                happened_at, call_key = keys.call_of(item["SK"])
                found.setdefault(call_key, _Found(call_key, happened_at)).unrated = item
        for hold in self._items.holds(numbers, first, last):
            found.setdefault(hold.call_key, _Found(hold.call_key)).hold = hold
        for item in self._items.denials(first, last):
            call_key = keys.id_of(item["SK"])
            if item["to"] in numbers or call_key in found:
                found.setdefault(call_key, _Found(call_key)).denials.append(item)
        nearest = sorted(found.values(), key=lambda call: abs(datetime.fromisoformat(call.when) - at))
        return self._complete(nearest[:MAX_FOUND]), len(nearest) > MAX_FOUND

    def _by_time(self, call_key: str, at: datetime) -> _Found | None:
        """The call near a time; of two calls with one key, the nearer one."""
        exact = format_instant(at)
        entries = self._items.entries_of(exact, call_key)
        if entries:
            return _Found(call_key, exact, entries)
        first, last = format_instant(at - NEAR), format_instant(at + NEAR)
        entries = [item for item in self._items.entries(first, last) if keys.call_of(item["SK"])[1] == call_key]
        if entries:
            times = {keys.call_of(item["SK"])[0] for item in entries}
            nearest = min(times, key=lambda time: abs(datetime.fromisoformat(time) - at))
            return _Found(call_key, nearest, [item for item in entries if keys.call_of(item["SK"])[0] == nearest])
        return _of_key(self._items.unrated(first, last), call_key)

    def _among_newest(self, call_key: str) -> _Found | None:
        """The call among the newest entries and unrated calls."""
        found = _of_key(self._items.entries("", keys.AFTER, newest_first=True), call_key)
        if found is None:
            return _of_key(self._items.unrated("", keys.AFTER, newest_first=True), call_key)
        assert found.happened_at is not None
        return _Found(call_key, found.happened_at, self._items.entries_of(found.happened_at, call_key))

    def _add_denials(self, found: _Found, at: datetime | None) -> None:
        """Add the refusals of a call: around its time, or all if it is not known."""
        when = found.happened_at or (found.hold.authorized_at if found.hold else None)
        moment = datetime.fromisoformat(when) if when else at
        first, last = None, None
        if moment is not None:
            first, last = format_instant(moment - REFUSED_BEFORE), format_instant(moment + REFUSED_AFTER)
        denials = self._items.denials(first, last)
        found.denials = [item for item in denials if keys.id_of(item["SK"]) == found.call_key]

    def _complete(self, found: Iterable[_Found]) -> list[CallRecords]:
        """Read what else is stored about calls: lists and goodwill in one request, and people and reasons in one."""
        calls = list(found)
        items = self._read(key for call in calls for key in self._keys_of(call).values())
        records = [self._records(call, items) for call in calls]
        names = self._read(key for one in records for key in self._keys_of_names(one))
        return [self._with_names(one, names) for one in records]

    def _keys_of(self, call: _Found) -> dict[str, Key]:
        named = {"hold": keys.hold_sk(call.call_key)} if call.hold is None else {}
        if call.happened_at is not None:
            named |= {
                "unrated": keys.unrated_sk(call.happened_at, call.call_key),
                "stray": keys.stray_sk(call.happened_at, call.call_key),
                "suspicious": keys.suspicious_sk(call.happened_at, call.call_key),
                "goodwill": move_keys.goodwill_sk(call.happened_at, call.call_key),
            }
        return {name: (self._pk, sort_key) for name, sort_key in named.items()}

    def _records(self, call: _Found, items: Mapping[Key, dict[str, Any]]) -> CallRecords:
        found = {name: items[key] for name, key in self._keys_of(call).items() if key in items}
        hold = hold_from_item(found.pop("hold")) if "hold" in found else call.hold
        lists: dict[str, Any] = {"unrated": call.unrated}
        lists |= {name: from_attributes(item) for name, item in found.items()}
        return CallRecords(call.call_key, call.happened_at, call.entries, hold=hold, denials=call.denials, **lists)

    def _keys_of_names(self, records: CallRecords) -> Iterator[Key]:
        if records.user_id is not None:
            yield self._pk, keys.user_sk(records.user_id)
        for entry in records.entries:
            if "correction" in entry:
                yield self._pk, keys.correction_sk(entry["correction"])

    def _with_names(self, records: CallRecords, items: Mapping[Key, dict[str, Any]]) -> CallRecords:
        names, corrections = {}, {}
        for key in dict.fromkeys(self._keys_of_names(records)):
            if key in items:
                item = from_attributes(items[key])
                if keys.kind_of(key[1]) == "user":
                    names[keys.id_of(key[1])] = item["name"]
                else:
                    corrections[keys.id_of(key[1])] = item
        return replace(records, user_names=names, corrections=corrections)

    def _read(self, wanted: Iterator[Key]) -> dict[Key, dict[str, Any]]:
        distinct = sorted(set(wanted))
        return read_many(self._client, self._table_name, distinct) if distinct else {}


def _of_key(items: Iterable[Item], call_key: str) -> _Found | None:
    """The first of these entries or unrated calls that belongs to a call with this key."""
    for item in items:
        happened_at, key = keys.call_of(item["SK"])
        if key == call_key:
            is_entry = keys.kind_of(item["SK"]) == "entry"
            return _Found(call_key, happened_at, [item] if is_entry else [], None if is_entry else item)
    return None


def unknown_call(*, is_timed: bool) -> NotFound:
    """The error for a call of which nothing is recorded."""
    detail = "Nothing is recorded about a call with this key. Calls to included and emergency numbers are not recorded."
    if not is_timed:
        detail += " Only the newest calls were searched: for an older one, send its started_at as at."
    return NotFound(ProblemCode.UNKNOWN_CALL, detail)
