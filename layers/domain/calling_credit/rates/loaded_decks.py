"""The decks of one place that a warm function has loaded: the deck's own, or those of one customers' price list.

A function reads the timeline in `active.json` at most every 20 seconds and loads each next deck before it is in force.
It knows the timeline for calls that began until 40 seconds after it read it, because a deck that is published later is
in force only 60 seconds later (the lead; the rest allows for clocks that differ). It prices no call that began after
that, so no two functions price a call by different decks, even while S3 does not answer.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from calling_credit.clock import Patience
from calling_credit.config import config
from calling_credit.errors import NotFound, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.background import Tasks
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_files import is_stored, load_deck
from calling_credit.rates.deck_store import ACTIVE_KEY, S3_ERRORS, read_active, unreadable_deck
from calling_credit.rates.timeline import DeckInForce, deck_at

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHECK_WAIT_SECONDS: Final = 0.3
"""How long such a caller waits for a new timeline while the known one is good enough."""
LONGEST_CHECK: Final = timedelta(seconds=20)
MAX_READS: Final = 2
"""A read that an earlier invocation began may end with a timeline that is due again."""
MAX_ROWS_LOADED: Final = 1_000_000
"""The rows of loaded decks beyond those in force now and next. 200,000 rows take about 40 MB."""


@dataclass(frozen=True, slots=True)
class KnownTimeline:
    """A pointer, and when it was read."""

    pointer: ActivePointer
    read_at: datetime


class LoadedDecks:
    """The timeline of a place, and its decks. Several threads may use it."""

    def __init__(self, client: "S3Client", bucket: str, lead_seconds: int | None = None) -> None:
        self._client = client
        self._bucket = bucket
        lead = timedelta(seconds=config().deck_lead_seconds if lead_seconds is None else lead_seconds)
        self._check_every = min(LONGEST_CHECK, lead / 3)
        self._known_for = self._check_every * 2
        self._ahead = self._check_every / 2
        self._reads: Tasks[None] = Tasks()
        self._loads: Tasks[Deck] = Tasks()
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Forget everything, as a cold start does."""
        self._known: KnownTimeline | None = None
        self._failed_at: datetime | None = None
        self._decks: dict[str, Deck] = {}

    def timeline(self, now: datetime, at: datetime, patience: Patience) -> KnownTimeline:
        """Return a timeline that is known for calls that began at an instant; read it again when that is due.

        Raises:
            Unavailable: `no_active_deck`, none was published; `try_again`; `unusable_deck`; `unavailable`, S3 does not
                answer.
        """
        for _ in range(MAX_READS):
            if not self._is_due(now) or (self._failed_at == now and (self._knows(at) or patience.is_endless)):
                break  # One invocation does not wait for a failing bucket at each of its calls.
            self._read(now, at, patience)
            if self._known is None:
                break
        known = self._known
        if self._failed_at == now and not self._knows(at):
            raise unreadable_deck()
        if known is None:
            raise Unavailable(
                ProblemCode.NO_ACTIVE_DECK, "No rate deck is published yet; run make publish-rates FILE=deck.csv.", 60
            )
        if not self._knows(at):
            raise _too_late()
        self._load_next(known, now)
        return known

    def _is_due(self, now: datetime) -> bool:
        return self._known is None or abs(now - self._known.read_at) >= self._check_every

    def _knows(self, at: datetime) -> bool:
        return self._known is not None and at <= self._known.read_at + self._known_for

    def _read(self, now: datetime, at: datetime, patience: Patience) -> None:
        """Read the timeline; do not wait long for it where the known one is good enough."""
        left = patience.left()
        if left is not None and self._knows(at):
            left = min(left, CHECK_WAIT_SECONDS)
        try:
            self._reads.start(ACTIVE_KEY, partial(self._read_pointer, now)).result(left)
        except (*S3_ERRORS, TimeoutError, Unavailable) as error:
            self._failed_at = now
            if not self._knows(at):
                if isinstance(error, Unavailable):
                    raise
                raise (_too_late() if isinstance(error, TimeoutError) else unreadable_deck(error)) from error

    def _read_pointer(self, now: datetime) -> None:
        pointer = read_active(self._client, self._bucket)
        self._failed_at = None
        if pointer is not None:
            self._take_facts(pointer)
        self._known = None if pointer is None else KnownTimeline(pointer, now)
        with self._lock:
            decks = list(self._decks.values())
        for deck in decks:
            self._complete(deck)

    def load(self, deck: DeckInForce, patience: Patience) -> Deck:
        """Return a deck; load it if that was not done.

        Raises:
            Unavailable: `try_again`, it is being loaded; `unusable_deck`; `unavailable`, S3 does not answer.
        """
        with self._lock:
            loaded = self._decks.pop(deck.version, None)
            if loaded is not None:
                self._decks[deck.version] = loaded  # The one used last is the last.
                return loaded
        try:
            return self._loads.start(deck.version, partial(self._load, deck)).result(patience.left())
        except TimeoutError as error:
            raise Unavailable(
                ProblemCode.TRY_AGAIN, "The rate deck in force is being loaded; repeat the request in a second."
            ) from error
        except S3_ERRORS as error:
            raise unreadable_deck(error) from error

    def deck(self, version: str) -> Deck:
        """Return any published deck.

        Raises:
            NotFound: `unknown_deck`.
            Unavailable: `unusable_deck`, or S3 does not answer.
        """
        entries = self._known.pointer.in_force if self._known else ()
        listed = next((entry for entry in entries if entry.version == version), None)
        if listed is None:
            listed = DeckInForce(version, "")
            if not is_stored(self._client, self._bucket, version):
                detail = f"There is no deck {version}; make rollback-rates LIST=1 lists the decks."
                raise NotFound(ProblemCode.UNKNOWN_DECK, detail)
        return self.load(listed, Patience(None))

    def _load(self, published: DeckInForce) -> Deck:
        deck = load_deck(self._client, self._bucket, published)
        self._complete(deck)
        with self._lock:
            self._decks[published.version] = deck
            self._drop_old_decks()
        return deck

    def _take_facts(self, pointer: ActivePointer) -> None:
        """Take what a pointer says about all decks."""

    def _complete(self, deck: Deck) -> None:
        """Give a deck what the pointer says about all decks."""

    def _load_next(self, known: KnownTimeline, now: datetime) -> None:
        """Start to load the decks that are in force soon, so that no call waits for them."""
        at = format_instant(now)
        for deck in known.pointer.in_force:
            if deck.in_force_from <= at:
                return
            if deck.version not in self._decks:
                self._loads.start(deck.version, partial(self._load, deck))

    def _drop_old_decks(self) -> None:
        """Drop decks that were not used lately, but none that is in force now or soon."""
        if self._known is None:
            return
        entries, at = self._known.pointer.in_force, format_instant(self._known.read_at)
        needed = {deck_at(entries, at).version, *(entry.version for entry in entries if entry.in_force_from > at)}
        optional = [version for version in self._decks if version not in needed]
        rows = sum(len(self._decks[version].rows) for version in optional)
        while len(optional) > 1 and rows > MAX_ROWS_LOADED:
            rows -= len(self._decks.pop(optional.pop(0)).rows)


def _too_late() -> Unavailable:
    return Unavailable(ProblemCode.TRY_AGAIN, "The deck in force was not read in time; repeat the request in a second.")
