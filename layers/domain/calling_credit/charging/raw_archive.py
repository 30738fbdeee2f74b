"""The raw archive keeps each batch of finished calls as the queue delivered it, before it is charged: one object for
each invocation of `rate_calls`. `make replay-calls` sends the calls of a lost table again.

An object is gzipped JSON lines, one for each message: `{"message_id", "first_sent_at", "body"}`, and `correlation_id`
if the message brought one. `first_sent_at` is in epoch milliseconds. The name of the object begins with the hour (UTC)
in which the batch arrived.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from calling_credit.charging.intake import Message
from calling_credit.correlation import CORRELATION_ID, correlation_of

RAW: Final = "raw/"
HOUR: Final = timedelta(hours=1)
_END: Final = ".jsonl.gz"
_LATEST_MS: Final = 253_402_300_799_999
"""The end of the year 9999."""
_LEVEL: Final = 3
"""Of compression: a batch of a thousand calls takes 3 ms, and the smallest object would save a tenth."""


def raw_prefix(hour: datetime) -> str:
    """Return the prefix of the objects of one hour (UTC)."""
    return f"{RAW}{hour.astimezone(UTC):%Y/%m/%d/%H}/"


def raw_key(at: datetime, request_id: str) -> str:
    """Return the name of an invocation's object."""
    return f"{raw_prefix(at)}{request_id}{_END}"


def hours_between(since: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the hours (UTC) that touch the time from `since` to `until`, both included."""
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= until:
        yield hour
        hour += HOUR


def pack(messages: Iterable[Message]) -> bytes:
    """Return the object of a batch."""
    text = "".join(f"{json.dumps(_fields(one), ensure_ascii=False)}\n" for one in messages)
    return gzip.compress(text.encode("utf-8", "surrogatepass"), _LEVEL, mtime=0)


def _fields(message: Message) -> dict[str, Any]:
    cause = {CORRELATION_ID: message.correlation_id} if message.correlation_id else {}
    return {"message_id": message.message_id, "first_sent_at": message.sent_at_ms, "body": message.body, **cause}


def _message(fields: Any) -> Message:
    sent_at = int(fields["first_sent_at"])
    return Message(str(fields["message_id"]), sent_at, str(fields["body"]), correlation_of(fields) or "")


def unpack(data: bytes) -> list[Message]:
    """Return the messages of an object, the one sent first first.

    Raises:
        ValueError: the object is no batch of this archive.
    """
    if not data:
        raise ValueError("not a batch of calls: it is empty")
    try:
        text = gzip.decompress(data).decode("utf-8", "surrogatepass")
        fields = [json.loads(line) for line in text.split("\n") if line]
        messages = [_message(one) for one in fields]
    except (
        OSError,
        EOFError,
        zlib.error,
        LookupError,
        TypeError,
        ArithmeticError,
        RecursionError,
        ValueError,
    ) as error:
        raise ValueError(f"not a batch of calls: {type(error).__name__}") from error
    if not all(0 <= message.sent_at_ms <= _LATEST_MS for message in messages):
        raise ValueError("not a batch of calls: first_sent_at is no time")
    return sorted(messages, key=lambda message: message.sent_at_ms)
