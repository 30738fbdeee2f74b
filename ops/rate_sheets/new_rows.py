"""Makes rows of a deck from the prices of a sheet: country, category, price, name, and the old price until a date."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final

from calling_credit.numbering import UNKNOWN_COUNTRY
from calling_credit.rates.deck import BEGINNING, INCLUDED_CATEGORY, Deck, RateRow
from calling_credit.rates.deck_cells import MAX_DESTINATION_BYTES
from calling_credit.rates.home_numbers import TOLL_FREE_CODES, HomeNumbers, is_toll_free_home
from ops.rate_sheets.notes import NoteCode, Notes
from ops.rate_sheets.places import (
    category_of,
    country_of_code,
    english_name,
    is_other_country,
    is_shared,
    named_country,
)
from ops.rate_sheets.prices import call_price, dollars, fee_micros, rate_micros
from ops.rate_sheets.rate_map import PriceRules
from ops.rate_sheets.sheet_rows import SheetRow

AREA_CODE: Final = 4


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything besides the sheet on which its prices depend. `active` is None without an active deck."""

    active: Deck | None
    home: HomeNumbers
    rules: PriceRules
    today: date
    now: str
    _beginnings: frozenset[str] = field(init=False, default=frozenset())
    """The beginnings of the prefixes of ordinary home numbers."""

    def __post_init__(self) -> None:
        found = (prefix[:length] for prefix in self.home.prefixes for length in range(1, len(prefix) + 1))
        object.__setattr__(self, "_beginnings", frozenset(found))

    def home_rows(self) -> list[RateRow]:
        """Return the home layer: the included rows of the active deck and all its rows of home countries; without an
        active deck, a row for each prefix of ordinary home numbers.
        """
        if self.active is None:
            return [_home_row(prefix) for prefix in self.home.prefixes]
        return [row for row in self.active.rows if self.is_home_row(row)]

    def is_home_row(self, row: RateRow) -> bool:
        """Return whether a row of the active deck belongs to the home layer."""
        return row.category == INCLUDED_CATEGORY or row.country in self.home.countries or self.is_home(row.prefix)

    def is_home(self, code: str) -> bool:
        """Return whether a code of a sheet is one of ordinary home numbers, or begins some of them."""
        if self.home.is_home(code) or (code[:AREA_CODE] in TOLL_FREE_CODES and is_toll_free_home(self.home.countries)):
            return True
        return code in self._beginnings


def _home_row(prefix: str) -> RateRow:
    country = country_of_code(prefix)
    if country == UNKNOWN_COUNTRY:
        country = "US"
    name = "North America - Toll Free" if prefix in TOLL_FREE_CODES else english_name(country)
    return RateRow(prefix, name, country, "*", 0, 0, 60, 60, BEGINNING, INCLUDED_CATEGORY)


class RowMaker:
    """Makes rows, and notes why others are left out."""

    def __init__(self, around: Surroundings, notes: Notes) -> None:
        self._around = around
        self._notes = notes
        home = {row.prefix for row in around.home_rows()}
        self._home_prefixes = home
        self._places: dict[str, tuple[str, str, NoteCode | None]] = {}

    def row(self, priced: SheetRow) -> RateRow | None:
        """Return the row of a price; None if it is left out."""
        country, category, reason = self._place(priced)
        if reason is not None:
            self._notes.add(reason, priced.line, priced.code, REASONS[reason])
            return None
        if priced.rate is None:
            self._notes.add(NoteCode.NO_RATE, priced.line, priced.code, f"{priced.destination} has no rate.")
            return None
        rate, fee = rate_micros(priced.rate, self._around.rules), fee_micros(priced.fee, self._around.rules)
        self._note_price(priced, rate, fee)
        name = self._name(priced, country)
        effective = f"{priced.effective_from.isoformat()}T00:00:00.000Z"
        return RateRow(
            priced.code, name, country, priced.origin, rate, fee, priced.minimum, priced.increment, effective, category
        )

    def place_of(self, priced: SheetRow) -> NoteCode | None:
        """Return why the code of a price is left out; None if it is not."""
        return self._place(priced)[2]

    def carriers_price(self, priced: SheetRow) -> int:
        """Return the carrier's own price of a call of 60 s in micro-dollars, for margins."""
        rate = rate_micros(priced.rate or Decimal(0), PriceRules())
        return call_price(priced.minimum, priced.increment, rate, fee_micros(priced.fee, PriceRules()))

    def old_rows(self, priced: SheetRow, row: RateRow) -> list[RateRow]:
        """Return the rows that keep the old price of a code until the row's date, with every change that the active
        deck announces for that time; none if no price is known.
        """
        around, until = self._around, row.effective_from[:10]
        rows = self._active_rows(priced, row)
        if rows:
            shown = ", then ".join(dollars(old.rate_micros_per_minute) for old in rows)
            self._notes.add(
                NoteCode.OLD_PRICE_KEPT, priced.line, priced.code, f"{shown} stays until {until} (active deck)."
            )
        if rows and rows[0].effective_from <= around.now:
            return rows
        if priced.old_rate is None:
            if not rows:
                detail = f"It has no price of its own before {until}."
                self._notes.add(NoteCode.NO_OLD_PRICE, priced.line, priced.code, detail)
            return rows
        rate = rate_micros(priced.old_rate, around.rules)
        detail = f"{dollars(rate)} stays until {until} (old rate of the sheet)."
        self._notes.add(NoteCode.OLD_PRICE_KEPT, priced.line, priced.code, detail)
        since = f"{around.today.isoformat()}T00:00:00.000Z"
        return [replace(row, rate_micros_per_minute=rate, rate_steps=(), effective_from=since), *rows]

    def _active_rows(self, priced: SheetRow, row: RateRow) -> list[RateRow]:
        """Return what the active deck charges for a code until a row's date: now, and after each announced change."""
        active, now = self._around.active, self._around.now
        if active is None:
            return []
        changes = {other.effective_from for other in active.candidates(priced.code, priced.origin)}
        rows: list[RateRow] = []
        last: RateRow | None = None
        for at in (now, *sorted(at for at in changes if now < at < row.effective_from)):
            found = active.find(priced.code, priced.origin, at)
            if found is None or found == last or found.category == INCLUDED_CATEGORY:
                continue
            if found.prefix != priced.code and priced.old_rate is not None:
                continue
            last = found
            old = replace(found, prefix=priced.code, origin=priced.origin, destination=row.destination)
            rows.append(replace(old, country=row.country, effective_from=min(found.effective_from, at)))
        return rows

    def _place(self, priced: SheetRow) -> tuple[str, str, NoteCode | None]:
        """Return the country and the category of a code, or why it is left out."""
        code = priced.code
        known = self._places.get(code)
        if known is None:
            country, reason = country_of_code(code), None
            if self._around.is_home(code) or code in self._home_prefixes:
                reason = NoteCode.HOME_LAYER
            elif country == UNKNOWN_COUNTRY:
                country = named_country(priced.destination) if is_shared(code) else ""
                reason = None if country else NoteCode.UNASSIGNED
                if country:
                    detail = f"The code begins those of several countries; taken as {country} by its name."
                    self._notes.add(NoteCode.SHARED_PREFIX, priced.line, code, detail)
            elif other := is_other_country(priced.destination, country):
                detail = f'"{priced.destination}" sounds like {other}, but the code belongs to {country}.'
                self._notes.add(NoteCode.OTHER_COUNTRY, priced.line, code, detail)
            known = self._places[code] = (country, category_of(code), reason)
        return known

    def _note_price(self, priced: SheetRow, rate: int, fee: int) -> None:
        assert priced.rate is not None
        if rate != priced.rate * 1_000_000 or fee != priced.fee * 1_000_000:
            detail = f"{priced.rate:f} -> {dollars(rate)}"
            if priced.fee:
                detail += f", fee {priced.fee:f} -> {dollars(fee)}"
            self._notes.add(NoteCode.PRICE_CHANGED, priced.line, priced.code, detail)
        if not rate and not fee:
            self._notes.add(
                NoteCode.ZERO_RATE, priced.line, priced.code, "The price is 0; publishing asks about free calls."
            )

    def _name(self, priced: SheetRow, country: str) -> str:
        name = "".join(character for character in priced.destination if character.isprintable()).strip()
        if not name:
            name = english_name(country)
        while len(name.encode()) > MAX_DESTINATION_BYTES:
            name = name[:-1].rstrip()
        if name != priced.destination:
            self._notes.add(
                NoteCode.NAME_CHANGED, priced.line, priced.code, f'"{priced.destination[:120]}" -> "{name}"'
            )
        return name


REASONS: Final = {
    NoteCode.HOME_LAYER: "It is a home code; the home layer prices it.",
    NoteCode.UNASSIGNED: "No country has this code.",
}


def without_repetitions(rows: Iterable[tuple[SheetRow, RateRow]], notes: Notes) -> Iterator[tuple[SheetRow, RateRow]]:
    """Yield one row for each code, origin, and date: of several, the most expensive."""
    best: dict[tuple[str, str, str], tuple[SheetRow, RateRow]] = {}
    for priced, row in rows:
        key = (row.prefix, row.origin, row.effective_from)
        former = best.get(key)
        if former is None:
            best[key] = (priced, row)
            continue
        if _price(former[1]) == _price(row):
            notes.add(NoteCode.REPEATED, priced.line, row.prefix, f"Line {former[0].line} has the same code and price.")
            continue
        left_out, counting = priced, former[0]
        if _cost(row) > _cost(former[1]):
            best[key] = (priced, row)
            left_out, counting = counting, left_out
        detail = f"Line {counting.line} has another price for this code and date; the higher one counts."
        notes.add(NoteCode.TWO_PRICES, left_out.line, row.prefix, detail)
    yield from best.values()


def _price(row: RateRow) -> tuple[int, int, int, int]:
    return row.rate_micros_per_minute, row.connection_fee_micros, row.minimum_seconds, row.increment_seconds


def _cost(row: RateRow) -> tuple[int, int, int]:
    """Return what orders prices: a minute, then the increments."""
    return row.rate_micros_per_minute + row.connection_fee_micros, row.increment_seconds, row.minimum_seconds
