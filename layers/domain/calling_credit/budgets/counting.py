"""Counts, once, the entries of a month that were posted before a budget began.

The law: from `counts_from` on, every posting marks its entries and adds them to the counter itself. Two minutes later,
no posting that began before is still running. So the entries without the mark are all there then, and none follows. One
update adds their sum on the condition that no other has added it, and moves the position. The last one ends the
counting.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from calling_credit.budgets.counters import SpendCounter, counter_key
from calling_credit.budgets.spending import CALLS, COUNTED
from calling_credit.dynamodb import keys, spend_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.pages import read_pages
from calling_credit.dynamodb.transactions import MAX_ATTEMPTS, transact, update
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.instants import format_instant, widened_utc_window

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_OWNERS = {spend_keys.LINE: "line_id", spend_keys.USER: "user_id"}
"""The attribute of an entry that names the owner of a counter, by its letter."""


def count_before(
    client: "DynamoDBClient",
    table_name: str,
    counter: SpendCounter,
    due: str,
    now: datetime,
    seconds_left: Callable[[], float],
) -> bool:
    """Count the entries of before for a counter of the sweep index, whose `sweep_sk` there is `due`, as long as there
    is time. Return whether the counting is over; the next round continues another one.

    Raises:
        Unavailable: the table did not answer in time.
        UnreadableItem: an entry cannot be read; nothing after the position is counted.
    """
    position, sum_micros, is_whole = counter.counting, 0, True
    for page in read_pages(client, table_name, _query(counter)):
        entries = [decode_item(item, from_attributes) for item in page["Items"]]
        sum_micros += _unmarked_micros(entries, counter)
        position = page.get("LastEvaluatedKey", {}).get("SK", {}).get("S", position)
        if "LastEvaluatedKey" in page and seconds_left() <= 0:
            is_whole = False
            break
    action = _add(table_name, counter, due, sum_micros, None if is_whole else position, now)
    is_written = not transact(client, [action], seconds_left, max_attempts=MAX_ATTEMPTS)
    return is_written and is_whole


def _query(counter: SpendCounter) -> dict[str, Any]:
    """The Query of the entries of calls of the counter's owner and month after the counter's position."""
    low, high = keys.entry_range(*widened_utc_window(*_month(counter.period)))
    return {
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
        "FilterExpression": f"begins_with(local_date, :month) AND {_OWNERS[counter.letter]} = :owner",
        "ExpressionAttributeValues": to_attributes(
            {
                ":pk": keys.account_pk(counter.account_id),
                ":low": max(low, f"{counter.counting}!"),
                ":high": high,
                ":month": counter.period,
                ":owner": spend_keys.owner_in(counter.sort_key),
            }
        ),
        "ConsistentRead": True,
    }


def _month(period: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{period}-01")
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _unmarked_micros(entries: Iterable[Mapping[str, Any]], counter: SpendCounter) -> int:
    """What the entries of calls cost that the counter does not have: neither marked, nor counted by an earlier
    counting.
    """
    return -sum(
        int(entry["amount_micros"])
        for entry in entries
        if entry["kind"] in CALLS
        and counter.letter not in entry.get(COUNTED, "")
        and entry["recorded_at"] > counter.counted_at
    )


def _add(
    table_name: str, counter: SpendCounter, due: str, sum_micros: int, position: str | None, now: datetime
) -> dict[str, Any]:
    """The action that adds a sum. `position`: after which entries are still to be counted; None: none is left."""
    expression = "ADD spent_micros :sum, left_micros :less SET "
    values: dict[str, Any] = {
        ":sum": sum_micros,
        ":less": -sum_micros,
        ":read": counter.counting,
        ":due": due,
    }
    if position is None:
        expression += "counted_at = :now REMOVE counting, sweep_pk, sweep_sk"
        values[":now"] = format_instant(now)
    else:
        expression += "counting = :position"
        values[":position"] = position
    key = counter_key((counter.account_id, counter.sort_key))
    return update(table_name, key, expression, "counting = :read AND sweep_sk = :due", to_attributes(values))
