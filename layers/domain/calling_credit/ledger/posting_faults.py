"""Finds why the table refuses a posting for good: an item to which the posting adds has another type than a number."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.errors import AWS_ERRORS
from calling_credit.dynamodb.unreadable import OnUnreadable, readable
from calling_credit.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def report_unreadable(
    client: "DynamoDBClient", table_name: str, actions: Iterable[Any], on_unreadable: OnUnreadable
) -> bool:
    """Read the items that the actions of a refused transaction change, and report the unreadable ones. Return whether
    there are any.
    """
    changed = [action["Update"]["Key"] for action in actions if "Update" in action]
    try:
        items = read_many(client, table_name, [(key["PK"]["S"], key["SK"]["S"]) for key in changed])
    except (Unavailable, *AWS_ERRORS):
        return False
    return sum(1 for _ in readable(items.values(), from_attributes, on_unreadable)) < len(items)
