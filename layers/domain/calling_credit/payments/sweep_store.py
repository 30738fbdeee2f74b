"""Stores the state of the event sweep, and when the last verified callback arrived."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.stripe_keys import CALLBACKS_SK, EVENTS_PK, SWEEP_SK
from calling_credit.payments.sweep_state import SweepState, state_from_item, state_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HEARD_EVERY: Final = timedelta(minutes=5)
"""The time of the last callback is written at most this often."""


class SweepStore:
    """The two items about Stripe's events."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self) -> tuple[SweepState | None, int]:
        """Read the state of the sweep, None before the first one, and the time of the last callback, 0 if unknown."""
        item_keys = [(EVENTS_PK, SWEEP_SK), (EVENTS_PK, CALLBACKS_SK)]
        items = read_many(self._client, self._table_name, item_keys)
        stored, callbacks = (from_attributes(items.get(key, {})) for key in item_keys)
        return (state_from_item(stored) if stored else None), int(callbacks.get("heard_at", 0))

    def save(self, state: SweepState) -> bool:
        """Store the state and count its version. Return False if another sweep has stored another one meanwhile: then
        this one is out of date, and what it handled may be handled again.
        """
        item: dict[str, Any] = {"PK": EVENTS_PK, "SK": SWEEP_SK, **state_item(state), "version": state.version + 1}
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=to_attributes(item),
                ConditionExpression="attribute_not_exists(PK) OR version = :version",
                ExpressionAttributeValues={":version": {"N": str(state.version)}},
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
            return False
        state.version += 1
        return True

    def record_callback(self, now: datetime) -> None:
        """Store the time of a verified callback unless another one was stored in the last minutes."""
        heard_at = int(now.timestamp())
        recently = heard_at - int(HEARD_EVERY.total_seconds())
        try:
            self._client.update_item(
                TableName=self._table_name,
                Key={"PK": {"S": EVENTS_PK}, "SK": {"S": CALLBACKS_SK}},
                UpdateExpression="SET heard_at = :now",
                ConditionExpression="attribute_not_exists(PK) OR heard_at <= :recently",
                ExpressionAttributeValues={":now": {"N": str(heard_at)}, ":recently": {"N": str(recently)}},
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
