"""Publishing a checked price list: like a deck, in the list's own folder, compared with its own active version.

A list prices no home and is judged beside the active deck. The buying list (`cost`) prices no customer's call, so only
its rows themselves are checked.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck
from calling_credit.rates.deck_codes import DeckErrorCode, GuardCode
from calling_credit.rates.deck_csv import DeckError
from calling_credit.rates.deck_report import DeckCheck
from calling_credit.rates.deck_store import MAX_CATEGORIES, activate, read_active
from calling_credit.rates.findings import with_samples
from calling_credit.rates.home_numbers import DEFAULT_HOME_COUNTRIES, HomeNumbers
from calling_credit.rates.layered_states import rows_by_prefix
from calling_credit.rates.list_guard import ListGuard, home_rows, jumps_from_deck
from calling_credit.rates.list_names import COST, check_list_name, list_client
from calling_credit.rates.published_decks import PublishedDecks
from calling_credit.rates.publishing import DECK_LEAD_SECONDS, MAX_ATTEMPTS, DeckBucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DECK: Final = ""
"""The name of the deck among the versions that a list was checked with."""
NO_DECK: Final = "No rate deck is published yet. Publish a deck first, then its price lists."


class PriceListBucket(DeckBucket):
    """The versions of one price list."""

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        name: str,
        lead_seconds: int = DECK_LEAD_SECONDS,
        read_clock: Callable[[], datetime] | None = None,
        *,
        home_countries: Iterable[str] = DEFAULT_HOME_COUNTRIES,
    ) -> None:
        """Raises InvalidValue: `invalid_field`, this is no name of a list."""
        self.name = check_list_name(name)
        super().__init__(list_client(client, name), bucket, lead_seconds, read_clock, home_countries=home_countries)
        self._decks = PublishedDecks(client, bucket)
        self._deck_client = client

    def home_numbers(self, pointer: ActivePointer | None) -> HomeNumbers:  # noqa: ARG002 - of a deck
        """Return no numbers: a list need not include home."""
        return HomeNumbers(())

    def versions_beside(self) -> dict[str, str]:
        """Return the version of the active deck, with which a list is compared."""
        pointer = self._deck_pointer()
        return {DECK: pointer.version} if pointer and self.name != COST else {}

    def check_beside(self, check: DeckCheck, before: Deck | None, at: str) -> DeckCheck:
        """Return the check of a list with its errors and findings beside the active deck."""
        if check.deck is None or check.obstacle or self.name == COST:
            return check
        pointer = self._deck_pointer()
        if pointer is None:
            return replace(check, obstacle=NO_DECK)
        errors = self._home_errors(check, pointer)
        if errors:
            return DeckCheck(check.version, errors=errors)
        try:
            deck = self._decks.active_deck(pointer)
        except Unavailable as error:
            return replace(check, obstacle=error.detail)
        check.beside = {DECK: pointer.version}
        rows, former = rows_by_prefix(check.deck.rows), rows_by_prefix(before.rows if before else ())
        of_deck = rows_by_prefix(deck.rows)
        added = ListGuard(self.name, rows, of_deck, at).judge()
        added[GuardCode.PRICE_JUMP] = jumps_from_deck(self.name, rows, former, of_deck, at)
        judgement = with_samples(check.judgement, added)
        # What an operator allows is void once another deck stands beside the list.
        check.judgement = replace(judgement, digest=f"{judgement.digest} {pointer.version}")
        return check

    def known_categories(self) -> frozenset[str]:
        """Return the categories under which the deck charges calls."""
        pointer = self._deck_pointer()
        return frozenset(pointer.categories if pointer else ())

    def _home_errors(self, check: DeckCheck, pointer: ActivePointer) -> list[DeckError]:
        home = HomeNumbers(self._home_countries, pointer.area_codes_by_prefix)
        rows = home_rows(check.deck.rows if check.deck else (), home)
        lines = (check.lines.get((row.prefix, row.origin, row.effective_from), 0) for row in rows)
        detail = "has home numbers, which a price list cannot price; remove the row, or list only the prefixes abroad."
        return [
            DeckError(line, "prefix", DeckErrorCode.LIST_PRICES_HOME, f"{row.prefix} {detail}")
            for line, row in zip(lines, rows, strict=True)
        ]

    def _replace(self, pointer: ActivePointer | None, new: ActivePointer, now: datetime) -> bool:
        """Let the deck's pointer name the list's categories first, so that sums of a day include them."""
        if self.name != COST:
            self._name_categories(new.categories)
        return super()._replace(pointer, new, now)

    def _name_categories(self, categories: Iterable[str]) -> None:
        for _ in range(MAX_ATTEMPTS):
            pointer = self._deck_pointer()
            if pointer is None or set(categories) <= {*pointer.categories, INCLUDED_CATEGORY}:
                return
            named = tuple(dict.fromkeys((*categories, *pointer.categories)))[:MAX_CATEGORIES]
            if activate(self._deck_client, self._bucket, replace(pointer, categories=named), pointer.etag):
                return
        raise Unavailable(ProblemCode.BUSY, "Decks are being activated; publish this price list again.")

    def _deck_pointer(self) -> ActivePointer | None:
        return read_active(self._deck_client, self._bucket)
