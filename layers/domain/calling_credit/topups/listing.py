"""Lists the payments of an account by time."""

from itertools import islice
from typing import TYPE_CHECKING, Any

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.pages import query_pages

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
