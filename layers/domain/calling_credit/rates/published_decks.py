"""The published decks of a bucket, whichever of them is active."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.errors import NotFound, ProblemCode, Unavailable
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import parse_deck
from calling_credit.rates.deck_files import load_deck
from calling_credit.rates.deck_store import DECKS, ActivePointer, deck_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class StoredDeck:
    """A deck that was published at some time."""

    version: str
    size_bytes: int
    stored_at: datetime


class PublishedDecks:
    """Reads published decks."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

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

    def first_usable(self, pointer: ActivePointer | None, versions: Iterable[str]) -> Deck | None:
        """Return the first deck whose compiled form or file is whole; None if none is. So a damaged file does not
        disarm the guard.
        """
        stored = {deck.version: deck for deck in reversed(pointer.in_force)} if pointer is not None else {}
        for version in versions:
            try:
                if version in stored:
                    return load_deck(self._client, self._bucket, stored[version])
                return self.deck(version)
            except (NotFound, Unavailable, self._client.exceptions.NoSuchKey):
                continue
        return None


def _changed(version: str) -> Unavailable:
    return Unavailable(ProblemCode.UNUSABLE_DECK, f"The file of {version} was changed after it was published.")
