"""The short price list of countries: the telling rows of each, kept until a price changes or another deck is in force.

Finding them reads every row of the country, which takes a second for a country of 200,000 rows. A warm function does
that once for each deck as an account pays it, country, and kind of caller.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from calling_credit.numbering import COUNTRIES
from calling_credit.rates.deck import Deck
from calling_credit.rates.price_list import Origins, Show, check_country, current_rows
from calling_credit.rates.rate_items import rate_item
from calling_credit.rates.telling_rows import telling_rows

POPULAR: Final = ("MX", "IN", "GB", "PH", "CO", "DE", "FR", "IL", "JP", "AU", "CN", "BR")
"""The countries that businesses in the United States and Canada call most, and whose prices a visitor sees first."""
MAX_KEPT: Final = 1_024
NEVER: Final = "9999-12-31T23:59:59.999Z"


@dataclass(frozen=True, slots=True)
class _Kept:
    """The items of a country, and the instant from which they may be others."""

    items: list[dict[str, Any]]
    until: str


class FewRates:
    """The short price lists of one warm function."""

    def __init__(self) -> None:
        self._of_decks: WeakKeyDictionary[Deck, dict[tuple[object, ...], _Kept]] = WeakKeyDictionary()

    def of_countries(
        self, deck: Deck, countries: Iterable[str], origins: Origins, at: str, show: Show = rate_item
    ) -> list[dict[str, Any]]:
        """Return at most three items of each country. The last item of each says in `more` how many current rows of the
        country are not shown.

        Raises:
            InvalidValue: `unknown_country`.
        """
        if sum(map(len, self._of_decks.values())) >= MAX_KEPT:
            self._of_decks.clear()
        kept = self._of_decks.setdefault(deck, {})
        return [item for country in countries for item in _of_country(kept, deck, country, origins, at, show)]


def _of_country(
    kept: dict[tuple[object, ...], _Kept], deck: Deck, country: str, origins: Origins, at: str, show: Show
) -> list[dict[str, Any]]:
    key = (country, None if origins is None else tuple(origins), show)
    found = kept.get(key)
    if found is None or found.until <= at:
        found = kept[key] = _read(deck, country, origins, at, show)
    return found.items


def _read(deck: Deck, country: str, origins: Origins, at: str, show: Show) -> _Kept:
    check_country(country)
    rows, changes = current_rows(deck, country, origins, at)
    shown = telling_rows(rows, origins)
    items = [show(row, changes.next_of(row, at)) for row in shown]
    if items:
        items[-1]["more"] = len(rows) - len(shown)
    return _Kept(items, changes.first_after(at) or NEVER)


def popular_countries(home_countries: Iterable[str]) -> list[str]:
    """Return the popular countries, without those whose calls are part of the subscription."""
    return [country for country in POPULAR if country in COUNTRIES and country not in set(home_countries)]
