"""Gives up holds whose call was never posted: only what the table itself says is live and over, one by one, and the
balance with it. A call that is posted later is charged all the same.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.sweep import query_due
from calling_credit.dynamodb.transactions import transact
from calling_credit.instants import format_instant
from calling_credit.ledger.hold_store import HOLD_KIND, let_go_actions, read_hold_item
from calling_credit.ledger.holds import EXPIRED, Hold

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def overdue_holds(client: "DynamoDBClient", table_name: str, now: datetime) -> Iterator[Hold]:
    """Holds that the sweep index shows as live and over. It may lag: each is looked at again when it is given up."""
    for partition in sweep_keys.sweep_partitions(HOLD_KIND):
        yield from map(read_hold_item, query_due(client, table_name, partition, format_instant(now)))


def expire_hold(client: "DynamoDBClient", table_name: str, hold: Hold, now: datetime) -> bool:
    """Whether this call gave it up: False if it was released or extended meanwhile.

    Raises:
        Unavailable: the table did not take it in time; the next round does.
    """
    return not transact(client, let_go_actions(table_name, [hold], EXPIRED, format_instant(now)))
