"""Reads the holds of finished calls."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.batch_get import MAX_KEYS, Key, read_many
from calling_credit.dynamodb.unreadable import OnUnreadable, raise_unreadable, readable
from calling_credit.ledger.hold_items import hold_from_item
from calling_credit.ledger.holds import Hold

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_holds(
    client: "DynamoDBClient",
    table_name: str,
    calls: Iterable[tuple[str, str]],
    on_unreadable: OnUnreadable = raise_unreadable,
    threads: int = 1,
) -> dict[tuple[str, str], Hold]:
    """Read the holds of calls, by account and call key, strongly consistent. The holds that `on_unreadable` accepts are
    left out. A call whose hold is unreadable is charged without it, and the credit stays held until an operator acts.

    Raises:
        Unavailable: the table throttles.
    """
    item_keys: list[Key] = sorted({(keys.account_pk(account), keys.hold_sk(call)) for account, call in calls})
    if not item_keys:
        return {}
    chunks = [item_keys[start : start + MAX_KEYS] for start in range(0, len(item_keys), MAX_KEYS)]
    with ThreadPoolExecutor(max(1, min(threads, len(chunks)))) as pool:
        answers = pool.map(lambda chunk: read_many(client, table_name, chunk), chunks)
        items = [item for answer in answers for item in answer.values()]
    holds = readable(items, hold_from_item, on_unreadable)
    return {(hold.account_id, hold.call_key): hold for hold in holds}
