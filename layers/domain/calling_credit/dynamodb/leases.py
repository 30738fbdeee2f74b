"""Leases, by which at most one run of a kind works at a time.

A lease is an item with a holder and a time at which it expires. A run that is killed releases nothing, so its lease
must expire soon after its function's timeout. A lease saves work. It does not protect money: the condition of each
write does.
"""

import math
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, existing_item, is_condition_failed, is_transient, unanswered
from calling_credit.dynamodb.lease_keys import lease_key
from calling_credit.dynamodb.retries import backoff
from calling_credit.dynamodb.schema import SCHEMA

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS: Final = 6
"""Tries of one request. The SDK repeats each of them too."""
LONGEST_SECONDS: Final = 3_600
"""No lease ends later than this from now. One that says so was taken by a clock that was wrong, and ends at once."""
_IS_FREE: Final = (
    "attribute_not_exists(PK) OR NOT attribute_type(expires_at, :number) OR expires_at < :now OR expires_at > :latest"
)
"""The condition under which a lease may be taken. A damaged one counts as free, or its work would stop forever."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that this run holds."""

    client: "DynamoDBClient"
    table_name: str
    name: str
    holder: str
    after_death: bool = False
    """Whether the run before did not release it, because it was killed."""

    def release(self) -> None:
        """End the lease if this run still holds it. If the table does not answer, the lease ends when it expires."""
        try:
            self.client.delete_item(
                TableName=self.table_name,
                Key=lease_key(self.name),
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues=to_attributes({":holder": self.holder}),
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error) and not is_transient(error):
                raise


def take_lease(client: "DynamoDBClient", table_name: str, name: str, now: datetime, seconds: float) -> Lease | None:
    """Take the lease of a kind of run. Return None while another run holds it.

    Args:
        name: The kind of run, such as `expire_holds`.
        now: The real time.
        seconds: How long the lease lasts at most; rounded up to a whole second of the clock.

    Raises:
        Unavailable: the table did not answer. The lease may be taken; then it expires without a holder.
    """
    holder = uuid.uuid4().hex
    item: dict[str, str | int] = {
        "holder": holder,
        "expires_at": math.ceil(now.timestamp() + seconds),
        "schema": SCHEMA,
    }
    started_at = math.ceil(now.timestamp())
    last_error: Exception | None = None
    for _ in backoff(MAX_ATTEMPTS):
        try:
            answer = client.put_item(
                TableName=table_name,
                Item=lease_key(name) | to_attributes(item),
                ConditionExpression=_IS_FREE,
                ExpressionAttributeValues=to_attributes(
                    {":now": started_at, ":latest": started_at + LONGEST_SECONDS, ":number": "N"}
                ),
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except AWS_ERRORS as error:
            if is_condition_failed(error):
                # A try whose answer was lost has taken the lease. The next one finds it.
                is_own = existing_item(error).get("holder") == {"S": holder}
                return Lease(client, table_name, name, holder) if is_own else None
            if not is_transient(error):
                raise
            last_error = error
            continue
        return Lease(client, table_name, name, holder, after_death="Attributes" in answer)
    raise unanswered() from last_error
