"""The versions of the buying list in force over time, for reports on past calls."""

from typing import TYPE_CHECKING

from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_files import load_deck
from calling_credit.rates.deck_store import read_active
from calling_credit.rates.list_names import COST, list_client
from calling_credit.rates.timeline import deck_at

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class CostVersions:
    """The buying list of a bucket as it is stored now. Each version is read once, when a call needs it."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        """Raises Unavailable: `unusable_deck`, the pointer is damaged."""
        self._client = list_client(client, COST)
        self._bucket = bucket
        pointer = read_active(self._client, bucket)
        self._entries = pointer.in_force if pointer is not None else ()
        self._loaded: dict[str, Deck] = {}

    @property
    def is_stored(self) -> bool:
        """Whether there is a buying list."""
        return bool(self._entries)

    def at(self, instant: str) -> Deck | None:
        """Return the version in force at an instant; the oldest known one for an earlier instant.

        Raises:
            Unavailable: `unusable_deck`, its files are gone or were changed.
        """
        if not self._entries:
            return None
        entry = deck_at(self._entries, instant)
        deck = self._loaded.get(entry.version)
        if deck is None:
            deck = self._loaded[entry.version] = load_deck(self._client, self._bucket, entry)
        return deck
