"""Runs conditional transactions, and builds their actions."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb.errors import (
    AWS_ERRORS,
    CONDITION_FAILED,
    cancellation_reasons,
    is_transient,
    unanswered,
)
from calling_credit.dynamodb.retries import backoff
from calling_credit.dynamodb.schema import SCHEMA_NAME, SCHEMA_VALUE, creating

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS: Final = 6
"""Attempts of one transaction after transient errors, if the caller gives no time limit."""


def transact(
    client: "DynamoDBClient",
    actions: Sequence[Any],
    seconds_left: Callable[[], float] | None = None,
    sleep: Callable[[float], None] | None = None,
    max_attempts: int | None = None,
) -> Mapping[int, dict[str, Any]]:
    """Write all actions or none. Retry after transient errors, a few times or as long as `seconds_left` is positive; if
    `max_attempts` is given too, until either ends.

    After a lost answer, a condition may fail because the first try was written. Read the items again before you report
    a failed condition.

    Returns:
        The positions of the actions whose conditions failed; empty if everything was written. Each has the existing
        item if its action asked for it (`ReturnValuesOnConditionCheckFailure`), else {}.

    Raises:
        Unavailable: the table did not answer in time; the transaction may or may not be written.
        ClientError: the table refused the transaction for another reason than its conditions.
    """
    last_error: Exception | None = None
    limit = MAX_ATTEMPTS if seconds_left is None else max_attempts
    for _ in backoff(limit, seconds_left, sleep):
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
            if not is_transient(error):
                raise
            last_error = error
    raise unanswered() from last_error


def put(table_name: str, item: Any) -> dict[str, Any]:
    """The action that writes a new item with the number of the schema, if none exists."""
    new = {SCHEMA_NAME: SCHEMA_VALUE, **item}
    return {"Put": {"TableName": table_name, "Item": new, "ConditionExpression": "attribute_not_exists(PK)"}}


def update(
    table_name: str, key: Any, expression: str, condition: str, values: Any, names: dict[str, str] | None = None
) -> dict[str, Any]:
    """The action that changes an item on a condition. `values` are attribute values by placeholder. Empty placeholders
    are left out, because DynamoDB refuses them. An update without a condition, or of an item that may not exist, also
    sets the number of the schema.
    """
    parts = {
        "TableName": table_name,
        "Key": key,
        "UpdateExpression": expression,
        "ConditionExpression": condition,
    }
    optional = {"ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
    action = parts | {name: placeholders for name, placeholders in optional.items() if placeholders}
    return {"Update": creating(action) if _may_create(condition) else action}


def _may_create(condition: str) -> bool:
    return not condition or "attribute_not_exists(PK)" in condition
