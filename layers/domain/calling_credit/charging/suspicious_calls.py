"""Counts suspicious calls toward automatic recharge. A call whose duration is hard to believe is charged at once, but
no recharge may follow from a wrong record. It counts a day later, unless an operator corrects it before.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from calling_credit.charging.listed_calls import SUSPICIOUS
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.keys import balance_key
from calling_credit.dynamodb.rounds import Round
from calling_credit.dynamodb.transactions import MAX_ATTEMPTS, transact, update
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.instants import format_instant
from calling_credit.ledger.call_entries import COUNTS_AFTER

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

COUNTED: Final = "counted"
"""Begins the sort key of a listed call that counts. It sorts after every time, so the sweep does not find it again."""


def due_suspicious_calls(round_: Round, seconds_left: Callable[[], float]) -> Iterator[tuple[str, str]]:
    """The keys (partition and sort key) of the listed calls that may count now, in the order of a round."""
    for item in round_.due(SUSPICIOUS, seconds_left, round_.now - COUNTS_AFTER):
        yield item["PK"]["S"], item["SK"]["S"]


def count_suspicious_call(
    client: "DynamoDBClient",
    table_name: str,
    key: tuple[str, str],
    now: datetime,
    seconds_left: Callable[[], float] | None = None,
) -> bool:
    """Count a suspicious call once, if it was listed a day ago and is charged, and make automatic recharge check the
    balance. Return whether this call did.

    Raises:
        Unavailable: the table did not answer in time; the next round counts it.
        UnreadableItem: the entry of the call.
    """
    partition_key, sort_key = key
    account_id, (happened_at, call_key) = keys.account_of(partition_key), keys.call_of(sort_key)
    if not _is_charged(client, table_name, partition_key, keys.entry_sk(happened_at, call_key)):
        return False
    values = {
        ":now": to_attribute(format_instant(now)),
        ":listed": to_attribute(format_instant(now - COUNTS_AFTER)),
        ":place": to_attribute(f"{COUNTED}#{happened_at}#{account_id}#{call_key}"),
    }
    condition = "attribute_exists(sweep_pk) AND attribute_not_exists(counted_at) AND recorded_at <= :listed"
    item_key = {"PK": {"S": partition_key}, "SK": {"S": sort_key}}
    mark = update(table_name, item_key, "SET counted_at = :now, sweep_sk = :place", condition, values)
    one = {":one": to_attribute(1)}
    count = update(table_name, balance_key(account_id), "ADD calls_seen :one, nudge :one", "attribute_exists(PK)", one)
    return not transact(client, [mark, count], seconds_left, max_attempts=MAX_ATTEMPTS)


def _is_charged(client: "DynamoDBClient", table_name: str, partition_key: str, sort_key: str) -> bool:
    """Whether the call has an entry with a price. Entries never change, so it is read before the transaction."""
    key = {"PK": {"S": partition_key}, "SK": {"S": sort_key}}
    item = client.get_item(TableName=table_name, Key=key, ConsistentRead=True).get("Item")
    return item is not None and decode_item(item, lambda entry: int(entry["amount_micros"]["N"]) < 0)
