"""What Stripe reports and no payment of ours explains, and where the book differs from what it must say: kept for a
person to look at, and never mended by guess.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys, sweep_keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed, standing_item
from calling_credit.dynamodb.sweep import read_kept
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ISSUE_KIND: Final = "issue"
KEPT_FOR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Issue:
    """One object of Stripe or of the book: which, what is the matter (a stable code), and what is known of it. `key`
    makes it the same issue; the object alone, if there is none.
    """

    object_id: str
    code: str
    account_id: str
    details: str
    key: str = ""


def keep_issue(client: "DynamoDBClient", table_name: str, issue: Issue, now: datetime) -> bool:
    """List it once, as it was first seen; whether it is new, also when the SDK had to ask again. It goes by itself
    after a year.
    """
    item: dict[str, Any] = {
        "PK": keys.issue_pk(issue.key or issue.object_id),
        "SK": keys.issue_sk(),
        "object_id": issue.object_id,
        "code": issue.code,
        "account_id": issue.account_id,
        "details": issue.details,
        "recorded_at": format_instant(now),
        "expires_at": int((now + KEPT_FOR).timestamp()),
        "sweep_pk": sweep_keys.sweep_pk(ISSUE_KIND, issue.account_id),
        "sweep_sk": f"{format_instant(now)}#{issue.object_id}",
        "written_by": uuid.uuid4().hex,
    }
    try:
        client.put_item(
            TableName=table_name,
            Item=to_attributes(item),
            ConditionExpression="attribute_not_exists(PK) OR code <> :code",
            ExpressionAttributeValues={":code": {"S": issue.code}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except AWS_ERRORS as error:
        if not is_condition_failed(error):
            raise
        return bool(standing_item(error).get("written_by") == {"S": item["written_by"]})
    return True


def read_issues(client: "DynamoDBClient", table_name: str) -> Iterator[dict[str, Any]]:
    """Every listed issue, oldest first within a shard."""
    return read_kept(client, table_name, ISSUE_KIND)
