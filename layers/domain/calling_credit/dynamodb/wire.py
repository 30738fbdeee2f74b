"""Sends transactions as they stand: an item here is already written as DynamoDB reads it (`{"S": …}`, `{"N": …}`), so
walking it once more through the service model costs half of a large send's CPU and changes nothing.

Must not know what is sent. Only for requests without binary attributes, which JSON alone cannot write.
"""

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.validate import validate_parameters

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPERATION: Final = "dynamodb.TransactWriteItems"
SET_ASIDE: Final = "calling_credit_as_it_stands"


def send_transactions_as_they_stand(client: "DynamoDBClient", *, validate: bool) -> None:
    """Let this client put its transactions on the wire without serialising them by the service model.

    The actions are set aside before the client works on its parameters and put back into the body before it is signed,
    beside whatever the client added meanwhile: the ClientRequestToken that makes its own retries safe. Were a later
    botocore to raise only the first of the two events, DynamoDB would refuse the empty action left in their place:
    nothing is ever half sent. `validate` checks them by the service model all the same.
    """

    def set_aside(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context[SET_ASIDE] = (params, params["TransactItems"])
        params["TransactItems"] = [{}]

    def put_back(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        completed, actions = context.pop(SET_ASIDE)
        whole = {**completed, "TransactItems": actions}
        if validate:
            validate_parameters(whole, model.input_shape)
        params["body"] = json.dumps(whole, separators=(",", ":")).encode()

    client.meta.events.register(f"before-parameter-build.{OPERATION}", set_aside)
    client.meta.events.register(f"before-call.{OPERATION}", put_back)
