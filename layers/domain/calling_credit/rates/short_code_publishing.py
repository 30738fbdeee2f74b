"""Publishes a checked price list of short codes: stores it, and lets `active.json` name it.

The list is stored first, as an object that never changes. Writing one object then activates it, so an interrupted
publication leaves the old list in force.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from calling_credit.categories import SHORT_CODE_CATEGORY
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.active_pointer import ShortCodeList
from calling_credit.rates.deck import RateRow
from calling_credit.rates.deck_store import MAX_CATEGORIES, activate, read_active
from calling_credit.rates.publishing import DECK_LEAD_SECONDS
from calling_credit.rates.short_codes import ShortCodes, UnusableShortCodes, load_short_codes, short_codes_key
from calling_credit.rates.timeline import HISTORY, MAX_DECKS_IN_FORCE, TICK

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

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        lead_seconds: int = DECK_LEAD_SECONDS,
        read_clock: Callable[[], datetime] | None = None,
    ) -> None:
        """`read_clock` is read right before a list is activated; without it, the `now` of the call counts."""
        self._client = client
        self._bucket = bucket
        self._lead = timedelta(seconds=lead_seconds)
        self._read_clock = read_clock

    def active(self) -> ShortCodes | None:
        """Return the price list published last; None if its file is unusable, so that another can be published."""
        pointer = read_active(self._client, self._bucket)
        short_codes = load_short_codes(self._client, self._bucket, pointer.short_codes if pointer is not None else "")
        return None if isinstance(short_codes, UnusableShortCodes) else short_codes

    def publish(self, data: bytes, now: datetime) -> ShortCodeList:
        """Store a price list without errors; it is in force a lead time from now. Return its key and that instant.

        Calls that began before keep the price of the list that was in force then.

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
            lists = self._timeline(pointer.short_code_lists, key, self._read_clock() if self._read_clock else now)
            new = replace(pointer, short_code_lists=lists, categories=categories)
            if activate(self._client, self._bucket, new, pointer.etag):
                return lists[0]
        raise Unavailable(ProblemCode.BUSY, "Decks are being activated; publish this price list again.")

    def _timeline(self, lists: tuple[ShortCodeList, ...], key: str, now: datetime) -> tuple[ShortCodeList, ...]:
        """Return the lists with a new one, without those that price no call that can still be delivered."""
        oldest = format_instant(now - HISTORY)
        used = next((at for at, one in enumerate(lists) if one.in_force_from <= oldest), len(lists))
        begin = format_instant(now + self._lead)
        if lists and begin <= lists[0].in_force_from:  # Clocks differ; the list published last is in force last.
            begin = format_instant(datetime.fromisoformat(lists[0].in_force_from) + TICK)
        return (ShortCodeList(key, begin), *lists[: min(used + 1, MAX_DECKS_IN_FORCE - 1)])
