"""Lists unreadable items for operators: `make list-unrated KIND=unreadable`.

The sort key of a listing is `<pk>|<sk>` of the unreadable item. It holds kind, reason, reader, times, first_seen_at,
and last_seen_at.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import unreadable_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, is_transient
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.schema import SCHEMA_NAMES, SCHEMA_VALUES, SET_SCHEMA
from calling_credit.dynamodb.unreadable import DECODE_ERRORS, UnreadableItem
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

UNREADABLE_KIND: Final = "unreadable"
UNREADABLE_RETENTION: Final = timedelta(days=30)
"""How long an unreadable item is listed after it was last seen."""
MAX_LISTED: Final = 50
"""How many items one run lists. The log and the metric have all of them."""


def list_unreadable(
    client: "DynamoDBClient",
    table_name: str,
    found: Sequence[UnreadableItem],
    reader: str,
    now: datetime,
    on_failure: Callable[[Exception], None] = lambda _: None,
) -> int:
    """List each item once, and count how often it was seen. Return how many are listed. Partitions take turns, so an
    account with many unreadable items hides no other one.

    A failure never stops the reader: the log and the metric have the item too, and the next run lists it.

    Args:
        on_failure: Gets the error of an item that was not listed.
    """
    listed = 0
    for item in _in_turn(found)[:MAX_LISTED]:
        try:
            client.update_item(**_listing(table_name, item, reader, now))
        except AWS_ERRORS as error:
            on_failure(error)
            if is_transient(error):
                return listed
            continue
        listed += 1
    return listed


def read_unreadable(client: "DynamoDBClient", table_name: str) -> Iterator[dict[str, Any]]:
    """Yield the listed items as plain values."""
    query = {
        "KeyConditionExpression": "PK = :pk",
        "ExpressionAttributeValues": {":pk": {"S": unreadable_keys.unreadable_pk()}},
    }
    return map(_read_listing, query_pages(client, table_name, query))


def _read_listing(item: dict[str, Any]) -> dict[str, Any]:
    """A listing in plain values; of one that is damaged itself, only its key."""
    try:
        return from_attributes(item)
    except (UnreadableItem, *DECODE_ERRORS):
        return from_attributes({name: item[name] for name in ("PK", "SK")})


def _in_turn(found: Sequence[UnreadableItem]) -> list[UnreadableItem]:
    """Each item once: the first of each partition, then the second of each, and so on."""
    turns: Counter[str] = Counter()
    places = {}
    for item in {item.key: item for item in found}.values():
        places[item] = turns[item.key[0]]
        turns[item.key[0]] += 1
    return sorted(places, key=lambda item: places[item])


def _listing(table_name: str, item: UnreadableItem, reader: str, now: datetime) -> Any:
    values: dict[str, Any] = {
        ":kind": item.kind,
        ":reason": item.reason,
        ":reader": reader,
        ":now": format_instant(now),
        ":expires": int((now + UNREADABLE_RETENTION).timestamp()),
        ":one": 1,
    }
    return {
        "TableName": table_name,
        "Key": to_attributes({"PK": unreadable_keys.unreadable_pk(), "SK": unreadable_keys.unreadable_sk(item.key)}),
        "UpdateExpression": "SET kind = :kind, reason = :reason, #reader = :reader, last_seen_at = :now, "
        f"expires_at = :expires, first_seen_at = if_not_exists(first_seen_at, :now), {SET_SCHEMA} ADD #times :one",
        "ExpressionAttributeNames": {"#reader": "reader", "#times": "times"} | SCHEMA_NAMES,
        "ExpressionAttributeValues": to_attributes(values) | SCHEMA_VALUES,
    }
