"""Publishing a checked deck, and rolling back to an earlier one.

A deck is stored first. Writing one object then activates it, so an interrupted publication leaves the old deck active.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from calling_credit.errors import InvalidValue, NotFound, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.active_pointer import ActivePointer, replacing
from calling_credit.rates.allowance import allows
from calling_credit.rates.deck import ANY_ORIGIN, Deck, RateRow
from calling_credit.rates.deck_codes import GuardCode
from calling_credit.rates.deck_csv import ReportProgress
from calling_credit.rates.deck_files import is_compiled, put_compiled_deck, repair_deck
from calling_credit.rates.deck_report import DeckCheck, check_deck
from calling_credit.rates.deck_store import activate, deck_version, pointer_to, put_deck, read_active
from calling_credit.rates.findings import Judgement
from calling_credit.rates.guard import judge_deck
from calling_credit.rates.home_numbers import DEFAULT_HOME_COUNTRIES, HomeNumbers
from calling_credit.rates.list_checks import DecksBeside
from calling_credit.rates.publish_outcomes import PublishOutcome
from calling_credit.rates.published_decks import PublishedDecks
from calling_credit.rates.timeline import HISTORY
from calling_credit.rates.uploads import UploadedDecks

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_ATTEMPTS: Final = 5
"""Attempts to activate a deck while others activate theirs."""
DECK_LEAD_SECONDS: Final = 60
"""How far ahead a deck comes into force, unless the stack's DeckLeadSeconds says otherwise."""
S3_TIME_STEP: Final = timedelta(seconds=1)
"""S3 reports the time of an upload in whole seconds."""


class DeckBucket(PublishedDecks, UploadedDecks):
    """The decks and reports of one bucket."""

    history: timedelta = HISTORY
    """How long the timeline keeps a replaced deck."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        lead_seconds: int = DECK_LEAD_SECONDS,
        read_clock: Callable[[], datetime] | None = None,
        *,
        home_countries: Iterable[str] = DEFAULT_HOME_COUNTRIES,
    ) -> None:
        """`read_clock` is read right before a deck is activated, because a large deck takes long to check and store;
        without it, the `now` of the call counts.
        """
        super().__init__(client, bucket)
        self._lead = timedelta(seconds=lead_seconds)
        self._read_clock = read_clock
        self._home_countries = frozenset(home_countries)
        self._beside = DecksBeside(client, bucket)

    def pointer(self) -> ActivePointer | None:
        """Return the pointer to the active deck, if there is one."""
        return read_active(self._client, self._bucket)

    def check(
        self, data: bytes, made_at: datetime, now: datetime, report_progress: ReportProgress | None = None
    ) -> DeckCheck:
        """Check a deck and compare it with the active one. `made_at` (its upload, or now) is part of its version."""
        version = deck_version(data, made_at)
        pointer = self.pointer()
        before, base, obstacle = self.base_for(version, pointer)
        begin = format_instant(now + self._lead if base else now)  # The first deck is in force at once.
        home = self.home_numbers(pointer)
        check = check_deck(
            data,
            version,
            before,
            format_instant(now),
            report_progress,
            home=home,
            in_force_from=begin,
            base=base,
            obstacle=obstacle,
            categories=self.known_categories(),
        )
        return self.check_beside(check, before, home, begin)

    def check_beside(self, check: DeckCheck, before: Deck | None, home: HomeNumbers, at: str) -> DeckCheck:
        """Return a check with its findings about the price lists beside the deck, and about the buying list."""
        return self._beside.check_deck(check, before, home, at)

    def known_categories(self) -> frozenset[str]:
        """Return the categories that are known beside those of the active deck's rows."""
        return frozenset()

    def versions_beside(self) -> dict[str, str]:
        """Return the active versions of what a check reads beside the decks that it compares."""
        return self._beside.versions()

    def home_numbers(self, pointer: ActivePointer | None) -> HomeNumbers:
        """Return the ordinary numbers of home, those of added area codes included."""
        return HomeNumbers(self._home_countries, pointer.area_codes_by_prefix if pointer else {})

    def is_active(self, data: bytes) -> bool:
        """Return whether a file is the active deck."""
        pointer = self.pointer()
        return pointer is not None and pointer.sha256 == hashlib.sha256(data).hexdigest()

    def row_for(self, digits: str, now: datetime) -> RateRow | None:
        """Return the row of the active deck that prices a number for most callers."""
        pointer = self.pointer()
        deck = self.first_usable(pointer, pointer.history if pointer else ())
        return deck.find(digits, ANY_ORIGIN, format_instant(now)) if deck else None

    def judge_rollback(self, version: str, now: datetime) -> Judgement:
        """Judge an earlier deck against the active one, as if it were new. Raises the errors of both."""
        pointer, at = self.pointer(), format_instant(now + self._lead)
        active, earlier, home = (
            self.active_deck(pointer) if pointer else None,
            self.deck(version),
            self.home_numbers(pointer),
        )
        check = DeckCheck(version, deck=earlier, judgement=judge_deck(active, earlier, home, at))
        return self.check_beside(check, active, home, at).judgement

    def publish(
        self,
        data: bytes,
        check: DeckCheck,
        since: datetime,
        now: datetime,
        allowance: Mapping[GuardCode, int | None] | None = None,
    ) -> PublishOutcome:
        """Store a deck without errors and activate it, unless it is active already.

        Args:
            allowance: The findings that an operator allows, with their counts.

        Returns:
            NEEDS_APPROVAL if the check has findings other than those allowed. STALE_BASE if another deck or price list
            is active than the ones the deck was compared with, or another than it names as its base. SUPERSEDED if the
            active deck is newer than `since`, so that a delayed or repeated event never replaces a newer deck.
            UNCHANGED if the deck is active already; the file is stored again, in case it was damaged.

        Raises:
            Unavailable: `busy`, other decks were activated at the same time.
        """
        if check.deck is None:
            return PublishOutcome.REFUSED
        for _ in range(MAX_ATTEMPTS):
            pointer = self.pointer()
            if pointer is not None and pointer.sha256 == hashlib.sha256(data).hexdigest():
                repair_deck(self._client, self._bucket, pointer, data, check.deck)
                is_same = pointer.version == check.version
                return PublishOutcome.PUBLISHED if is_same else PublishOutcome.UNCHANGED
            if pointer is not None and pointer.since > format_instant(since):
                return PublishOutcome.SUPERSEDED
            active = pointer.version if pointer else ""
            is_stale = check.base != active or not (check.obstacle or check.beside == self.versions_beside())
            if is_stale or check.named_base not in ("", active):
                return PublishOutcome.STALE_BASE
            if check.obstacle or not allows(allowance or {}, check.counts):
                return PublishOutcome.NEEDS_APPROVAL
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
                compiled_sha256=put_compiled_deck(self._client, self._bucket, check.deck),
            )
            if self._replace(pointer, new, now):
                return PublishOutcome.PUBLISHED
        raise Unavailable(ProblemCode.BUSY, "Other decks are being activated; publish this deck again.")

    def _replace(self, pointer: ActivePointer | None, new: ActivePointer, now: datetime) -> bool:
        """Activate a deck on the condition that the pointer has not changed; return whether it was activated.

        It is in force a lead time from now on, when every function has read about it.
        """
        at = self._read_clock() if self._read_clock else now
        new = replacing(pointer, new, at, self._lead, self.history)
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
            compiled_sha256=put_compiled_deck(self._client, self._bucket, deck),
        )
        if not self._replace(pointer, new, now) and self._active_version() != target:
            raise Unavailable(
                ProblemCode.BUSY, "Another deck was activated at the same time; check LIST=1 and repeat the command."
            )
        return target

    def compile_active(self) -> str | None:
        """Compile the active deck if its compiled form is missing, damaged, or of another format; return its version.

        Raises the errors of `deck`.
        """
        pointer = self.pointer()
        if pointer is None or is_compiled(self._client, self._bucket, pointer):
            return None
        data = self.read_csv(pointer.version)
        repair_deck(self._client, self._bucket, pointer, data, self.deck(pointer.version))
        return pointer.version

    def _active_version(self) -> str | None:
        pointer = self.pointer()
        return pointer.version if pointer else None
