"""Lists and reads the objects of the raw archive, several at a time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from botocore.config import Config

from calling_credit.charging.intake import Message
from calling_credit.charging.raw_archive import hours_between, raw_prefix, unpack
from calling_credit.instants import parse_instant
from ops.stack import FoundStack
from ops.terminal import CommandError

READERS: Final = 16
CHUNK: Final = 64
"""The objects that are in memory at the same time."""


@dataclass(frozen=True, slots=True)
class RawObject:
    """An object of the archive: its name, and when it was stored."""

    key: str
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class RawBatch:
    """The messages of an object; none if it is unreadable."""

    source: RawObject
    messages: list[Message]
    is_readable: bool = True


class Archive:
    """The raw archive of a stack.

    Raises:
        CommandError: the stack has none.
    """

    def __init__(self, stack: FoundStack) -> None:
        if "ArchiveBucketName" not in stack.outputs:
            raise CommandError(f"{stack.name} has no raw archive. Deploy a newer version.")
        self.bucket = stack.outputs["ArchiveBucketName"]
        settings = Config(max_pool_connections=READERS)
        self.client = stack.session.client("s3", endpoint_url=stack.endpoint_url, config=settings)

    def objects(self, since: datetime, until: datetime) -> Iterator[RawObject]:
        """Yield the objects of all hours that touch a time, in the order in which they were stored."""
        pages = self.client.get_paginator("list_objects_v2")
        for hour in hours_between(since, until):
            listed = pages.paginate(Bucket=self.bucket, Prefix=raw_prefix(hour))
            of_hour = [
                RawObject(one["Key"], one["LastModified"]) for page in listed for one in page.get("Contents", [])
            ]
            yield from sorted(of_hour, key=lambda one: (one.stored_at, one.key))

    def read(self, objects: Sequence[RawObject]) -> Iterator[list[RawBatch]]:
        """Yield the batches of objects in order, `CHUNK` at a time."""
        with ThreadPoolExecutor(READERS) as pool:
            for begin in range(0, len(objects), CHUNK):
                yield list(pool.map(self._read, objects[begin : begin + CHUNK]))

    def _read(self, source: RawObject) -> RawBatch:
        data = self.client.get_object(Bucket=self.bucket, Key=source.key)["Body"].read()
        try:
            return RawBatch(source, unpack(data))
        except ValueError:
            return RawBatch(source, [], is_readable=False)

    def locked_until(self, source: RawObject) -> datetime | None:
        """Return until when an object is locked against deletion; None if it is not."""
        return self.client.head_object(Bucket=self.bucket, Key=source.key).get("ObjectLockRetainUntilDate")


def parse_moment(text: str, name: str) -> datetime:
    """Return the moment that an operator wrote: RFC 3339, or a date, which begins at midnight UTC.

    Raises:
        CommandError: it is neither.
    """
    moment = parse_instant(text if "T" in text.upper() else f"{text}T00:00:00Z")
    if moment is None:
        raise CommandError(f"{name} must be a time such as 2026-11-23T10:00:00Z, or a date such as 2026-11-23.")
    return moment.astimezone(UTC)
