"""Lists the payments of an account by time. Each has one item for this, whose sort key names the payment and its time.
A second item, which only an edit of the table makes, must not list it twice.
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.pages import query_pages
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def payment_sort_keys(
    client: "DynamoDBClient", table_name: str, account_id: str, since: str | None, after: str | None, limit: int | None
) -> list[str]:
    """The sort keys of payments made since an instant, newest first, after a sort key; all without a limit."""
    low, high = keys.payment_range(since)
    pk = {"S": keys.account_pk(account_id)}
    query: dict[str, Any] = {
        "KeyConditionExpression": "PK = :pk AND SK BETWEEN :low AND :high",
        "ExpressionAttributeValues": {":pk": pk, ":low": {"S": low}, ":high": {"S": high}},
        "ScanIndexForward": False,
        "ConsistentRead": True,
    }
    if limit:
        query["Limit"] = limit
    if after:
        query["ExclusiveStartKey"] = {"PK": pk, "SK": {"S": after}}
    return [str(item["SK"]["S"]) for item in islice(query_pages(client, table_name, query), limit)]


def listed_ids(sort_keys: Iterable[str]) -> list[str]:
    """The ids of the payments that these sort keys name, each once, in this order."""
    return list(dict.fromkeys(keys.id_of(sort_key) for sort_key in sort_keys))


def listed_here(
    client: "DynamoDBClient", table_name: str, account_id: str, sort_keys: Sequence[str], topups: Sequence[TopUp]
) -> list[TopUp]:
    """The payments that a page with these sort keys lists, of those that they name: each at its own time. One whose own
    item is on another page is left to that page; one without its own item is listed where it is first named, and one
    whose id is damaged where it was read.
    """
    pk, position = keys.account_pk(account_id), {sort_key: at for at, sort_key in enumerate(sort_keys)}
    named = {keys.id_of(sort_key): at for sort_key, at in reversed(position.items())}
    own = [(pk, keys.payment_sk(topup.created_at, topup.topup_id)) for topup in topups]
    strays = {key: None for key in own if key[1] not in position}
    elsewhere = read_many(client, table_name, strays) if strays else {}
    here = [
        (position.get(key[1], named.get(topup.topup_id, at)), at)
        for at, (topup, key) in enumerate(zip(topups, own, strict=True))
        if key not in elsewhere
    ]
    return [topups[at] for _, at in sorted(here)]
