"""Runs conditional transactions, and repeats attempts that lost a race with another writer."""

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar

from calling_credit.dynamodb.errors import (
    AWS_ERRORS,
    CONDITION_FAILED,
    cancellation_reasons,
    is_transient,
    jittered_wait,
    translate_error,
)
from calling_credit.errors import ProblemCode, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

MAX_ATTEMPTS: Final = 6
"""Tries of one transaction after transient errors, if the caller gives no time limit."""
MAX_RACES: Final = 10
"""Tries of one change after lost races."""


def transact(
    client: "DynamoDBClient",
    actions: Sequence[Any],
    seconds_left: Callable[[], float] | None = None,
    sleep: Callable[[float], None] | None = None,
) -> Mapping[int, dict[str, Any]]:
    """Write all actions or none. Retry after transient errors, a few times or as long as `seconds_left` is positive.

    After a lost answer, a condition may fail because the first try was written. Read the items again before you report
    a failed condition.

    Returns:
        The positions of the actions whose conditions failed; empty if everything was written. Each has the existing
        item if its action asked for it (`ReturnValuesOnConditionCheckFailure`), else {}.

    Raises:
        Unavailable: the table did not answer in time; the transaction may or may not be written.
        ClientError: the table refused the transaction for another reason than its conditions.
    """
    for attempt in count(1):
        try:
            client.transact_write_items(TransactItems=actions)
            return {}
        except AWS_ERRORS as error:
            failed = {
                position: reason.get("Item") or {}
                for position, reason in enumerate(cancellation_reasons(error))
                if reason.get("Code") == CONDITION_FAILED
            }
            if failed:
                return failed
            is_over = attempt == MAX_ATTEMPTS if seconds_left is None else seconds_left() <= 0
            if is_over or not is_transient(error):
                raise translate_error(error) from error
            wait = jittered_wait(attempt)
            (sleep or time.sleep)(wait if seconds_left is None else min(wait, max(0.0, seconds_left())))
    raise AssertionError("unreachable: an attempt returns or raises")


def retry_on_race(subject: str, attempt: Callable[[], T | None]) -> T:
    """Repeat `attempt`, which reads, decides, and writes on a condition, until it returns a value. It returns None if
    another change came between its read and its write.

    Raises:
        Unavailable: `busy`, every attempt lost its race.
    """
    for _ in range(MAX_RACES):
        result = attempt()
        if result is not None:
            return result
    raise busy(subject)


def busy(subject: str) -> Unavailable:
    """The error after losing every race. `subject` begins its sentence: "The limits are", for example."""
    return Unavailable(ProblemCode.BUSY, f"{subject} being changed at the moment. Try again.")


def put(table_name: str, item: Any) -> dict[str, Any]:
    """The action that writes a new item, if none exists."""
    return {"Put": {"TableName": table_name, "Item": item, "ConditionExpression": "attribute_not_exists(PK)"}}


def update(
    table_name: str, key: Any, expression: str, condition: str, values: Any, names: dict[str, str] | None = None
) -> dict[str, Any]:
    """The action that changes an item on a condition. `values` are attribute values by placeholder. Empty placeholders
    are left out, because DynamoDB refuses them.
    """
    parts = {
        "TableName": table_name,
        "Key": key,
        "UpdateExpression": expression,
        "ConditionExpression": condition,
    }
    optional = {"ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
    return {"Update": parts | {name: placeholders for name, placeholders in optional.items() if placeholders}}
