"""Stores batches of finished calls in the raw archive, and never lets a charge wait longer than a second for it.

The batch is stored by a thread, before it is charged in the ordinary case. If the archive is slow, charging begins
after `PATIENCE_SECONDS`, and the invocation waits for the archive once more when its calls are charged. While the
archive stays slow, the next batches do not wait before they are charged, and less afterwards, so that calls behind them
in the queue lose little time either.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

from botocore.config import Config as ClientConfig

from calling_credit.aws import aws_session
from calling_credit.charging.intake import Message
from calling_credit.charging.raw_archive import pack, raw_key
from calling_credit.dynamodb.errors import code_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PATIENCE_SECONDS: Final = 1.0
"""How long charging waits for the archive."""
LAST_SECONDS: Final = 5.0
"""How long a charged batch waits for its object, if the invocation has so much time."""
LAST_SECONDS_WHILE_SLOW: Final = 2.0
"""The same after a batch that took longer than `PATIENCE_SECONDS`."""
TOO_SLOW: Final = "archive_too_slow"
NO_THREAD: Final = "no_thread"


def archive_client() -> "S3Client":
    """Return a client that tries twice within a few seconds."""
    limits = ClientConfig(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
    return cast("S3Client", aws_session().create_client("s3", config=limits))


class Archiving:
    """One batch on its way into the archive. `is_slow`: the one before it took too long; `was_slow`: this one did."""

    def __init__(self, store: Callable[[], object], *, is_slow: bool = False) -> None:
        self._store = store
        self._is_slow = is_slow
        self._failure: str | None = TOO_SLOW  # Until the thread has ended.
        self._thread = threading.Thread(target=self._run, daemon=True)
        try:
            self._thread.start()
        except (RuntimeError, MemoryError):
            self._failure = NO_THREAD
        else:
            self._thread.join(0 if is_slow else PATIENCE_SECONDS)
        self.was_slow = self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._store()
        except Exception as error:  # noqa: BLE001 - no failure of the archive stops a charge
            self._failure = code_of(error)
        else:
            self._failure = None

    def failure(self, seconds_left: float) -> str | None:
        """Return why the batch is not in the archive, as a code for the log; None if it is stored."""
        if self._thread.is_alive():
            most = LAST_SECONDS_WHILE_SLOW if self._is_slow else LAST_SECONDS
            self._thread.join(max(0.0, min(most, seconds_left)))
        if self._is_slow:
            self.was_slow = self._thread.is_alive()
        return self._failure


class RawArchive:
    """The archive of one stack. Without a bucket it stores nothing."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._last: Archiving | None = None

    def store(self, messages: Sequence[Message], request_id: str, at: datetime) -> Archiving:
        """Begin to store a batch, and return once it is stored, but after `PATIENCE_SECONDS` at the latest."""
        is_slow = self._last is not None and self._last.was_slow
        self._last = Archiving(lambda: self._put(messages, request_id, at), is_slow=is_slow)
        return self._last

    def _put(self, messages: Sequence[Message], request_id: str, at: datetime) -> None:
        if not (self._bucket and messages):
            return
        #  A bucket with a lock accepts an object only with a checksum.
        self._client.put_object(
            Bucket=self._bucket,
            Key=raw_key(at, request_id),
            Body=pack(messages),
            ContentType="application/gzip",
            ChecksumAlgorithm="CRC32",
        )
