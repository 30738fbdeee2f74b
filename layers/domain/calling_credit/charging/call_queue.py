"""Sends calls to the call queue (SQS), and knows the limits of its requests."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.aws import aws_session
from calling_credit.correlation import CORRELATION_ID, current_correlation
from calling_credit.dynamodb.retries import backoff
from calling_credit.errors import ProblemCode, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_ENTRIES: Final = 10
"""The messages of one request."""
MAX_BATCH_BYTES: Final = 250_000
"""Below the 256 KiB limit of a request to SQS; attributes count too."""
MAX_ATTEMPTS: Final = 4


def sqs_client() -> "SQSClient":
    """Return a client that gives up a lost connection quickly."""
    limits = ClientConfig(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
    return cast("SQSClient", aws_session().create_client("sqs", config=limits))


def batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    """Yield the bodies in order, as many at a time as one request may carry."""
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batch and (len(batch) == MAX_ENTRIES or size + length > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch


class CallQueue:
    """Puts events into the call queue."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(
        self, bodies: Sequence[str], seconds_left: Callable[[], float], sleep: Callable[[float], None] | None = None
    ) -> None:
        """Send every body with the correlation id of the request, and return once the queue has acknowledged each.
        What it refuses is sent again.

        Raises:
            Unavailable: `not_queued`, the queue did not acknowledge all; some may be in it.
        """
        for batch in batches(bodies):
            self._send(batch, seconds_left, sleep)

    def _send(self, batch: list[str], seconds_left: Callable[[], float], sleep: Callable[[float], None] | None) -> None:
        cause = current_correlation()
        value = {"DataType": "String", "StringValue": cause}
        attributes = {"MessageAttributes": {CORRELATION_ID: value}} if cause else {}
        waiting: dict[str, Any] = {str(index): body for index, body in enumerate(batch)}
        for attempt in backoff(seconds_left=seconds_left, sleep=sleep):
            entries: Any = [{"Id": name, "MessageBody": body, **attributes} for name, body in waiting.items()]
            try:
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            except (ClientError, BotoCoreError) as error:
                raise not_queued() from error
            for success in answer.get("Successful", []):
                waiting.pop(success["Id"], None)
            if not waiting:
                return
            if attempt == MAX_ATTEMPTS:
                break
        raise not_queued()


def not_queued() -> Unavailable:
    """Return the error if not every event is safe. The key of each call makes it safe to send all again."""
    return Unavailable(
        ProblemCode.NOT_QUEUED,
        "Not every event could be stored. Send the whole request again after Retry-After; no call is charged twice.",
        2,
    )
