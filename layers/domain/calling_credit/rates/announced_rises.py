"""Which rises of prices the active deck and price lists announce, for the terms and callers of any account."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.errors import CallingCreditError, NotFound, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.account_prices import AccountPrices
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck import ANY_ORIGIN, Deck, RateRow
from calling_credit.rates.deck_store import S3_ERRORS, read_active, unreadable_deck
from calling_credit.rates.list_names import COST, list_client, list_names
from calling_credit.rates.price_lists import missing_list
from calling_credit.rates.price_rises import Rise, find_rises, later_rows
from calling_credit.rates.price_terms import PriceTerms
from calling_credit.rates.published_decks import PublishedDecks

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DECK = ""
"""The name of the deck among the names of lists."""
Rises = Mapping[str, Mapping[str, Rise]]
"""The rises by the name of the list whose version announces them, and by country."""
Versions = Mapping[str, str]
"""Versions by the name of their list."""


class UnusableList(Exception):  # noqa: N818 - it says what happened
    """A price list cannot be read, so the prices of its accounts are not known."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class AnnouncedRises:
    """The active deck and lists of a bucket, and what they announce. A list that cannot be read concerns only its own
    accounts: it is in `unusable`, with the error, and stops nothing else.
    """

    def __init__(self, client: "S3Client", bucket: str, home_countries: Iterable[str]) -> None:
        """Read the pointers. Raises the errors of `read_active` for the deck's."""
        self._client = client
        self._bucket = bucket
        self._usual_origins = (ANY_ORIGIN, *sorted(home_countries))
        self.unusable: dict[str, CallingCreditError] = {}
        self._pointers: dict[str, ActivePointer] = {}
        self._add(DECK, read_active(client, bucket))
        for name in list_names(client, bucket):
            if name != COST:
                self._try_add(name)
        self._decks: dict[str, Deck] = {}
        self._rows: dict[tuple[str, str | None], list[RateRow]] = {}
        self._known: dict[tuple[str | None, int, tuple[str, ...], str | None], Rises] = {}
        self._at = ""
        self._done: Versions = {}
        self._owed: Mapping[str, Versions] = {}

    def _add(self, name: str, pointer: ActivePointer | None) -> None:
        if pointer is not None:
            self._pointers[name] = pointer

    def _try_add(self, name: str) -> None:
        try:
            self._add(name, read_active(list_client(self._client, name), self._bucket))
        except Unavailable as error:
            self.unusable[name] = error
        except S3_ERRORS as error:
            self.unusable[name] = unreadable_deck(error)

    @property
    def versions(self) -> dict[str, str]:
        """The active versions by the name of their list, without those that are not known."""
        return {name: pointer.version for name, pointer in self._pointers.items()}

    def pointer(self, name: str) -> ActivePointer:
        """Return the pointer to the active version of the deck or a list."""
        return self._pointers[name]

    def is_usable(self, name: str) -> bool:
        """Return whether a list is stored and can be read."""
        try:
            return self._own(name) is not None
        except UnusableList:
            return False

    def begin(self, done: Versions, owed: Mapping[str, Versions], now: datetime) -> bool:
        """Find the later rows that the versions announced before (`done`) did not have. Return whether there are any.

        Args:
            owed: What accounts were told instead that had certain lists, by the name of the list.

        Raises:
            Unavailable: the active deck cannot be read.
        """
        self._at = format_instant(now)
        self._done, self._owed = done, owed
        self._known, self._rows = {}, {}
        told = any(map(self._has_rows, self._pointers))
        return told or any(self._has_rows(DECK, name) or self._has_rows(name, name) for name in owed)

    def _has_rows(self, name: str, owed: str | None = None) -> bool:
        try:
            return bool(self._new_rows(name, owed))
        except UnusableList:
            return False

    def countries(self, terms: PriceTerms | None, owed: str | None = None) -> set[str]:
        """Return the countries whose prices may rise for accounts with these terms.

        Args:
            owed: The list that they had when they were skipped.

        Raises:
            UnusableList: their list cannot be read.
        """
        rows = self._new_rows(DECK if terms is None or terms.price_list is None else terms.price_list, owed)
        return {row.country for of_list in rows.values() for row in of_list}

    def for_terms(self, terms: PriceTerms | None, origins: Iterable[str] = (), owed: str | None = None) -> Rises:
        """Return the rises for accounts with these terms and lines in these countries; without lines, those for callers
        from home and from anywhere. See `countries`.
        """
        callers = tuple(sorted(set(origins))) or self._usual_origins
        name, markup = (None, 0) if terms is None else (terms.price_list, terms.markup_hundredths)
        key = (name, markup, callers, owed)
        rises = self._known.get(key)
        if rises is None:
            rises = self._known[key] = self._find(*key)
        return rises

    def _find(self, name: str | None, markup_hundredths: int, origins: tuple[str, ...], owed: str | None) -> Rises:
        rows = self._new_rows(name or DECK, owed)
        if not rows:
            return {}
        prices = AccountPrices(self._deck(DECK), None if name is None else self._own(name), markup_hundredths)
        return {one: find_rises(prices, of_list, origins, self._at, one) for one, of_list in rows.items()}

    def _new_rows(self, name: str, owed: str | None) -> dict[str, list[RateRow]]:
        """Return the new rows of the deck, and of a list over it; {} if there are none. Without a deck, nothing prices
        calls.
        """
        if name not in self._pointers:
            if name != DECK:
                self._own(name)
            return {}
        before = self._done if owed is None else self._owed[owed]
        names = (one for one in dict.fromkeys((DECK, name)) if one in self._pointers)
        rows = {one: self._rows_since(one, before.get(one)) for one in names}
        return rows if DECK in rows and any(rows.values()) else {}

    def _rows_since(self, name: str, version: str | None) -> list[RateRow]:
        """Return the later rows that a version announced before did not have."""
        if version == self._pointers[name].version:
            return []
        key = (name, version)
        if key not in self._rows:
            deck = self._deck(name) if name == DECK else self._own(name)
            self._rows[key] = later_rows(deck, self._announced(name, version), self._at)
        return self._rows[key]

    def _own(self, name: str) -> Deck:
        """Return the active version of a list.

        Raises:
            UnusableList: it cannot be read, or is not stored.
        """
        if name not in self.unusable:
            try:
                if name not in self._pointers:
                    raise missing_list(name)
                return self._deck(name)
            except Unavailable as error:
                self.unusable[name] = error
            except S3_ERRORS as error:
                self.unusable[name] = unreadable_deck(error)
        raise UnusableList(name)

    def _deck(self, name: str) -> Deck:
        deck = self._decks.get(name)
        if deck is None:
            deck = self._decks[name] = PublishedDecks(self._place(name), self._bucket).active_deck(self._pointers[name])
            deck.price_list = name
        return deck

    def _announced(self, name: str, version: str | None) -> Deck | None:
        """Return a version that was announced before; None if its file is gone, which only announces more."""
        try:
            return None if version is None else PublishedDecks(self._place(name), self._bucket).deck(version)
        except (NotFound, Unavailable):
            return None

    def _place(self, name: str) -> "S3Client":
        return self._client if name == DECK else list_client(self._client, name)
