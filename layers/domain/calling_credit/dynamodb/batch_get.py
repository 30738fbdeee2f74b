"""Reads many items by their keys, in as few requests as fit."""

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb.errors import jittered_wait
from calling_credit.errors import ProblemCode, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_KEYS: Final = 100
"""DynamoDB's limit on one BatchGetItem."""
MAX_ATTEMPTS: Final = 9

Key = tuple[str, str]


def read_many(
    client: "DynamoDBClient",
    table_name: str,
    keys: Iterable[Key],
    sleep: Callable[[float], None] = time.sleep,
    projection: str = "",
) -> dict[Key, dict[str, Any]]:
    """The items of these distinct keys as DynamoDB writes them, as they are now; those that do not exist are left out.

    Raises:
        Unavailable: the table throttles.
    """
    wanted = list(keys)
    shown = {"ProjectionExpression": projection} if projection else {}
    found: dict[Key, dict[str, Any]] = {}
    for start in range(0, len(wanted), MAX_KEYS):
        unread: Any = [{"PK": {"S": pk}, "SK": {"S": sk}} for pk, sk in wanted[start : start + MAX_KEYS]]
        for attempt in range(1, MAX_ATTEMPTS):
            asked: Any = {table_name: {"Keys": unread, "ConsistentRead": True, **shown}}
            answer = client.batch_get_item(RequestItems=asked)
            for item in answer["Responses"].get(table_name, []):
                found[item["PK"]["S"], item["SK"]["S"]] = item
            left: Any = answer.get("UnprocessedKeys", {}).get(table_name)
            if not left:
                break
            unread = list(left["Keys"])
            sleep(jittered_wait(attempt))
        else:
            raise Unavailable(ProblemCode.UNAVAILABLE, "The table is throttling reads; the same request is safe again.")
    return found
