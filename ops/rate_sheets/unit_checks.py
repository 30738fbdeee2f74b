"""Refuses prices whose unit the map does not name: cents, and prices for another time than a minute."""

from decimal import Decimal
from typing import Final

from ops.rate_sheets.amounts import CORRECT, names_cents
from ops.rate_sheets.cells import Sheet
from ops.rate_sheets.notes import CellError, ColumnError, Place, refuse
from ops.rate_sheets.rate_map import CENTS, DOLLARS, RateMap, Role
from ops.rate_sheets.table import Header
from ops.rate_sheets.units import (
    UNIT_HEADER,
    is_in_dollars,
    is_in_minutes,
    priced_seconds,
    stated_seconds,
    states_cents,
    unknown_unit,
)

MAX_AMOUNT: Final = Decimal(1000)
RATES: Final = (Role.RATE, Role.OLD_RATE, Role.SURCHARGE)
_IN_CENTS: Final = 'Set rate_unit = "cents" in the map, or rate_unit = "dollars" if they are dollars.'


def is_in_cents(role: Role, rate_map: RateMap) -> bool:
    """Return whether a map says that a column of prices has cents."""
    return ((role == Role.CONNECTION_FEE and rate_map.fee_unit) or rate_map.rate_unit) == CENTS


def a_minute(amount: Decimal, role: Role, rate_map: RateMap) -> Decimal:
    """Return an amount of a column as dollars a minute; a connection fee as it is."""
    seconds = rate_map.rate_seconds or 60
    return amount if role == Role.CONNECTION_FEE or seconds == 60 else amount * 60 / seconds


def limited(amount: Decimal, column: int) -> Decimal:
    """Return an amount that a deck may have.

    Raises:
        ColumnError: it is above 1,000 dollars.
    """
    if amount > MAX_AMOUNT:
        raise ColumnError(
            column, CellError(f"{amount:f} is more than {MAX_AMOUNT} dollars a minute or a call.", CORRECT)
        )
    return amount


class UnitChecks:
    """Checks one sheet. A unit that the map names is settled, unless a header contradicts it."""

    def __init__(self, sheet: Sheet, rate_map: RateMap, header: Header) -> None:
        self._sheet = sheet
        self._map = rate_map
        self._header = header
        used = {column for columns in header.columns.values() for column in columns}
        self._unit_columns = [
            column for column, name in enumerate(header.names) if column not in used and UNIT_HEADER.search(name)
        ]
        self._known: set[str] = set()

    def check_header(self) -> None:
        """Check the headers of the prices and the name of the sheet.

        Raises:
            SheetRefusedError: naming the key of the map that is missing.
        """
        rates = [column for role in RATES for column in self._header.columns.get(role, ())]
        for column in rates:
            self._check_rate(column, rates)
        for column in self._header.columns.get(Role.CONNECTION_FEE, ()):
            self._check_fee(column)
        for role in (Role.MINIMUM, Role.INCREMENT):
            for column in self._header.columns.get(role, ()):
                if is_in_minutes(self._name(column)):
                    raise refuse(
                        self._place(column), f"The header states minutes, and {role} are seconds. {_NO_SECONDS}"
                    )
        self.check_prose(1, [self._sheet.name])

    def _name(self, column: int) -> str:
        return self._header.names[column] if column < len(self._header.names) else ""

    def _place(self, column: int) -> Place:
        return self._header.place_at(self._sheet.name, max(self._header.last_row, 1), column)

    def _check_rate(self, column: int, rates: list[int]) -> None:
        name, place = self._name(column), self._place(column)
        if unit := unknown_unit(name):
            reason = (
                f'The header states the unit "{unit}". Ask the carrier for dollars or cents a minute, or name another'
            )
            raise refuse(place, f"{reason} column in the map.")
        if names_cents(name) and self._map.rate_unit != CENTS:
            raise refuse(place, 'The header states cents. Set rate_unit = "cents" in the map.')
        mixed = self._map.rate_unit == CENTS and is_in_dollars(name)
        if mixed and any(names_cents(self._name(other)) for other in rates):
            raise refuse(
                place, "The header states dollars, and that of another rate cents. Name one of them in the map."
            )
        seconds = priced_seconds(name)
        if self._map.rate_seconds is None and seconds not in (None, 60):
            raise refuse(place, f"The header states a price for {seconds} s. {_ask_seconds(seconds)}")

    def _check_fee(self, column: int) -> None:
        name, place, unit = self._name(column), self._place(column), self._map.fee_unit
        if names_cents(name) and (unit or self._map.rate_unit) != CENTS:
            raise refuse(place, 'The header states cents. Set fee_unit = "cents" in the map.')
        if is_in_dollars(name) and (unit or self._map.rate_unit) == CENTS:
            raise refuse(place, 'The header states dollars. Set fee_unit = "dollars" in the map.')
        if self._map.rate_unit == CENTS and not unit and not names_cents(name):
            reason = "The rates are cents, and the header does not say what the connection fee is."
            raise refuse(place, f'{reason} Set fee_unit to "dollars" or "cents" in the map.')

    def check_prose(self, line: int, cells: list[str]) -> None:
        """Refuse a sentence that states cents or another time than a minute, unless the map names the unit."""
        for column, text in enumerate(cells):
            if not text or text in self._known:
                continue
            if not self._map.rate_unit and states_cents(text):
                raise refuse(Place(self._sheet.name, line, column), f'"{text[:80]}" states cents. {_IN_CENTS}')
            seconds = None if self._map.rate_seconds else stated_seconds(text)
            if seconds:
                reason = f'"{text[:80]}" states prices for {seconds} s. {_ask_seconds(seconds)}'
                raise refuse(Place(self._sheet.name, line, column), reason)
            self._known.add(text)

    def check_row(self, line: int, cells: list[str]) -> None:
        """Refuse the cell of a column of units, such as `cents` or `per second`, that the map does not name."""
        for column in self._unit_columns:
            text = cells[column] if column < len(cells) else ""
            if not text or text in self._known:
                continue
            place = self._header.place_at(self._sheet.name, line, column)
            if names_cents(text) and self._map.rate_unit != CENTS:
                raise refuse(place, f"The cell states cents. {_IN_CENTS if self._map.rate_unit != DOLLARS else _SPLIT}")
            seconds = priced_seconds(text) or priced_seconds(f"per {text}")
            if seconds and seconds != (self._map.rate_seconds or 60):
                step = _SPLIT if self._map.rate_seconds else _ask_seconds(seconds)
                raise refuse(place, f"The cell states a price for {seconds} s. {step}")
            self._known.add(text)


_NO_SECONDS: Final = "Remove the column from the map and set default of [increments]."
_SPLIT: Final = "The map says otherwise: correct it, or import rows of each unit from a file of their own."


def _ask_seconds(seconds: int | None) -> str:
    return f"Set rate_seconds = {seconds} in the map, or rate_seconds = 60 if the rates are per minute."
