"""Stores the state of the event sweep, and when the last verified callback arrived."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.errors import AWS_ERRORS, existing_item, is_condition_failed
from calling_credit.dynamodb.schema import creating
from calling_credit.dynamodb.stripe_keys import CALLBACKS_SK, EVENTS_PK, SWEEP_SK
from calling_credit.payments.sweep_state import SweepState, state_from_item, state_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HEARD_EVERY: Final = timedelta(minutes=5)
"""The time of the last callback is written at most this often."""
CLOCKS_DIFFER: Final = 60
"""A stored time that is later than now by more seconds than this is wrong."""


class SweepStore:
    """The two items about Stripe's events."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self) -> tuple[SweepState | None, int]:
        """Read the state of the sweep, None before the first one, and the time of the last callback, 0 if it is
        unknown or cannot be read.
        """
        item_keys = [(EVENTS_PK, SWEEP_SK), (EVENTS_PK, CALLBACKS_SK)]
        items = read_many(self._client, self._table_name, item_keys)
        stored, callbacks = (from_attributes(items.get(key, {})) for key in item_keys)
        heard_at = callbacks.get("heard_at", 0)
        return (state_from_item(stored) if stored else None), heard_at if isinstance(heard_at, int) else 0

    def save(self, state: SweepState) -> bool:
        """Store the state and count its version. Return False if another sweep has stored another one meanwhile: then
        this one is out of date, and what it handled may be handled again.
        """
        item: dict[str, Any] = {"PK": EVENTS_PK, "SK": SWEEP_SK, **state_item(state), "version": state.version + 1}
        try:
            self._client.put_item(
                TableName=self._table_name,
                Item=to_attributes(item),
                ConditionExpression="version = :version OR NOT attribute_type(version, :number)",
                ExpressionAttributeValues={":version": {"N": str(state.version)}, ":number": {"S": "N"}},
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
            return False
        state.version += 1
        return True

    def record_callback(self, now: datetime) -> int:
        """Store the time of a verified callback unless another one was stored in the last minutes. Return the stored
        time.
        """
        heard_at = int(now.timestamp())
        recently = heard_at - int(HEARD_EVERY.total_seconds())
        try:
            self._client.update_item(
                **creating(
                    {
                        "TableName": self._table_name,
                        "Key": {"PK": {"S": EVENTS_PK}, "SK": {"S": CALLBACKS_SK}},
                        "UpdateExpression": "SET heard_at = :now",
                        "ConditionExpression": "NOT heard_at BETWEEN :recently AND :soon",
                        "ExpressionAttributeValues": {
                            ":now": {"N": str(heard_at)},
                            ":recently": {"N": str(recently + 1)},
                            ":soon": {"N": str(heard_at + CLOCKS_DIFFER)},
                        },
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                )
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
            return int(existing_item(error)["heard_at"]["N"])
        return heard_at
