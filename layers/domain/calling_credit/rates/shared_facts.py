"""What `active.json` says about every deck: the categories of charged calls, added area codes, and short codes.

The home countries come from the stack's settings.
"""

from typing import TYPE_CHECKING

from calling_credit.config import config
from calling_credit.numbering import use_area_codes
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_store import ActivePointer
from calling_credit.rates.short_codes import NO_SHORT_CODES, ShortCodes, load_short_codes

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class SharedFacts:
    """The facts of the pointer that was read last."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._categories: frozenset[str] = frozenset()
        self._area_codes: dict[str, str] = {}
        self._short_codes_key = ""
        self._short_codes: ShortCodes = NO_SHORT_CODES

    def read(self, pointer: ActivePointer) -> None:
        """Take the facts of a pointer, and read the price list of short codes if it is another one."""
        if pointer.short_codes != self._short_codes_key:
            self._short_codes = load_short_codes(self._client, self._bucket, pointer.short_codes)
            self._short_codes_key = pointer.short_codes
        self._categories = frozenset(pointer.categories)
        self._area_codes = pointer.area_codes_by_prefix
        use_area_codes(self._area_codes)

    def give_to(self, deck: Deck) -> None:
        """Give a deck the facts."""
        deck.categories |= self._categories
        deck.area_codes = self._area_codes
        deck.short_codes = self._short_codes
        deck.home_countries = config().home_countries
