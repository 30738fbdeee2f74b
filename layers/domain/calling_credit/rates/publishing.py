"""Publishes a judged deck and goes back to an earlier one. A deck is stored first and then made the active one by a
single object, so whoever dies in between leaves the old deck in force.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from calling_credit.errors import InvalidValue, NotFound, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import ReportProgress, parse_deck
from calling_credit.rates.deck_report import Judged, judge
from calling_credit.rates.deck_store import (
    DECKS,
    INCOMING,
    REPORTS,
    activate,
    deck_key,
    deck_version,
    put_deck,
    read_active,
    read_deck,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_BYTES: Final = 64 * 1024 * 1024
ROUNDS: Final = 5
"""How often it is looked again because another deck was activated meanwhile."""
S3_ROUNDS_TO: Final = timedelta(seconds=1)
"""S3 tells when an object was put in whole seconds."""


class PublishOutcome(StrEnum):
    """What happened to a deck; the `outcome` of its report."""

    PUBLISHED = "published"
    REFUSED = "refused"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


OUTCOME_MESSAGES: Final[dict[PublishOutcome, str]] = {
    PublishOutcome.PUBLISHED: "Every function uses the deck within a minute.",
    PublishOutcome.REFUSED: "Nothing was published. Correct the errors and upload the file again.",
    PublishOutcome.UNCHANGED: "The deck is already active; nothing changed.",
    PublishOutcome.SUPERSEDED: "Another deck was activated after this file was uploaded. Upload it again.",
}
"""The sentence for each outcome in a report."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A deck that was published once."""

    version: str
    size_bytes: int
    stored_at: datetime


class Publisher:
    """The decks of one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def active(self) -> tuple[dict[str, Any] | None, Deck | None]:
        """The pointer to the active deck, and the deck; no deck if there is none or it cannot be used any more."""
        pointer = read_active(self._client, self._bucket)
        try:
            return pointer, None if pointer is None else read_deck(self._client, self._bucket, pointer)
        except (Unavailable, self._client.exceptions.NoSuchKey):
            return pointer, None

    def judge(self, data: bytes, made_at: datetime, now: datetime, tell: ReportProgress | None = None) -> Judged:
        """Judge a deck beside the active one; `made_at` (when it was put, or now) is part of its version."""
        version = deck_version(data, made_at)
        pointer, before = self.active()
        if pointer is not None and pointer["version"] == version:
            before = self._deck_before(pointer)  # Whoever activated it died before telling so.
        return judge(data, version, before, format_instant(now), tell)

    def _deck_before(self, pointer: dict[str, Any]) -> Deck | None:
        previous = pointer.get("previous", [])
        try:
            return self.deck(previous[0]) if previous else None
        except (NotFound, Unavailable):
            return None

    def publish(self, data: bytes, judged: Judged, since: datetime, now: datetime) -> PublishOutcome:
        """Store a deck without errors and make it the active one, unless it is that already.

        superseded: the active deck was put, or began to be judged, after this one. So one that is told of late, or
        twice, never takes the place of a newer one. unchanged: its file is stored once more, in case it was damaged.

        Raises:
            Unavailable: `busy`, others kept activating decks.
        """
        if judged.deck is None:
            return PublishOutcome.REFUSED
        for _ in range(ROUNDS):
            pointer = read_active(self._client, self._bucket)
            if pointer is not None and pointer["sha256"] == hashlib.sha256(data).hexdigest():
                put_deck(self._client, self._bucket, pointer["version"], data)
                is_same = pointer["version"] == judged.version
                return PublishOutcome.PUBLISHED if is_same else PublishOutcome.UNCHANGED
            if pointer is not None and pointer.get("since", pointer["activated_at"]) > format_instant(since):
                return PublishOutcome.SUPERSEDED
            put_deck(self._client, self._bucket, judged.version, data)
            if self._activate(judged.version, data, now, _before(pointer), pointer, since):
                return PublishOutcome.PUBLISHED
        raise Unavailable(ProblemCode.BUSY, "Other decks are being activated at this moment; publish it again.")

    def _activate(
        self,
        version: str,
        data: bytes,
        now: datetime,
        before: list[str],
        seen: dict[str, Any] | None,
        since: datetime | None = None,
    ) -> bool:
        """Whether the pointer that was seen still stood there, and the deck is active now."""
        known: list[str] = seen.get("categories", []) if seen else []
        etag = seen["etag"] if seen else ""
        return activate(self._client, self._bucket, version, data, now, before, known, after=etag, since=since)

    def roll_back(self, version: str | None, now: datetime) -> str:
        """Make the deck before the active one, or the one named, the active one again; its version.

        Raises:
            InvalidValue: `already_active`.
            NotFound: `no_earlier_deck`, `unknown_deck`.
            Unavailable: `unusable_deck`, its file was changed; `busy`, another deck was activated meanwhile.
        """
        pointer = read_active(self._client, self._bucket) or {}
        previous: list[str] = pointer.get("previous", [])
        target = version or (previous[0] if previous else None)
        if target is None:
            raise NotFound(
                ProblemCode.NO_EARLIER_DECK, "No deck was published before the active one; name one with TO=."
            )
        if target == pointer.get("version"):
            raise InvalidValue(ProblemCode.ALREADY_ACTIVE, f"{target} is the active deck.")
        data = self.stored(target)
        self.deck(target)
        before = previous[previous.index(target) + 1 :] if target in previous else _before(pointer)
        if not self._activate(target, data, now, before, pointer or None) and self._active_version() != target:
            raise Unavailable(
                ProblemCode.BUSY, "Another deck was activated at this moment; look at LIST=1 and do it again."
            )
        return target

    def _active_version(self) -> str | None:
        pointer = read_active(self._client, self._bucket)
        return pointer["version"] if pointer else None

    def stored(self, version: str) -> bytes:
        """The CSV of a deck that was published once, held against the beginning of its hash in its name.

        Raises:
            NotFound: `unknown_deck`.
            Unavailable: `unusable_deck`.
        """
        try:
            data = self._client.get_object(Bucket=self._bucket, Key=deck_key(version))["Body"].read()
        except self._client.exceptions.NoSuchKey as error:
            raise NotFound(ProblemCode.UNKNOWN_DECK, f"There is no deck {version}; LIST=1 lists them.") from error
        named = version.rpartition("-")[2]
        if not hashlib.sha256(data).hexdigest().startswith(named):
            raise Unavailable(ProblemCode.UNUSABLE_DECK, f"The file of {version} was changed after it was published.")
        return data

    def deck(self, version: str) -> Deck:
        """A deck that was published once. Raises what `stored` does."""
        parsed = parse_deck(self.stored(version), version)
        if isinstance(parsed, list):
            raise Unavailable(ProblemCode.UNUSABLE_DECK, f"The file of {version} was changed after it was published.")
        return parsed

    def versions(self) -> Iterator[Stored]:
        """Every stored deck, the oldest first."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=DECKS):
            for found in page.get("Contents", []):
                version = found["Key"].removeprefix(DECKS).removesuffix(".csv")
                yield Stored(version, found["Size"], found["LastModified"])

    def dropped(self, key: str) -> tuple[bytes, datetime]:
        """A deck that was dropped to be published, and when, in whole seconds.

        Raises:
            InvalidValue: `file_too_large`.
            NotFound: `file_gone`.
        """
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.NoSuchKey as error:
            raise NotFound(ProblemCode.FILE_GONE, "The file was removed before it was read; put it again.") from error
        if answer["ContentLength"] > MAX_BYTES:
            raise InvalidValue(ProblemCode.FILE_TOO_LARGE, f"A deck has at most {MAX_BYTES:,} bytes.")
        return answer["Body"].read(), answer["LastModified"]

    def report_of(self, key: str) -> dict[str, Any] | None:
        """What was told of the deck that was dropped under this key; None if nothing was."""
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=report_key(key))["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None
        told: dict[str, Any] = json.loads(body)
        return told

    def tell(self, key: str, told: dict[str, Any]) -> None:
        """Put the report of a dropped deck beside it."""
        body = json.dumps(told, ensure_ascii=False, indent=1).encode()
        self._client.put_object(Bucket=self._bucket, Key=report_key(key), Body=body, ContentType="application/json")


def report_key(key: str) -> str:
    """Where the report of a dropped deck is."""
    return f"{REPORTS}{key.removeprefix(INCOMING)}.json"


def _before(pointer: dict[str, Any] | None) -> list[str]:
    return [pointer["version"], *pointer.get("previous", [])] if pointer else []
