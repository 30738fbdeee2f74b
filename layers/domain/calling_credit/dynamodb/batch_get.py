"""Reads many items by their keys, in as few requests as possible."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb.retries import backoff
from calling_credit.errors import ProblemCode, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_KEYS: Final = 100
"""DynamoDB's limit on one BatchGetItem."""
MAX_ATTEMPTS: Final = 8
"""Attempts of one request while the table throttles."""

Key = tuple[str, str]


def read_many(
    client: "DynamoDBClient",
    table_name: str,
    keys: Iterable[Key],
    sleep: Callable[[float], None] = time.sleep,
    projection: str = "",
    names: Mapping[str, str] | None = None,
) -> dict[Key, dict[str, Any]]:
    """Read the items of distinct keys, strongly consistent, as attribute values. Missing items are left out.

    Raises:
        Unavailable: the table throttles.
    """
    distinct = list(keys)
    options: dict[str, Any] = {"ProjectionExpression": projection} if projection else {}
    if names:
        options["ExpressionAttributeNames"] = names
    items: dict[Key, dict[str, Any]] = {}
    for start in range(0, len(distinct), MAX_KEYS):
        unread: Any = [{"PK": {"S": pk}, "SK": {"S": sk}} for pk, sk in distinct[start : start + MAX_KEYS]]
        for _ in backoff(MAX_ATTEMPTS, sleep=sleep):
            request: Any = {table_name: {"Keys": unread, "ConsistentRead": True, **options}}
            answer = client.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(table_name, []):
                items[item["PK"]["S"], item["SK"]["S"]] = item
            unprocessed: Any = answer.get("UnprocessedKeys", {}).get(table_name)
            if not unprocessed:
                break
            unread = list(unprocessed["Keys"])
        else:
            raise Unavailable(ProblemCode.UNAVAILABLE, "The table throttles reads. Send the same request again.")
    return items
