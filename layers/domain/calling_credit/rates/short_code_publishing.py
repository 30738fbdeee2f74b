"""Publishes a checked price list of short codes: stores it, and lets `active.json` name it.

The list is stored first, as an object that never changes. Writing one object then activates it, so an interrupted
publication leaves the old list in force.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from calling_credit.categories import SHORT_CODE_CATEGORY
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.rates.deck import RateRow
from calling_credit.rates.deck_store import MAX_CATEGORIES, activate, read_active
from calling_credit.rates.short_codes import ShortCodes, UnusableShortCodes, load_short_codes, short_codes_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_ATTEMPTS: Final = 5
"""Attempts to activate a list while decks are activated."""


@dataclass(frozen=True, slots=True)
class ShortCodeChanges:
    """How a price list differs from another: new rows, removed rows, and rows with another price or name."""

    added: list[RateRow]
    removed: list[RateRow]
    changed: list[tuple[RateRow, RateRow]]

    @property
    def any(self) -> bool:
        """Whether the lists differ."""
        return bool(self.added or self.removed or self.changed)


def compare(before: ShortCodes, after: ShortCodes) -> ShortCodeChanges:
    """Compare two price lists, by country and code. When a list was published does not matter."""
    common = sorted(before.keys() & after.keys())
    pairs = ((before[key], after[key]) for key in common)
    return ShortCodeChanges(
        [after[key] for key in sorted(after.keys() - before.keys())],
        [before[key] for key in sorted(before.keys() - after.keys())],
        [(old, new) for old, new in pairs if old != replace(new, effective_from=old.effective_from)],
    )


class ShortCodeBucket:
    """The price lists of short codes in a deck bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def active(self) -> ShortCodes | None:
        """Return the price list in force; None if its file is unusable, so that another can be published."""
        pointer = read_active(self._client, self._bucket)
        short_codes = load_short_codes(self._client, self._bucket, pointer.short_codes if pointer is not None else "")
        return None if isinstance(short_codes, UnusableShortCodes) else short_codes

    def publish(self, data: bytes, now: datetime) -> str:
        """Store a price list without errors and put it in force; return its key.

        Raises:
            Unavailable: `no_active_deck`, because the active deck's pointer names the list; `busy`, decks were
                activated at the same time.
        """
        key = short_codes_key(data, now)
        for _ in range(MAX_ATTEMPTS):
            pointer = read_active(self._client, self._bucket)
            if pointer is None:
                detail = "No rate deck is published yet. Publish a deck first, then the price list of short codes."
                raise Unavailable(ProblemCode.NO_ACTIVE_DECK, detail)
            self._client.put_object(Bucket=self._bucket, Key=key, Body=data, ContentType="text/csv; charset=utf-8")
            categories = tuple(dict.fromkeys((SHORT_CODE_CATEGORY, *pointer.categories)))[:MAX_CATEGORIES]
            new = replace(pointer, short_codes=key, categories=categories)
            if activate(self._client, self._bucket, new, pointer.etag):
                return key
        raise Unavailable(ProblemCode.BUSY, "Decks are being activated; publish this price list again.")
