"""Issues for operators: Stripe objects that no top-up explains, and differences of the ledger. Nothing corrects them
automatically.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from calling_credit.correlation import CORRELATION_ID, current_correlation
from calling_credit.dynamodb import stripe_keys, sweep_keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, existing_item, is_condition_failed
from calling_credit.dynamodb.sweep import read_oldest
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ISSUE_KIND: Final = "issue"
ISSUE_RETENTION: Final = timedelta(days=365)


class IssueCode(StrEnum):
    """Why an object of Stripe matches no payment or card, or needs an operator. docs/runbook.md#payment-issues explains
    each.
    """

    FOREIGN_PAYMENT = "foreign_payment"
    FOREIGN_CARD = "foreign_card"
    UNKNOWN_OBJECT = "unknown_object"
    CARD_BLOCKED = "card_blocked"
    PAYMENT_LOST = "payment_lost"
    EVENT_NOT_HANDLED = "event_not_handled"


@dataclass(frozen=True, slots=True)
class Issue:
    """An object of Stripe or of the ledger, a stable code, and details. `key` identifies the issue; without one, the
    object does. `facts` are further attributes of its item, from which its event is derived.
    """

    object_id: str
    code: str
    account_id: str
    details: str
    key: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def report_issue(client: "DynamoDBClient", table_name: str, issue: Issue, now: datetime) -> bool:
    """Store an issue once, for a year. Return whether it is new, also if the SDK repeated the request."""
    item: dict[str, Any] = {
        "PK": stripe_keys.issue_pk(issue.key or issue.object_id),
        "SK": stripe_keys.issue_sk(),
        "object_id": issue.object_id,
        "code": issue.code,
        "account_id": issue.account_id,
        "details": issue.details,
        "recorded_at": format_instant(now),
        "expires_at": int((now + ISSUE_RETENTION).timestamp()),
        "sweep_pk": sweep_keys.sweep_pk(ISSUE_KIND, issue.account_id),
        "sweep_sk": f"{format_instant(now)}#{issue.object_id}",
        "written_by": uuid.uuid4().hex,
        CORRELATION_ID: current_correlation(),
        **issue.facts,
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
        return bool(existing_item(error).get("written_by") == {"S": item["written_by"]})
    return True


def is_reported(client: "DynamoDBClient", table_name: str, key: str) -> bool:
    """Whether an issue with this key is stored."""
    item_key = {"PK": {"S": stripe_keys.issue_pk(key)}, "SK": {"S": stripe_keys.issue_sk()}}
    return "Item" in client.get_item(TableName=table_name, Key=item_key, ConsistentRead=True)


def read_issues(client: "DynamoDBClient", table_name: str) -> Iterator[dict[str, Any]]:
    """Read every stored issue, the oldest first."""
    return read_oldest(client, table_name, ISSUE_KIND)
