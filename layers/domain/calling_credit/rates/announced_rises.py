"""Which rises of prices the active deck and price lists announce, for the terms of any account."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from calling_credit.errors import NotFound, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.account_prices import AccountPrices
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck import ANY_ORIGIN, Deck, RateRow
from calling_credit.rates.deck_store import read_active
from calling_credit.rates.list_names import COST, list_client, list_names
from calling_credit.rates.price_rises import Rise, find_rises, later_rows
from calling_credit.rates.price_terms import PriceTerms
from calling_credit.rates.published_decks import PublishedDecks

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DECK = ""
"""The name of the deck among the names of lists."""
Rises = Mapping[str, Mapping[str, Rise]]
"""The rises by the name of the list whose version announces them, and by country."""


class AnnouncedRises:
    """The active deck and lists of a bucket, and what they announce. Callers from home and from anywhere count."""

    def __init__(self, client: "S3Client", bucket: str, home_countries: Iterable[str]) -> None:
        """Read the pointers. Raises the errors of `read_active`."""
        self._client = client
        self._bucket = bucket
        self._origins = (ANY_ORIGIN, *sorted(home_countries))
        names = [name for name in list_names(client, bucket) if name != COST]
        pointers = {name: read_active(self._place(name), bucket) for name in (DECK, *names)}
        self._pointers = {name: pointer for name, pointer in pointers.items() if pointer is not None}
        self._rows: dict[str, list[RateRow]] = {}
        self._decks: dict[str, Deck] = {}
        self._known: dict[tuple[str | None, int], Rises] = {}
        self._at = ""

    @property
    def versions(self) -> dict[str, str]:
        """The active versions by the name of their list."""
        return {name: pointer.version for name, pointer in self._pointers.items()}

    def pointer(self, name: str) -> ActivePointer:
        """Return the pointer to the active version of the deck or a list."""
        return self._pointers[name]

    def begin(self, done: Mapping[str, str], now: datetime) -> bool:
        """Find the later rows that the versions announced before (`done`) did not have. Return whether there are any.

        Raises:
            Unavailable: an active version cannot be read.
        """
        self._at = format_instant(now)
        self._known = {}
        for name, pointer in self._pointers.items():
            if done.get(name) != pointer.version:
                rows = later_rows(self._active(name), self._announced(name, done.get(name)), self._at)
                if rows:
                    self._rows[name] = rows
        return bool(self._rows)

    def for_terms(self, terms: PriceTerms | None) -> Rises:
        """Return the rises for accounts with these terms.

        Raises:
            Unavailable: the price list cannot be read.
        """
        name = None if terms is None else terms.price_list
        key = (name, 0 if terms is None else terms.markup_hundredths)
        rises = self._known.get(key)
        if rises is None:
            rises = self._known[key] = self._find(*key)
        return rises

    def _find(self, name: str | None, markup_hundredths: int) -> Rises:
        if DECK not in self._pointers or (name is not None and name not in self._pointers):
            return {}  # Nothing prices the calls of such an account.
        own = None if name is None else self._active(name)
        prices = AccountPrices(self._active(DECK), own, markup_hundredths)
        concerned = {one: rows for one, rows in self._rows.items() if one in (DECK, name)}
        return {one: find_rises(prices, rows, self._origins, self._at, one) for one, rows in concerned.items()}

    def _active(self, name: str) -> Deck:
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
