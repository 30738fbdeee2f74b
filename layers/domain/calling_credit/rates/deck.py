"""A rate deck: its rows, and the look-up of the row that prices a number.

Depends neither on the deck's file nor on which deck is in force.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from calling_credit.numbering import country_of, is_whole_number
from calling_credit.ordinary_numbers_data import NEWER_AREA_CODES
from calling_credit.rates.home_numbers import TOLL_FREE_CODES, is_toll_free_home
from calling_credit.rates.rate_steps import Steps

ANY_ORIGIN: Final = "*"
INCLUDED_CATEGORY: Final = "included"
"""Calls of this category cost nothing: the home area codes and toll-free numbers. At home, they make no entry."""
HOME_COUNTRIES: Final = frozenset({"US", "CA"})
"""The home countries of a deck that was loaded without the stack's setting."""

RowsByOrigin = Mapping[str, Sequence["RateRow"]]
"""The rows of one prefix by origin, latest first."""
NORTH_AMERICAN_DIGITS: Final = 11
BEGINNING: Final = "1970-01-01T00:00:00.000Z"
"""Before every call."""


@dataclass(frozen=True, slots=True)
class RateRow:
    """The price of calls to `prefix` from callers in `origin`, in effect from `effective_from` (UTC, milliseconds).

    Its rate, minimum, and increment apply until the first of `rate_steps`.

    The last five fields explain the price of an account with prices of its own; a published row has their defaults.
    `price_list` and `list_version` name the price list that has the row; "" is the deck. A row with a markup keeps the
    deck's rate and fee as `base_…`, and the markup in hundredths of a percent: 12.5 % is 1250.
    """

    prefix: str
    destination: str
    country: str
    origin: str
    rate_micros_per_minute: int
    connection_fee_micros: int
    minimum_seconds: int
    increment_seconds: int
    effective_from: str
    category: str
    rate_steps: Steps = ()
    price_list: str = ""
    list_version: str = ""
    base_rate_micros_per_minute: int | None = None
    base_connection_fee_micros: int | None = None
    markup_hundredths: int = 0


def included_row(digits: str, area_codes: Mapping[str, str]) -> RateRow | None:
    """Return the row that includes a number in an added area code of +1, which has ten digits after the 1."""
    prefix = digits[:4]
    country = area_codes.get(prefix)
    if country is None or len(digits) != NORTH_AMERICAN_DIGITS:
        return None
    return RateRow(prefix, f"Area code {prefix[1:]}", country, ANY_ORIGIN, 0, 0, 60, 60, BEGINNING, INCLUDED_CATEGORY)


class DeckRows(Protocol):
    """The rows of a deck, as a look-up needs them."""

    rows: Sequence[RateRow]
    positions: Mapping[str, int]
    """The position of each prefix in `groups`."""
    groups: Sequence[RowsByOrigin]
    categories: frozenset[str]

    def of_country(self, country: str) -> list[RateRow]:
        """Return the rows of a country."""
        ...


class ListedRows:
    """Rows in memory, indexed by prefix."""

    def __init__(self, rows: Sequence[RateRow]) -> None:
        self.rows = rows
        groups: dict[str, dict[str, list[RateRow]]] = {}
        for row in sorted(rows, key=lambda row: row.effective_from, reverse=True):
            groups.setdefault(row.prefix, {}).setdefault(row.origin, []).append(row)
        self.positions: Mapping[str, int] = {prefix: position for position, prefix in enumerate(groups)}
        self.groups: Sequence[RowsByOrigin] = list(groups.values())
        self.categories = frozenset(row.category for row in rows)

    def of_country(self, country: str) -> list[RateRow]:
        """Return the rows of a country."""
        return [row for row in self.rows if row.country == country]


class ShortCodeTimeline:
    """The price lists of short codes, latest first: the instant from which each is in force, and its rows by country
    and code. Before the first list, every code is free. Decks share one timeline, so that all know the same lists.
    """

    def __init__(self, lists: Sequence[tuple[str, Mapping[Any, RateRow]]] = ()) -> None:
        self.lists = lists

    def at(self, instant: str) -> Mapping[Any, RateRow]:
        """Return the list that is in force at an instant."""
        return next((rows for since, rows in self.lists if since <= instant), {})

    def __bool__(self) -> bool:
        """Whether any list prices a code."""
        return any(len(rows) for _, rows in self.lists)


class Deck:
    """A published deck: `version` and its rows.

    `categories` are those of charged calls; for a deck in force, those of other decks too. `area_codes` maps added area
    codes of +1, such as `1436`, to their countries; they are included below the deck. `short_codes` has the price
    lists of short codes. Calls to `home_countries` can be part of the subscription. `price_list` is the name of a
    customers' price list, which is stored in the form of a deck; "" for the deck itself.
    """

    def __init__(self, version: str, rows: Iterable[RateRow] | DeckRows) -> None:
        self.version = version
        self.price_list = ""
        self._rows: DeckRows = ListedRows(list(rows)) if isinstance(rows, Iterable) else rows
        self.categories = self._rows.categories - {INCLUDED_CATEGORY}
        self.area_codes: Mapping[str, str] = {}
        self.short_codes = ShortCodeTimeline()
        self.home_countries = HOME_COUNTRIES
        self._lengths = sorted(set(map(len, self._rows.positions)), reverse=True)

    @property
    def rows(self) -> Sequence[RateRow]:
        """Every row. Those of a compiled deck are made when they are read."""
        return self._rows.rows

    def rows_of(self, country: str, _at: str = "") -> list[RateRow]:
        """Return the rows of a country."""
        return self._rows.of_country(country)

    def group(self, prefix: str) -> RowsByOrigin:
        """Return the rows of exactly this prefix."""
        position = self._rows.positions.get(prefix)
        return {} if position is None else self._rows.groups[position]

    def is_home(self, digits: str) -> bool:
        """Return whether a number (digits, without +) belongs to a home country."""
        if digits[:4] in TOLL_FREE_CODES:
            return is_toll_free_home(self.home_countries)
        return (NEWER_AREA_CODES.get(digits[:4]) or country_of(digits)) in self.home_countries

    def find(self, digits: str, origin: str, at: str) -> RateRow | None:
        """Return the row that prices a number (digits, without +) for callers from `origin` at an instant.

        The longest prefix with a row in effect wins, then the exact origin before `*`, then the latest row. No row
        includes an incomplete number of +1.
        """
        row = self.match(digits, origin, at)
        if row is None:
            return included_row(digits, self.area_codes)
        return row if row.category != INCLUDED_CATEGORY or is_whole_number(digits) else None

    def match(self, digits: str, origin: str, at: str) -> RateRow | None:
        """Return the deck's own row for a number, also for an incomplete one; None if it has none."""
        positions, groups = self._rows.positions, self._rows.groups
        for length in self._lengths:
            position = positions.get(digits[:length])
            if position is None or length > len(digits):
                continue
            by_origin = groups[position]
            for key in (origin, ANY_ORIGIN):
                for row in by_origin.get(key, ()):
                    if row.effective_from <= at:
                        return row
        return None

    def announced(self, digits: str, origin: str, after: str) -> list[RateRow]:
        """Return the rows that will price this number after an instant, soonest first."""
        changes = sorted(
            {row.effective_from for row in self.candidates(digits, origin) if row.effective_from > after},
        )
        rows: list[RateRow] = []
        current = self.find(digits, origin, after)
        for at in changes:
            row = self.find(digits, origin, at)
            if row is not None and row != current:
                rows.append(row)
                current = row
        return rows

    def origins(self, digits: str) -> set[str]:
        """Return the origins of all rows that may price a number."""
        positions, groups = self._rows.positions, self._rows.groups
        found = (positions.get(digits[:length]) for length in self._lengths)
        return {origin for position in found if position is not None for origin in groups[position]}

    def candidates(self, digits: str, origin: str) -> Iterator[RateRow]:
        """Yield the rows of all times that may price a number for callers from an origin."""
        for length in self._lengths:
            position = self._rows.positions.get(digits[:length])
            if position is None:
                continue
            for key, rows in self._rows.groups[position].items():
                if key in (origin, ANY_ORIGIN):
                    yield from rows
