"""Lists and reads the objects of the raw archive, several at a time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, takewhile
from typing import Final

from botocore.config import Config
from botocore.exceptions import ClientError

from calling_credit.charging.intake import Message
from calling_credit.charging.raw_archive import RAW, raw_prefix, unpack
from calling_credit.dynamodb.errors import code_of
from calling_credit.instants import parse_instant
from ops.stack import FoundStack
from ops.terminal import CommandError

READERS: Final = 16
CHUNK: Final = 64
"""The objects that are in memory at the same time."""
DAMAGED: Final = "The object is damaged; its calls are not sent."
OF_ONE_OBJECT: Final = frozenset({"NoSuchKey", "InvalidObjectState"})
"""Errors that say something about one object: it was deleted meanwhile, or is stored away."""


@dataclass(frozen=True, slots=True)
class RawObject:
    """An object of the archive: its name, and when it was stored."""

    key: str
    stored_at: datetime


def hour_of(source: RawObject) -> str:
    """Return the beginning of an object's name, which is that of its hour."""
    return source.key.rpartition("/")[0] + "/"


@dataclass(frozen=True, slots=True)
class RawBatch:
    """The messages of an object; none if it cannot be read, for the reason `failure`."""

    source: RawObject
    messages: list[Message]
    failure: str = ""


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
        first, last = raw_prefix(since), raw_prefix(until)
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=RAW, StartAfter=first)
        listed = (RawObject(one["Key"], one["LastModified"]) for page in pages for one in page.get("Contents", []))
        wanted = takewhile(lambda one: one.key[: len(last)] <= last, listed)
        for _, of_hour in groupby(wanted, key=hour_of):
            yield from sorted(of_hour, key=lambda one: (one.stored_at, one.key))

    def read(self, objects: Sequence[RawObject]) -> Iterator[list[RawBatch]]:
        """Yield the batches of objects in order, `CHUNK` at a time."""
        with ThreadPoolExecutor(READERS) as pool:
            for begin in range(0, len(objects), CHUNK):
                yield list(pool.map(self._read, objects[begin : begin + CHUNK]))

    def _read(self, source: RawObject) -> RawBatch:
        try:
            data = self.client.get_object(Bucket=self.bucket, Key=source.key)["Body"].read()
            return RawBatch(source, unpack(data))
        except ValueError:
            return RawBatch(source, [], DAMAGED)
        except ClientError as error:
            if code_of(error) not in OF_ONE_OBJECT:
                raise
            return RawBatch(source, [], f"The object cannot be read ({code_of(error)}); its calls are not sent.")

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
