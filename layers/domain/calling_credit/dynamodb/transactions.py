"""Carries out one conditional transaction, through whatever passes, and tells which conditions did not hold."""

import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb.errors import (
    AWS_ERRORS,
    CONDITION_FAILED,
    cancellation_codes,
    is_transient,
    jittered_wait,
    translate_error,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS: Final = 6


def transact(
    client: "DynamoDBClient", actions: Sequence[Any], seconds_left: Callable[[], float] | None = None
) -> frozenset[int]:
    """Write all of the actions or none; the positions whose conditions did not hold, empty when it was written. Tried a
    few times, or, for whoever has nobody waiting, for as long as `seconds_left`.

    A lost answer is asked for again, and then a condition may fail on what the first try itself wrote: callers read
    again what stands there before they call it refused.

    Raises:
        Unavailable: the table did not take it in time; it may or may not be written.
    """
    for attempt in count(1):
        try:
            client.transact_write_items(TransactItems=actions)
            return frozenset()
        except AWS_ERRORS as error:
            failed = frozenset(at for at, code in enumerate(cancellation_codes(error)) if code == CONDITION_FAILED)
            if failed:
                return failed
            is_over = attempt == MAX_ATTEMPTS if seconds_left is None else seconds_left() <= 0
            if is_over or not is_transient(error):
                raise translate_error(error) from error
            wait = jittered_wait(attempt)
            time.sleep(wait if seconds_left is None else min(wait, max(0.0, seconds_left())))
    raise AssertionError("unreachable: an attempt returns or raises")


def put(table_name: str, item: Any) -> dict[str, Any]:
    """The action that writes a whole item, only where none stands."""
    return {"Put": {"TableName": table_name, "Item": item, "ConditionExpression": "attribute_not_exists(PK)"}}


def update(
    table_name: str, key: Any, expression: str, condition: str, values: Any, names: dict[str, str] | None = None
) -> dict[str, Any]:
    """The action that changes an item on a condition. `values` are attribute values by placeholder; DynamoDB takes none
    that are empty.
    """
    parts = {
        "TableName": table_name,
        "Key": key,
        "UpdateExpression": expression,
        "ConditionExpression": condition,
    }
    placed = {"ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
    return {"Update": parts | {name: placeholders for name, placeholders in placed.items() if placeholders}}
