"""Sends transactions without serialization by botocore. Items already have DynamoDB's form (`{"S": …}`, `{"N": …}`), so
a second pass through the service model changes nothing and costs half the CPU of a large request.

Only for requests without binary attributes, which JSON cannot represent.
"""

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.validate import validate_parameters

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPERATION: Final = "dynamodb.TransactWriteItems"
CONTEXT_KEY: Final = "calling_credit_actions"


def skip_serialization(client: "DynamoDBClient", *, validate: bool) -> None:
    """Make this client send transactions without serialization by the service model.

    The actions are removed before the client processes its parameters and restored in the body before it is signed,
    with the ClientRequestToken that makes the client's own retries safe. If a later botocore raised only the first of
    the two events, DynamoDB would refuse the empty action in their place, so nothing would be written in part.
    `validate` checks the actions against the service model.
    """

    def remove_actions(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[CONTEXT_KEY] = (params, params["TransactItems"])
        params["TransactItems"] = [{}]

    def restore_actions(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        completed, actions = context.pop(CONTEXT_KEY)
        whole = {**completed, "TransactItems": actions}
        if validate:
            validate_parameters(whole, model.input_shape)
        params["body"] = json.dumps(whole, separators=(",", ":")).encode()

    client.meta.events.register(f"before-parameter-build.{OPERATION}", remove_actions)
    client.meta.events.register(f"before-call.{OPERATION}", restore_actions)
