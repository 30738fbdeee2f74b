"""The bucket of rate decks: its decks, the uploaded files, and the reports on them."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.errors import InvalidValue, NotFound, ProblemCode, Unavailable
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import parse_deck
from calling_credit.rates.deck_store import DECKS, INCOMING, REPORTS, ActivePointer, deck_key, read_active

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_BYTES: Final = 64 * 1024 * 1024


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


class DeckFiles:
    """The decks and reports of one bucket, for reading and reporting."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def pointer(self) -> ActivePointer | None:
        """Return the pointer to the active deck, if there is one."""
        return read_active(self._client, self._bucket)

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
