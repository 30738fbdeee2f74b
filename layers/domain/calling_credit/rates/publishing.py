"""Publishing a checked deck, and rolling back to an earlier one.

A deck is stored first. Writing one object then activates it, so an interrupted publication leaves the old deck active.
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
from calling_credit.rates.deck_report import DeckCheck, check_deck
from calling_credit.rates.deck_store import (
    DECKS,
    INCOMING,
    REPORTS,
    ActivePointer,
    activate,
    deck_key,
    deck_version,
    pointer_to,
    put_deck,
    read_active,
    read_deck,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_ATTEMPTS: Final = 5
"""Attempts to activate a deck while others activate theirs."""
S3_TIME_STEP: Final = timedelta(seconds=1)
"""S3 reports the time of an upload in whole seconds."""


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
class StoredDeck:
    """A deck that was published at some time."""

    version: str
    size_bytes: int
    stored_at: datetime


@dataclass(frozen=True, slots=True)
class UploadedDeck:
    """The content of an uploaded file, and when it was uploaded, in whole seconds."""

    data: bytes
    uploaded_at: datetime


class DeckBucket:
    """The decks and reports of one bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def pointer(self) -> ActivePointer | None:
        """Return the pointer to the active deck, if there is one."""
        return read_active(self._client, self._bucket)

    def check(
        self, data: bytes, made_at: datetime, now: datetime, report_progress: ReportProgress | None = None
    ) -> DeckCheck:
        """Check a deck and compare it with the active one. `made_at` (its upload, or now) is part of its version."""
        version = deck_version(data, made_at)
        pointer = self.pointer()
        if pointer is not None and pointer.version == version:
            before = self._deck_before(pointer)  # It was activated by a run that ended before it wrote the report.
        else:
            before = self._active_deck(pointer)
        return check_deck(data, version, before, format_instant(now), report_progress)

    def _active_deck(self, pointer: ActivePointer | None) -> Deck | None:
        """Return the active deck; None if there is none or its file is unusable."""
        try:
            return None if pointer is None else read_deck(self._client, self._bucket, pointer)
        except (Unavailable, self._client.exceptions.NoSuchKey):
            return None

    def _deck_before(self, pointer: ActivePointer) -> Deck | None:
        try:
            return self.deck(pointer.previous[0]) if pointer.previous else None
        except (NotFound, Unavailable):
            return None

    def publish(self, data: bytes, check: DeckCheck, since: datetime, now: datetime) -> PublishOutcome:
        """Store a deck without errors and activate it, unless it is active already.

        Returns:
            SUPERSEDED if the active deck is newer than `since`, so that a delayed or repeated event never replaces a
            newer deck. UNCHANGED if the deck is active already; the file is stored again, in case it was damaged.

        Raises:
            Unavailable: `busy`, other decks were activated at the same time.
        """
        if check.deck is None:
            return PublishOutcome.REFUSED
        for _ in range(MAX_ATTEMPTS):
            pointer = self.pointer()
            if pointer is not None and pointer.sha256 == hashlib.sha256(data).hexdigest():
                put_deck(self._client, self._bucket, pointer.version, data)
                is_same = pointer.version == check.version
                return PublishOutcome.PUBLISHED if is_same else PublishOutcome.UNCHANGED
            if pointer is not None and pointer.since > format_instant(since):
                return PublishOutcome.SUPERSEDED
            put_deck(self._client, self._bucket, check.version, data)
            previous = pointer.history if pointer else ()
            categories = pointer.categories if pointer else ()
            new = pointer_to(check.version, data, now, since=since, previous=previous, categories=categories)
            if self._replace(pointer, new):
                return PublishOutcome.PUBLISHED
        raise Unavailable(ProblemCode.BUSY, "Other decks are being activated; publish this deck again.")

    def _replace(self, pointer: ActivePointer | None, new: ActivePointer) -> bool:
        """Activate a deck on the condition that the pointer has not changed; return whether it was activated."""
        return activate(self._client, self._bucket, new, pointer.etag if pointer else "")

    def roll_back(self, version: str | None, now: datetime) -> str:
        """Activate the previous deck, or the named one, again; return its version.

        Raises:
            InvalidValue: `already_active`.
            NotFound: `no_earlier_deck`, `unknown_deck`.
            Unavailable: `unusable_deck`, its file was changed; `busy`, another deck was activated at the same time.
        """
        pointer = self.pointer()
        previous = pointer.previous if pointer else ()
        target = version or (previous[0] if previous else None)
        if target is None:
            raise NotFound(
                ProblemCode.NO_EARLIER_DECK, "No deck was published before the active one; name a deck with TO=."
            )
        if pointer is not None and target == pointer.version:
            raise InvalidValue(ProblemCode.ALREADY_ACTIVE, f"{target} is the active deck.")
        data = self.read_csv(target)
        self.deck(target)
        earlier = pointer.history if pointer else ()
        if target in previous:
            earlier = previous[previous.index(target) + 1 :]
        categories = pointer.categories if pointer else ()
        new = pointer_to(target, data, now, previous=earlier, categories=categories)
        if not self._replace(pointer, new) and self._active_version() != target:
            raise Unavailable(
                ProblemCode.BUSY, "Another deck was activated at the same time; check LIST=1 and repeat the command."
            )
        return target

    def _active_version(self) -> str | None:
        pointer = self.pointer()
        return pointer.version if pointer else None

    def read_csv(self, version: str) -> bytes:
        """Return the CSV of a published deck, checked against the hash in its name.

        Raises:
            NotFound: `unknown_deck`.
            Unavailable: `unusable_deck`.
        """
        try:
            data = self._client.get_object(Bucket=self._bucket, Key=deck_key(version))["Body"].read()
        except self._client.exceptions.NoSuchKey as error:
            raise NotFound(ProblemCode.UNKNOWN_DECK, f"There is no deck {version}; LIST=1 lists the decks.") from error
        if not hashlib.sha256(data).hexdigest().startswith(version.rpartition("-")[2]):
            raise _changed(version)
        return data

    def deck(self, version: str) -> Deck:
        """Return a published deck. Raises the errors of `read_csv`."""
        deck = parse_deck(self.read_csv(version), version)
        if isinstance(deck, list):
            raise _changed(version)
        return deck

    def stored_decks(self) -> Iterator[StoredDeck]:
        """Yield every stored deck, oldest first."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=DECKS):
            for entry in page.get("Contents", []):
                version = entry["Key"].removeprefix(DECKS).removesuffix(".csv")
                yield StoredDeck(version, entry["Size"], entry["LastModified"])

    def read_upload(self, key: str) -> UploadedDeck:
        """Return an uploaded file.

        Raises:
            InvalidValue: `file_too_large`.
            NotFound: `file_gone`.
        """
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.NoSuchKey as error:
            raise NotFound(
                ProblemCode.FILE_GONE, "The file was removed before it was read; upload it again."
            ) from error
        if answer["ContentLength"] > MAX_BYTES:
            raise InvalidValue(ProblemCode.FILE_TOO_LARGE, f"A deck can have at most {MAX_BYTES:,} bytes.")
        return UploadedDeck(answer["Body"].read(), answer["LastModified"])

    def read_report(self, key: str) -> dict[str, Any] | None:
        """Return the report on the file that was uploaded under a key; None if there is none yet."""
        try:
            body = self._client.get_object(Bucket=self._bucket, Key=report_key(key))["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None
        report: dict[str, Any] = json.loads(body)
        return report

    def write_report(self, key: str, report: dict[str, Any]) -> None:
        """Write the report on an uploaded file."""
        body = json.dumps(report, ensure_ascii=False, indent=1).encode()
        self._client.put_object(Bucket=self._bucket, Key=report_key(key), Body=body, ContentType="application/json")


def report_key(key: str) -> str:
    """Return the key of the report on an uploaded file."""
    return f"{REPORTS}{key.removeprefix(INCOMING)}.json"


def _changed(version: str) -> Unavailable:
    return Unavailable(ProblemCode.UNUSABLE_DECK, f"The file of {version} was changed after it was published.")
