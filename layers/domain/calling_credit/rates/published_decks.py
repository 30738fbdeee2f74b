"""The published decks of a bucket, whichever of them is active."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.errors import NotFound, ProblemCode, Unavailable
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import parse_deck
from calling_credit.rates.deck_files import load_deck
from calling_credit.rates.deck_store import DECKS, deck_key

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

    def active_deck(self, pointer: ActivePointer) -> Deck:
        """Return the active deck from its compiled form, or from its CSV.

        Raises:
            Unavailable: `unusable_deck`, neither can be read.
        """
        try:
            deck = load_deck(self._client, self._bucket, pointer.in_force[0])
        except Unavailable as error:
            detail = (
                f"The active deck {pointer.version} cannot be read, so no deck can be compared with it. Publish the"
                " file of the active deck again, which repairs it, or activate another deck with make rollback-rates"
                " TO=; then publish this file again."
            )
            raise Unavailable(ProblemCode.UNUSABLE_DECK, detail) from error
        deck.categories |= frozenset(pointer.categories)
        return deck

    def base_for(self, version: str, pointer: ActivePointer | None) -> tuple[Deck | None, str, str]:
        """Return the deck to compare a version with, its name, and why it cannot be read, if it cannot."""
        if pointer is None:
            return None, "", ""
        if pointer.version == version:  # It was activated by a run that ended before it wrote the report.
            return self.first_usable(pointer, pointer.previous), next(iter(pointer.previous), ""), ""
        try:
            return self.active_deck(pointer), pointer.version, ""
        except Unavailable as error:
            return None, pointer.version, error.detail

    def first_usable(self, pointer: ActivePointer | None, versions: Iterable[str]) -> Deck | None:
        """Return the first deck whose file is whole; None if none is."""
        for version in versions:
            try:
                if pointer is not None and version == pointer.version:
                    return self.active_deck(pointer)
                return self.deck(version)
            except (NotFound, Unavailable, self._client.exceptions.NoSuchKey):
                continue
        return None


def _changed(version: str) -> Unavailable:
    return Unavailable(ProblemCode.UNUSABLE_DECK, f"The file of {version} was changed after it was published.")
