"""The prices of one account: its price list over the deck, and the markup on the deck's rates.

The longest prefix with a row in effect wins, whichever of the two has it; at the same prefix the list before the deck,
then the exact origin before `*`, then the latest row. The markup applies to the deck's rows; a list's price is final.
Included calls are never marked up, and a list prices no call that the deck includes at home.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from calling_credit.numbering import is_whole_number
from calling_credit.rates.deck import ANY_ORIGIN, INCLUDED_CATEGORY, Deck, RateRow, RowsByOrigin, included_row
from calling_credit.rates.price_terms import highest_base, marked_up

RowKey = tuple[str, str, str]
"""The prefix, origin, and time of a row, which are unique in a deck and in a list."""
MAX_ROWS_KEPT: Final = 8_192
"""The priced rows that stay in memory, so that the next call to their prefixes finds them."""

MAX_PRICES_KEPT: Final = 16
"""The prices of accounts that stay in memory."""


class AccountPrices(Deck):
    """A deck as an account pays it. `version` is the deck's. A price list has the account's own rows; None without one.
    `markup_hundredths` is in hundredths of a percent.
    """

    def __init__(self, deck: Deck, price_list: Deck | None, markup_hundredths: int) -> None:
        super().__init__(deck.version, ())
        self.deck = deck
        self.own = price_list
        self.markup_hundredths = markup_hundredths
        self._priced: dict[RowKey, RateRow] = {}
        self._priced_own: dict[RowKey, RateRow] = {}
        self.take_facts()

    def take_facts(self) -> None:
        """Take the facts that the deck got from its pointer."""
        deck, own = self.deck, self.own
        self.categories = deck.categories if own is None else deck.categories | own.categories
        self.area_codes: Mapping[str, str] = deck.area_codes
        self.short_codes = deck.short_codes
        self.home_countries = deck.home_countries

    @property
    def rows(self) -> Sequence[RateRow]:
        """Every row of the list and of the deck, also those of the deck that the list outdoes."""
        own = () if self.own is None else self.own.rows
        return [*map(self._own_row, own), *map(self._deck_row, self.deck.rows)]

    def find(self, digits: str, origin: str, at: str) -> RateRow | None:
        """Return the row that prices a number (digits, without +) for callers from `origin` at an instant. No row
        includes an incomplete number of +1.
        """
        row = self.match(digits, origin, at)
        if row is None:
            return included_row(digits, self.area_codes)
        return row if row.category != INCLUDED_CATEGORY or is_whole_number(digits) else None

    def match(self, digits: str, origin: str, at: str) -> RateRow | None:
        """Return the row for a number, also for an incomplete one; None if neither list nor deck has one."""
        row = self.deck.match(digits, origin, at)
        own = None if self.own is None else self.own.match(digits, origin, at)
        if own is None or (row is not None and len(own.prefix) < len(row.prefix)):
            return row if row is None or self.markup_hundredths == 0 else self._deck_row(row)
        return row if self._includes_at_home(row, digits) else self._own_row(own)

    def _includes_at_home(self, row: RateRow | None, digits: str) -> bool:
        """Whether the call is part of the subscription by the deck, or by an added area code."""
        if row is None:
            return included_row(digits, self.area_codes) is not None
        return row.category == INCLUDED_CATEGORY and self.is_home(digits)

    def origins(self, digits: str) -> set[str]:
        """Return the origins of all rows that may price a number."""
        return self.deck.origins(digits) | (set() if self.own is None else self.own.origins(digits))

    def candidates(self, digits: str, origin: str) -> Iterator[RateRow]:
        """Yield the rows of all times that may price a number for callers from an origin."""
        yield from map(self._deck_row, self.deck.candidates(digits, origin))
        if self.own is not None:
            yield from map(self._own_row, self.own.candidates(digits, origin))

    def group(self, prefix: str) -> RowsByOrigin:
        """Return the rows of exactly this prefix, of the list before those of the deck."""
        by_origin: dict[str, list[RateRow]] = {}
        sources = [(self.deck, self._deck_row)]
        if self.own is not None:
            sources.insert(0, (self.own, self._own_row))
        for source, price in sources:
            for origin, rows in source.group(prefix).items():
                by_origin.setdefault(origin, []).extend(map(price, rows))
        return by_origin

    def rows_of(self, country: str, at: str = "") -> list[RateRow]:
        """Return the rows of a country, without rows of the deck that the list outdoes from `at` on."""
        rows = [self._deck_row(row) for row in self.deck.rows_of(country) if not self._is_outdone(row, at)]
        return rows if self.own is None else [*map(self._own_row, self.own.rows_of(country)), *rows]

    def _is_outdone(self, row: RateRow, at: str) -> bool:
        """Whether no call from `at` on pays a row of the deck, because of the list's rows of the same prefix."""
        own = {} if self.own is None else self.own.group(row.prefix)
        starts = [one.effective_from for origin in {row.origin, ANY_ORIGIN} for one in own.get(origin, ())]
        return bool(starts) and min(starts) <= max(at, row.effective_from)

    def _own_row(self, row: RateRow) -> RateRow:
        """Return a row of the list with the list's name and version."""
        key = (row.prefix, row.origin, row.effective_from)
        priced = self._priced_own.get(key)
        if priced is None:
            assert self.own is not None
            named = replace(row, price_list=self.own.price_list, list_version=self.own.version)
            priced = _keep(self._priced_own, key, named)
        return priced

    def _deck_row(self, row: RateRow) -> RateRow:
        """Return a row of the deck with the markup."""
        if self.markup_hundredths == 0 or row.category == INCLUDED_CATEGORY:
            return row
        key = (row.prefix, row.origin, row.effective_from)
        priced = self._priced.get(key)
        if priced is None:
            priced = _keep(self._priced, key, with_markup(row, self.markup_hundredths))
        return priced


def _keep(kept: dict[RowKey, RateRow], key: RowKey, row: RateRow) -> RateRow:
    if len(kept) >= MAX_ROWS_KEPT:
        kept.clear()
    kept[key] = row
    return row


def with_markup(row: RateRow, markup_hundredths: int) -> RateRow:
    """Return a row with its rates and its fee marked up, and the deck's rate and fee as base."""
    steps = (
        step._replace(rate_micros_per_minute=marked_up(step.rate_micros_per_minute, markup_hundredths))
        for step in row.rate_steps
    )
    return replace(
        row,
        rate_steps=tuple(steps),
        rate_micros_per_minute=marked_up(row.rate_micros_per_minute, markup_hundredths),
        connection_fee_micros=marked_up(row.connection_fee_micros, markup_hundredths),
        base_rate_micros_per_minute=row.rate_micros_per_minute,
        base_connection_fee_micros=row.connection_fee_micros,
        markup_hundredths=markup_hundredths,
    )


def without_markup(row: RateRow) -> RateRow:
    """Return a row as the deck has it. Of a rate step, only the marked rate is kept, so it gets the highest rate that
    leads to it.
    """
    if row.base_rate_micros_per_minute is None:
        return row
    steps = (
        step._replace(rate_micros_per_minute=highest_base(step.rate_micros_per_minute, row.markup_hundredths))
        for step in row.rate_steps
    )
    return replace(
        row,
        rate_steps=tuple(steps),
        rate_micros_per_minute=row.base_rate_micros_per_minute,
        connection_fee_micros=row.base_connection_fee_micros or 0,
        base_rate_micros_per_minute=None,
        base_connection_fee_micros=None,
        markup_hundredths=0,
    )


class PricesOfAccounts:
    """The prices of accounts of one warm function, kept for the next call of an account with the same ones."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str, int], AccountPrices] = {}

    def of(self, deck: Deck, price_list: Deck | None, markup_hundredths: int) -> AccountPrices:
        """Return the deck as accounts with this price list and markup pay it."""
        name, version = ("", "") if price_list is None else (price_list.price_list, price_list.version)
        key = (deck.version, name, version, markup_hundredths)
        prices = self._kept.get(key)
        if prices is None or prices.deck is not deck or prices.own is not price_list:
            if len(self._kept) >= MAX_PRICES_KEPT:
                self._kept = {}
            prices = self._kept[key] = AccountPrices(deck, price_list, markup_hundredths)
        prices.take_facts()
        return prices
