"""Asks the function `send_mail` to send a mail again."""

import json
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.aws import aws_session
from calling_credit.errors import ProblemCode, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def mail_function_client() -> "LambdaClient":
    """Return a client that waits for the mail and sends one request only; the mail is sent once in any case."""
    settings = ClientConfig(connect_timeout=1, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 1})
    return cast("LambdaClient", aws_session().create_client("lambda", config=settings))


def send_again(
    client: "LambdaClient", function: str, detail: dict[str, Any], resend_id: str, address_hash: str
) -> None:
    """Send the mail about an event to one address again, once for each `resend_id`.

    Raises:
        Unavailable: it may not have been sent; the same call is safe again.
    """
    event = {"detail": detail, "resend": {"id": resend_id, "address_hash": address_hash}}
    try:
        answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    except (ClientError, BotoCoreError) as error:
        raise _not_sent() from error
    if "FunctionError" in answer:
        raise _not_sent()


def _not_sent() -> Unavailable:
    return Unavailable(ProblemCode.UNAVAILABLE, "The mail may not have been sent. Send the same request again.")
