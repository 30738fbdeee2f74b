"""Delays messages of the mail queues that SES did not accept."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.aws import aws_session
from calling_credit.notifications.mail_queue import QueuedMail

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def queue_client() -> "SQSClient":
    """Return a client that gives up quickly: without a delay, a message is received again after its queue's time."""
    settings = ClientConfig(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 1})
    return cast("SQSClient", aws_session().create_client("sqs", config=settings))


def delay(client: "SQSClient", urls: Sequence[str], mail: QueuedMail, seconds: int) -> bool:
    """Hide a message for some seconds, in the queue among `urls` that it came from. Return whether SQS does so."""
    url = next((url for url in urls if url.rpartition("/")[2] == mail.queue), None)
    if url is None:
        return False
    try:
        client.change_message_visibility(QueueUrl=url, ReceiptHandle=mail.receipt, VisibilityTimeout=seconds)
    except (ClientError, BotoCoreError):
        return False
    return True
