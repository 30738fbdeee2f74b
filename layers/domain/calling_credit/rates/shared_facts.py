"""What `active.json` says about every deck: the categories of charged calls, added area codes, and short codes.

The home countries come from the stack's settings.
"""

from typing import TYPE_CHECKING

from calling_credit.config import config
from calling_credit.numbering import use_area_codes
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck import Deck, ShortCodeTimeline
from calling_credit.rates.short_codes import ShortCodes, UnusableShortCodes, load_short_codes

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class SharedFacts:
    """The facts of the pointer that was read last."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._categories: frozenset[str] = frozenset()
        self._area_codes: dict[str, str] = {}
        self._loaded: dict[str, ShortCodes] = {}
        self._short_codes = ShortCodeTimeline()

    def read(self, pointer: ActivePointer) -> None:
        """Take the facts of a pointer, and read the price lists of short codes that are new."""
        lists = pointer.short_code_lists
        usable = {key for key, rows in self._loaded.items() if not isinstance(rows, UnusableShortCodes)}
        for key in {one.key for one in lists} - usable:
            self._loaded[key] = load_short_codes(self._client, self._bucket, key)
        self._short_codes.lists = [(one.in_force_from, self._loaded[one.key]) for one in lists]
        self._categories = frozenset(pointer.categories)
        self._area_codes = pointer.area_codes_by_prefix
        use_area_codes(self._area_codes)

    def give_to(self, deck: Deck) -> None:
        """Give a deck the facts."""
        deck.categories |= self._categories
        deck.area_codes = self._area_codes
        deck.short_codes = self._short_codes
        deck.home_countries = config().home_countries
