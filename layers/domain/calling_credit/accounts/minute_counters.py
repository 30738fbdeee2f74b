"""The counters of included minutes: one for each bundle and local month, made when it is first needed.

The law: `left_seconds` = 60 * `minutes` - `used_seconds` - the seconds that live holds have taken. Every change keeps
it: a new counter has all its minutes, holds take and return seconds, posting moves them from left to used, and another
number of minutes adds the difference to the rest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.account import Line
from calling_credit.accounts.bundles import Bundle, OwnBundle
from calling_credit.dynamodb import keys, minute_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.dynamodb.unreadable import OnUnreadable, decoder, raise_unreadable, readable
from calling_credit.instants import local_month

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAY_BE_OLD: Final = timedelta(minutes=5)
"""How long functions may still post by settings that they read earlier. A change shortly before a month ends also
writes the counters of the next month, so that no function makes them with the minutes of before.
"""
CounterKey = tuple[str, str]
"""An account and the name of a counter."""


@dataclass(frozen=True, slots=True)
class MinuteCounter:
    """What a bundle has left in a local month. Below zero, calls without a hold took more than was left."""

    account_id: str
    name: str
    minutes: int
    left_seconds: int
    used_seconds: int = 0


def counter_from_item(attributes: dict[str, Any]) -> MinuteCounter:
    """The counter of an item in attribute values."""
    return counter_from_plain(from_attributes(attributes))


@decoder
def counter_from_plain(item: Mapping[str, Any]) -> MinuteCounter:
    """The counter of a plain item."""
    name = minute_keys.counter_in(item["SK"])
    minute_keys.line_in(name)
    account_id = keys.account_of(item["PK"])
    return MinuteCounter(account_id, name, int(item["minutes"]), item["left_seconds"], item.get("used_seconds", 0))


def read_counters(
    client: "DynamoDBClient",
    table_name: str,
    names: Iterable[CounterKey],
    on_unreadable: OnUnreadable = raise_unreadable,
) -> dict[CounterKey, MinuteCounter]:
    """Read counters, strongly consistent. Those that do not exist are left out.

    Raises:
        Unavailable: the table throttles.
    """
    wanted = {(keys.account_pk(account), minute_keys.minutes_sk(name)) for account, name in names}
    items = read_many(client, table_name, sorted(wanted)) if wanted else {}
    counters = readable(items.values(), counter_from_item, on_unreadable)
    return {(counter.account_id, counter.name): counter for counter in counters}


def ensure_counters(
    client: "DynamoDBClient",
    table_name: str,
    minutes: Mapping[CounterKey, int],
    on_unreadable: OnUnreadable = raise_unreadable,
) -> dict[CounterKey, MinuteCounter]:
    """Read counters, and make the missing ones with the `minutes` of their bundles. Unreadable ones are left out.

    Raises:
        Unavailable: the table did not answer in time.
    """
    damaged: set[str] = set()

    def remember(error: Any) -> None:
        damaged.add(error.key[1])
        on_unreadable(error)

    counters = read_counters(client, table_name, minutes, remember)
    missing = {
        key: count
        for key, count in minutes.items()
        if key not in counters and minute_keys.minutes_sk(key[1]) not in damaged
    }
    late = [key for key, count in missing.items() if transact(client, [_new(table_name, *key, count)])]
    made = {key: MinuteCounter(*key, count, 60 * count) for key, count in missing.items() if key not in late}
    return counters | made | read_counters(client, table_name, late, on_unreadable)


def minute_actions(
    client: "DynamoDBClient",
    table_name: str,
    account_id: str,
    line_id: str | None,
    before: Iterable[Bundle],
    after: Iterable[Bundle],
    time_zone: str,
    now: datetime,
) -> list[dict[str, Any]]:
    """The actions on counters that go with a change of bundles: a counter of the running month that does not have the
    bundle's minutes gets them, and the rest changes by the difference. A bundle that is removed keeps its counter,
    and finds it again if it comes back within the month.
    """
    old = {bundle.name: bundle.minutes for bundle in before}
    changed = [OwnBundle(line_id, bundle) for bundle in after if old.get(bundle.name) != bundle.minutes]
    months = sorted({local_month(moment, time_zone) for moment in (now, now + MAY_BE_OLD)}) if changed else []
    minutes = {(account_id, own.counter(month)): own.bundle.minutes for own in changed for month in months}
    counters = read_counters(client, table_name, minutes)
    return [
        _new(table_name, *key, count) if key not in counters else _other_minutes(table_name, counters[key], count)
        for key, count in minutes.items()
    ]


def _new(table_name: str, account_id: str, name: str, minutes: int) -> dict[str, Any]:
    item = {"PK": keys.account_pk(account_id), "SK": minute_keys.minutes_sk(name)}
    return put(table_name, to_attributes(item | {"minutes": minutes, "left_seconds": 60 * minutes}))


def _other_minutes(table_name: str, counter: MinuteCounter, minutes: int) -> dict[str, Any]:
    key = {"PK": {"S": keys.account_pk(counter.account_id)}, "SK": {"S": minute_keys.minutes_sk(counter.name)}}
    values = {
        ":more": to_attribute(60 * (minutes - counter.minutes)),
        ":minutes": to_attribute(minutes),
        ":read": to_attribute(counter.minutes),
    }
    expression = "ADD left_seconds :more SET #minutes = :minutes"
    return update(table_name, key, expression, "#minutes = :read", values, {"#minutes": "minutes"})


def line_minute_actions(
    client: "DynamoDBClient", table_name: str, account_id: str, before: Line | None, line: Line, now: datetime
) -> list[dict[str, Any]]:
    """The actions on counters that go with a change of a line's bundles, by the time zone of its account; none without
    the account.
    """
    old = () if before is None else before.bundles
    if old == line.bundles:
        return []
    account = Partition(client, table_name, keys.account_pk(account_id)).get(keys.account_sk())
    if account is None:
        return []
    zone = account["time_zone"]
    return minute_actions(client, table_name, account_id, line.line_id, old, line.bundles, zone, now)
