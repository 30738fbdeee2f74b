"""An operator for tests that call the stores directly, and what such tests do in the operator's name."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.changes.erasure import ErasureRecord
from calling_credit.ledger import erasure
from calling_credit.masking import masked

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPERATOR = Actor(ActorKind.CLIENT, "ops", "203.0.113.7")
ERASED_AT = datetime(2026, 12, 1, tzinfo=UTC)


def erase_number(client: "DynamoDBClient", table_name: str, account_id: str, number: str) -> list[str]:
    """Erase a number from an account's calls; the changed items."""
    record = ErasureRecord(table_name, account_id, masked(number), OPERATOR, ERASED_AT)
    return list(erasure.erase_number(client, table_name, account_id, number, record))
