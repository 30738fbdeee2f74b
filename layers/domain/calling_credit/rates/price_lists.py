"""Price lists beside the deck: each is stored like a deck under `lists/<name>/`, with its own pointer and history.

A function reads a list's pointer only when a call needs that list, then as often as the deck's.
"""

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Final

from calling_credit.clock import Patience
from calling_credit.config import config
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.rates.deck import Deck
from calling_credit.rates.list_names import list_client
from calling_credit.rates.loaded_decks import KnownTimeline, LoadedDecks
from calling_credit.rates.timeline import DeckInForce, deck_at

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_LISTS: Final = 1_000
"""The lists that a function keeps; the ones used last stay."""


class _LoadedList(LoadedDecks):
    """The versions of one list."""

    def __init__(self, client: "S3Client", bucket: str, lead_seconds: int | None, name: str) -> None:
        super().__init__(list_client(client, name), bucket, lead_seconds)
        self._name = name

    def _complete(self, deck: Deck) -> None:
        deck.price_list = self._name
        deck.home_countries = config().home_countries

    def version_at(self, at: str) -> str:
        """Return the version in force at an instant for which the timeline is known."""
        return deck_at(self._known.pointer.in_force, at).version if self._known is not None else ""


class ActivePriceLists:
    """The lists in force. Several threads may use it."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        lead_seconds: int | None = None,
        _grace_minutes: int | None = None,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._lead_seconds = lead_seconds
        self._lock = threading.Lock()
        self._lists: dict[str, _LoadedList] = {}

    def forget(self) -> None:
        """Forget everything, as a cold start does."""
        self._lists = {}

    def list_at(self, name: str, at: str, now: datetime, patience: Patience) -> Deck | None:
        """Return the version of a list that prices calls which began at an instant; None if it is not stored.

        Raises:
            Unavailable: `try_again`, it is being loaded; `unusable_deck`; `unavailable`, S3 does not answer.
        """
        loaded, begun = self._list(name), datetime.fromisoformat(at)
        if not _is_found(loaded, now, begun, patience):
            return None
        known = loaded.timeline(now, begun, patience)
        return loaded.load(deck_at(known.pointer.in_force, at), patience)

    def timeline(self, name: str, now: datetime, at: datetime, patience: Patience) -> KnownTimeline:
        """Return the timeline of a list, which is known for calls that began at an instant.

        Raises:
            Unavailable: `try_again`, the list is not stored; or the errors of `list_at`.
        """
        loaded = self._list(name)
        if not _is_found(loaded, now, at, patience):
            raise missing_list(name)
        return loaded.timeline(now, at, patience)

    def load(self, name: str, version: DeckInForce, patience: Patience) -> Deck:
        """Return a version of a list. Raises the errors of `list_at`."""
        return self._list(name).load(version, patience)

    def version(self, name: str, version: str) -> Deck:
        """Return any published version of a list.

        Raises:
            NotFound: `unknown_deck`.
            Unavailable: `unusable_deck`, or S3 does not answer.
        """
        return self._list(name).deck(version)

    def version_at(self, name: str, at: str) -> str:
        """Return the version in force at an instant for which the timeline of a list is known."""
        return self._list(name).version_at(at)

    def _list(self, name: str) -> _LoadedList:
        with self._lock:
            loaded = self._lists.pop(name, None)
            if loaded is None:
                loaded = _LoadedList(self._client, self._bucket, self._lead_seconds, name)
                if len(self._lists) >= MAX_LISTS:
                    self._lists.pop(next(iter(self._lists)))
            self._lists[name] = loaded  # The one used last is the last.
            return loaded


def missing_list(name: str) -> Unavailable:
    """Return the error for a call whose account has a list that is not stored. Nothing else prices the call."""
    return Unavailable(
        ProblemCode.TRY_AGAIN,
        f"The account's price list {name} is not stored, so the call has no price yet; publish the list with make"
        f" publish-rates LIST={name}, or give the account another one.",
    )


def _is_found(loaded: LoadedDecks, now: datetime, at: datetime, patience: Patience) -> bool:
    """Whether a list is stored. A list without a timeline was never published, or its objects were deleted."""
    try:
        loaded.timeline(now, at, patience)
    except Unavailable as error:
        if error.code != ProblemCode.NO_ACTIVE_DECK:
            raise
        return False
    return True
