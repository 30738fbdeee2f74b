"""Price lists beside the deck: each is stored like a deck under `lists/<name>/`, with its own pointer and history.

A function reads a list's pointer only when a call needs that list, then as often as the deck's.
"""

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.clock import Patience
from calling_credit.config import config
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck import Deck
from calling_credit.rates.list_names import list_client
from calling_credit.rates.shared_facts import SharedFacts
from calling_credit.rates.timeline import deck_at

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class _ListFacts(SharedFacts):
    """What a price list knows beside its rows. Area codes, categories, and short codes are the deck's."""

    def read(self, pointer: ActivePointer) -> None:
        """Take nothing from a list's pointer, so that those of the deck stay in use."""

    def give_to(self, deck: Deck) -> None:
        """Give a list the home countries."""
        deck.home_countries = config().home_countries


class _ActiveList(ActiveDecks):
    """The versions of one price list, which a warm function loads like decks."""

    def forget(self) -> None:
        super().forget()
        self._facts = _ListFacts(self._client, self._bucket)

    def list_at(self, at: str, now: datetime, patience: Patience) -> Deck | None:
        try:
            known = self._timeline(now, datetime.fromisoformat(at), patience)
        except Unavailable as error:
            if error.code == ProblemCode.NO_ACTIVE_DECK:
                return None
            raise
        return self._deck(deck_at(known.pointer.in_force, at), patience)


class ActivePriceLists:
    """The price lists in force, for one warm function. Several threads may use it."""

    def __init__(
        self, client: "S3Client", bucket: str, lead_seconds: int | None = None, grace_minutes: int | None = None
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._lead_seconds = lead_seconds
        self._grace_minutes = grace_minutes
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Forget everything, as a cold start does."""
        self._lists: dict[str, _ActiveList] = {}

    def list_at(self, name: str, at: str, now: datetime, patience: Patience) -> Deck | None:
        """Return the version of a price list in force at an instant; None if no such list is stored.

        Raises:
            Unavailable: `try_again`, it is not loaded yet, or the instant is too late for the known timeline;
                `unusable_deck`; `unavailable`, S3 does not answer.
        """
        return self._list(name).list_at(at, now, patience)

    def version(self, name: str, version: str) -> Deck:
        """Return any published version of a price list.

        Raises:
            NotFound: `unknown_deck`.
            Unavailable: `unusable_deck`, or S3 does not answer.
        """
        return self._list(name).deck(version)

    def _list(self, name: str) -> _ActiveList:
        with self._lock:
            found = self._lists.get(name)
            if found is None:
                client = list_client(self._client, name)
                found = _ActiveList(client, self._bucket, self._lead_seconds, self._grace_minutes)
                self._lists[name] = found
            return found
