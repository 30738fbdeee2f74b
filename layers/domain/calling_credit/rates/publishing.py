"""Publishing a checked deck, and rolling back to an earlier one.

A deck is stored first. Writing one object then activates it, so an interrupted publication leaves the old deck active.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from calling_credit.errors import InvalidValue, NotFound, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.compiled_deck import compile_deck
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_bucket import DeckFiles
from calling_credit.rates.deck_csv import ReportProgress
from calling_credit.rates.deck_files import read_deck
from calling_credit.rates.deck_report import DeckCheck, check_deck
from calling_credit.rates.deck_store import (
    ActivePointer,
    activate,
    deck_version,
    pointer_to,
    put_compiled,
    put_deck,
    replacing,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_ATTEMPTS: Final = 5
"""Attempts to activate a deck while others activate theirs."""
DECK_LEAD_SECONDS: Final = 60
"""How far ahead a deck comes into force, unless the stack's DeckLeadSeconds says otherwise."""
S3_TIME_STEP: Final = timedelta(seconds=1)
"""S3 reports the time of an upload in whole seconds."""


class PublishOutcome(StrEnum):
    """What happened to a deck; the `outcome` of its report."""

    PUBLISHED = "published"
    REFUSED = "refused"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


OUTCOME_MESSAGES: Final[dict[PublishOutcome, str]] = {
    PublishOutcome.PUBLISHED: "The deck prices calls from in_force_from on, in every function at the same instant.",
    PublishOutcome.REFUSED: "Nothing was published. Correct the errors and upload the file again.",
    PublishOutcome.UNCHANGED: "The deck is already active; nothing changed.",
    PublishOutcome.SUPERSEDED: "Another deck was activated after this file was uploaded. Upload it again.",
}
"""The sentence for each outcome in a report."""


class DeckBucket(DeckFiles):
    """The decks and reports of one bucket."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        lead_seconds: int = DECK_LEAD_SECONDS,
        read_clock: Callable[[], datetime] | None = None,
    ) -> None:
        """`read_clock` is read right before a deck is activated, because a large deck takes long to check and store;
        without it, the `now` of the call counts.
        """
        super().__init__(client, bucket)
        self._lead = timedelta(seconds=lead_seconds)
        self._read_clock = read_clock

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
                self._repair(pointer, data, check.deck)
                is_same = pointer.version == check.version
                return PublishOutcome.PUBLISHED if is_same else PublishOutcome.UNCHANGED
            if pointer is not None and pointer.since > format_instant(since):
                return PublishOutcome.SUPERSEDED
            put_deck(self._client, self._bucket, check.version, data)
            previous = pointer.history if pointer else ()
            categories = pointer.categories if pointer else ()
            new = pointer_to(
                check.version,
                data,
                now,
                since=since,
                previous=previous,
                categories=categories,
                compiled_sha256=self._store_compiled(check.version, check.deck),
            )
            if self._replace(pointer, new, now):
                return PublishOutcome.PUBLISHED
        raise Unavailable(ProblemCode.BUSY, "Other decks are being activated; publish this deck again.")

    def _replace(self, pointer: ActivePointer | None, new: ActivePointer, now: datetime) -> bool:
        """Activate a deck on the condition that the pointer has not changed; return whether it was activated.

        It is in force a lead time from now on, when every function knows of it.
        """
        at = self._read_clock() if self._read_clock else now
        new = replacing(pointer, new, at, self._lead)
        return activate(self._client, self._bucket, new, pointer.etag if pointer else "")

    def _repair(self, pointer: ActivePointer, data: bytes, deck: Deck) -> None:
        """Store the files of the active deck again, and name the compiled one if its format has changed since."""
        put_deck(self._client, self._bucket, pointer.version, data)
        sha256 = self._store_compiled(pointer.version, deck)
        if sha256 != pointer.compiled_sha256:
            entries = tuple(
                replace(entry, compiled_sha256=sha256) if entry.version == pointer.version else entry
                for entry in pointer.in_force
            )
            new = replace(pointer, in_force=entries, compiled_sha256=sha256)
            activate(self._client, self._bucket, new, pointer.etag)

    def _store_compiled(self, version: str, deck: Deck) -> str:
        """Store the compiled form of a deck; return its SHA-256."""
        compiled = compile_deck(deck)
        put_compiled(self._client, self._bucket, version, compiled)
        return hashlib.sha256(compiled).hexdigest()

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
        data, deck = self.read_csv(target), self.deck(target)
        earlier = pointer.history if pointer else ()
        if target in previous:
            earlier = previous[previous.index(target) + 1 :]
        categories = pointer.categories if pointer else ()
        new = pointer_to(
            target,
            data,
            now,
            previous=earlier,
            categories=categories,
            compiled_sha256=self._store_compiled(target, deck),
        )
        if not self._replace(pointer, new, now) and self._active_version() != target:
            raise Unavailable(
                ProblemCode.BUSY, "Another deck was activated at the same time; check LIST=1 and repeat the command."
            )
        return target

    def _active_version(self) -> str | None:
        pointer = self.pointer()
        return pointer.version if pointer else None
