"""Price lists beside the deck: each is stored like a deck under `lists/<name>/`, with its own pointer and history.

A function reads a list's pointer only when a call needs that list, then as often as the deck's.
"""

import re
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Final

from calling_credit.clock import Patience
from calling_credit.config import config
from calling_credit.errors import InvalidValue, ProblemCode, Unavailable
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.bucket_folder import folder_of
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_store import read_active
from calling_credit.rates.shared_facts import SharedFacts
from calling_credit.rates.timeline import deck_at

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LISTS: Final = "lists/"
"""The folder of all price lists."""
COST: Final = "cost"
"""The buying list: what the operator pays. No account has it as its price list."""
LIST_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SWITCH_VALUES: Final = frozenset({"0", "1"})
"""No name of a list, because `LIST=1` and `LIST=0` switch an option of a command."""


def is_list_name(name: str) -> bool:
    """Return whether a text can be the name of a price list."""
    return LIST_NAME.fullmatch(name) is not None and name not in SWITCH_VALUES


def check_list_name(name: str) -> str:
    """Return the name of a price list.

    Raises:
        InvalidValue: `invalid_field`.
    """
    if not is_list_name(name):
        detail = "The name of a price list is 1 to 40 lower-case letters, digits, and hyphens, such as gold-2026."
        raise InvalidValue(ProblemCode.INVALID_FIELD, f"LIST={name}: {detail}")
    return name


def list_client(client: "S3Client", name: str) -> "S3Client":
    """Return a client that sees the folder of a price list as a bucket of decks."""
    return folder_of(client, f"{LISTS}{name}/")


def is_list_stored(client: "S3Client", bucket: str, name: str) -> bool:
    """Return whether a price list of this name was published. Raises the errors of `read_active`."""
    return is_list_name(name) and read_active(list_client(client, name), bucket) is not None


def list_names(client: "S3Client", bucket: str) -> list[str]:
    """Return the names of all price lists, the buying list too."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=LISTS, Delimiter="/")
    folders = (folder["Prefix"] for page in pages for folder in page.get("CommonPrefixes", ()))
    return sorted(folder.removeprefix(LISTS).rstrip("/") for folder in folders)


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
