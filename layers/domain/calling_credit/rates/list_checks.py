"""Checks a deck against the price lists beside it, and a price list against the deck."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_codes import GuardCode
from calling_credit.rates.deck_report import DeckCheck
from calling_credit.rates.deck_store import read_active
from calling_credit.rates.findings import Sample, with_samples
from calling_credit.rates.home_numbers import HomeNumbers
from calling_credit.rates.layered_states import PrefixIndex, rows_by_prefix
from calling_credit.rates.list_guard import newly_outdone
from calling_credit.rates.list_names import COST, list_client, list_names
from calling_credit.rates.losses import newly_at_a_loss, opened_prefixes, sold_at_a_loss
from calling_credit.rates.published_decks import PublishedDecks

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class DecksBeside:
    """The price lists beside the deck of a bucket."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def versions(self) -> dict[str, str]:
        """Return the active version of each price list. Raises the errors of `read_active`."""
        return {name: pointer.version for name, pointer in self._pointers().items()}

    def check_deck(self, check: DeckCheck, before: Deck | None, home: HomeNumbers, at: str) -> DeckCheck:
        """Return the check of a deck with what it newly does to the rows of every list, and with its rows that sell
        below the buying list, from an instant on.
        """
        if check.deck is None or check.obstacle:
            return check
        try:
            pointers = self._pointers()
        except Unavailable as error:
            return replace(check, obstacle=error.detail)
        check.beside = {name: pointer.version for name, pointer in pointers.items()}
        if not pointers:
            return check
        old, new = rows_by_prefix(before.rows if before else ()), rows_by_prefix(check.deck.rows)
        changed = [prefix for prefix, of_prefix in new.items() if old.get(prefix) != of_prefix]
        indexes, opened = (PrefixIndex(old), PrefixIndex(new)), list(opened_prefixes(old, new, at))
        outdone: dict[str, Sample] = {}
        losses: dict[str, Sample] = {}
        cost: PrefixIndex | None = None
        for name, pointer in sorted(pointers.items(), key=lambda item: item[0] != COST):
            try:
                rows = rows_by_prefix(self._read(name, pointer).rows)
            except Unavailable as error:
                return replace(check, obstacle=error.detail)
            if name == COST:
                losses, cost = sold_at_a_loss("", (new,), rows, home, at), PrefixIndex(rows)
                continue
            outdone |= newly_outdone(name, rows, *indexes, changed, at)
            if cost is not None:
                losses |= newly_at_a_loss(name, rows, opened, indexes, cost, home, at)
        added = {GuardCode.LIST_OVERRIDDEN: outdone, GuardCode.SOLD_AT_A_LOSS: losses}
        check.judgement = with_samples(check.judgement, added)
        return check

    def lists(self) -> Iterator[tuple[str, Deck]]:
        """Yield the active version of every list but the buying list. Raises the errors of `cost`."""
        for name, pointer in self._pointers().items():
            if name != COST:
                yield name, self._read(name, pointer)

    def cost(self) -> Deck | None:
        """Return the active buying list, if there is one.

        Raises:
            Unavailable: `unusable_deck`.
        """
        pointer = self.pointer(COST)
        return None if pointer is None else self._read(COST, pointer)

    def pointer(self, name: str) -> ActivePointer | None:
        """Return the pointer of a list, if it is stored.

        Raises:
            Unavailable: `unusable_deck`, the object is damaged.
        """
        try:
            return read_active(list_client(self._client, name), self._bucket)
        except Unavailable as error:
            detail = f"The price list {name} cannot be read: {error.detail} Its folder is lists/{name}/."
            raise Unavailable(ProblemCode.UNUSABLE_DECK, detail) from error

    def _pointers(self) -> dict[str, ActivePointer]:
        found = {}
        for name in list_names(self._client, self._bucket):
            pointer = self.pointer(name)
            if pointer is not None:
                found[name] = pointer
        return found

    def _read(self, name: str, pointer: ActivePointer) -> Deck:
        """Return the active version of a list.

        Raises:
            Unavailable: `unusable_deck`.
        """
        lists = PublishedDecks(list_client(self._client, name), self._bucket)
        try:
            return lists.active_deck(pointer)
        except Unavailable as error:
            detail = f"The price list {name} cannot be read, so the deck cannot be compared with it. "
            step = f"Publish its file again with make publish-rates LIST={name} FILE=, or roll it back."
            raise Unavailable(ProblemCode.UNUSABLE_DECK, detail + step) from error
