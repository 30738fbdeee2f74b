"""The failures that Lambda keeps of a stream reader: on AWS objects of a bucket with the whole invocation record, on
the local stack messages of a queue that point into the stream. Does not invoke anything.

The form of both is Lambda's: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html. The name of an
object is `aws/lambda/<event source mapping>/<shard>/<yyyy>/<mm>/<dd>/<time>-<random id>`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from botocore.exceptions import ClientError

from ops.dead_letters import DeadLetters, Letter

PREFIX: Final = "aws/lambda/"
EXPIRED: Final = frozenset({"TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException"})
"""What the stream answers about records that are older than a day."""
MAX_PAGES: Final = 1_000


class NotReadableError(Exception):
    """A failure no longer holds records; the message says why."""


@dataclass(frozen=True, slots=True)
class StreamFailure:
    """A batch that a function gave up: when, the function, how to read its records, and how to remove it."""

    name: str
    failed_at: datetime
    function_arn: str
    records: Callable[[], list[dict[str, Any]]]
    remove: Callable[[], None]

    def is_of(self, function: str) -> bool:
        """Whether a function, given by its name or by the ARN of it or its alias, gave the batch up in any version."""
        return name_of(function) == name_of(self.function_arn)


def name_of(function: str) -> str:
    """The name of a function, from `name`, `name:alias`, or an ARN with or without a version."""
    return function.rpartition(":function:")[2].partition(":")[0]


def in_bucket(client: Any, bucket: str) -> Iterator[StreamFailure]:
    """Yield the failures in a bucket. The objects are read one at a time."""
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PREFIX):
        for listed in page.get("Contents", []):
            yield _from_object(client, bucket, listed["Key"], listed["LastModified"])


def _from_object(client: Any, bucket: str, key: str, stored_at: datetime) -> StreamFailure:
    def read() -> Any:
        return json.loads(client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def records() -> list[dict[str, Any]]:
        return payload_records(read())

    remove = partial(client.delete_object, Bucket=bucket, Key=key)
    try:
        record = read()
        arn = str(record["requestContext"]["functionArn"])
        return StreamFailure(key, _instant(record["timestamp"]), arn, records, remove)
    except (ValueError, LookupError, TypeError):
        return StreamFailure(key, stored_at, "", records, remove)


def payload_records(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the stream records in an invocation record, which holds the event as text.

    Raises:
        NotReadableError: it holds none.
    """
    try:
        payload = record["payload"]
        event = json.loads(payload) if isinstance(payload, str) else payload
        records: list[dict[str, Any]] = event["Records"]
        if not records or not all("dynamodb" in one for one in records):
            raise KeyError("Records")
    except (ValueError, LookupError, TypeError) as error:
        raise NotReadableError("the object holds no stream records") from error
    return records


def in_queue(dead: DeadLetters, letters: Sequence[Letter], streams: Any) -> Iterator[StreamFailure]:
    """Yield the failures that the messages of a queue point to in a stream. Other messages are skipped."""
    for letter in letters:
        record = _json(letter.body)
        if "DDBStreamBatchInfo" in record:
            context = record.get("requestContext") or {}
            read = partial(stream_records, streams, record["DDBStreamBatchInfo"])
            remove = partial(dead.remove, [letter], lambda _: None)
            failed_at = datetime.fromtimestamp(letter.sent_ms / 1000, UTC)
            yield StreamFailure(letter.message_id, failed_at, str(context.get("functionArn", "")), read, remove)


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def key_named_by(letter: Letter) -> str | None:
    """Return the object that a message names, if a rule of the bucket sent it."""
    detail = _json(letter.body).get("detail")
    named = detail.get("object") if isinstance(detail, dict) else None
    return str(named["key"]) if isinstance(named, dict) and "key" in named else None


def stream_records(client: Any, batch: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Read the records of a batch from the stream, in the form of Lambda's events.

    Raises:
        NotReadableError: the stream has lost some, because they are older than a day.
    """
    first, last = batch["startSequenceNumber"], batch["endSequenceNumber"]
    found: list[dict[str, Any]] = []
    try:
        place = {"StreamArn": batch["streamArn"], "ShardId": batch["shardId"], "SequenceNumber": first}
        iterator = client.get_shard_iterator(ShardIteratorType="AT_SEQUENCE_NUMBER", **place)["ShardIterator"]
        for _ in range(MAX_PAGES):
            answer = client.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                number = record["dynamodb"]["SequenceNumber"]
                if int(number) <= int(last):
                    found.append(_as_in_lambda(record, batch["streamArn"]))
                if int(number) >= int(last):
                    return found
            iterator = answer.get("NextShardIterator")
            if not iterator:
                break
    except ClientError as error:
        if error.response["Error"]["Code"] not in EXPIRED:
            raise
    raise NotReadableError("the stream keeps records for a day, and has lost these")


def _as_in_lambda(record: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    change = dict(record["dynamodb"])
    created = change.get("ApproximateCreationDateTime")
    if isinstance(created, datetime):
        change["ApproximateCreationDateTime"] = created.timestamp()
    return {**record, "dynamodb": change, "eventSourceARN": stream_arn}


def _instant(text: str) -> datetime:
    """Raises ValueError for a time without an offset, which compares with no other."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("no offset")
    return instant
