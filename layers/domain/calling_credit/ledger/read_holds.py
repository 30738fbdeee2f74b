"""Reads the holds of finished calls, all of a batch at once."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.batch_get import MAX_KEYS, Key, read_many
from calling_credit.ledger.hold_store import read_hold_item
from calling_credit.ledger.holds import Hold

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_holds(
    client: "DynamoDBClient", table_name: str, calls: Iterable[tuple[str, str]], threads: int = 1
) -> dict[tuple[str, str], Hold]:
    """The holds of these calls, by account and call id, as they are now; most calls of most accounts have none.

    Raises:
        Unavailable: the table throttles.
    """
    item_keys: list[Key] = sorted({(keys.account_pk(account), keys.hold_sk(call)) for account, call in calls})
    if not item_keys:
        return {}
    chunks = [item_keys[start : start + MAX_KEYS] for start in range(0, len(item_keys), MAX_KEYS)]
    with ThreadPoolExecutor(max(1, min(threads, len(chunks)))) as pool:
        found = pool.map(lambda chunk: read_many(client, table_name, chunk), chunks)
        holds = [read_hold_item(item) for answer in found for item in answer.values()]
    return {(hold.account_id, hold.call_id): hold for hold in holds}
