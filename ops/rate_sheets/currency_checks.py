"""Refuses prices that are not US dollars, whether a header, a cell, or a sentence beside the table says so."""

from typing import Final

from ops.rate_sheets.amounts import foreign_currency, names_dollars
from ops.rate_sheets.cells import Sheet
from ops.rate_sheets.notes import CellError, Place, refuse
from ops.rate_sheets.prose import foreign_in_name, foreign_prices
from ops.rate_sheets.rate_map import USD, RateMap, Role
from ops.rate_sheets.table import Header
from ops.rate_sheets.unit_checks import UnitChecks

ASK: Final = "Ask the carrier for a sheet in US dollars."
_DOLLARS: Final = frozenset({USD, "US$", "$", "U.S. DOLLAR", "US DOLLAR", "US DOLLARS", "DOLLAR", "DOLLARS"})
_PRICES: Final = (Role.RATE, Role.OLD_RATE, Role.SURCHARGE, Role.CONNECTION_FEE)


class CurrencyChecks:
    """Checks one sheet."""

    def __init__(self, sheet: Sheet, rate_map: RateMap, header: Header) -> None:
        self._sheet = sheet
        self._map = rate_map
        self._header = header
        self.units = UnitChecks(sheet, rate_map, header)

    def check_above(self) -> None:
        """Check the header and the sentences above it.

        Raises:
            SheetRefusedError: another currency, or a unit that the map does not name.
        """
        currency = "" if self._map.ignores_prose else foreign_in_name(self._sheet.name)
        if currency and not self._states_dollars():
            reason = (
                f"The name of the sheet states {currency}; prices must be US dollars. {ASK} If they are US dollars,"
            )
            raise refuse(Place(self._sheet.name), f"{reason} set ignore_prose = true in the map.")
        for line, cells in self._sheet.rows:
            if line >= self._header.last_row:
                break
            self.check_prose(line, cells)
        for role in _PRICES:
            for column in self._header.columns.get(role, ()):
                self._check_name(column)
        self.units.check_header()

    def _states_dollars(self) -> bool:
        names = self._header.names
        columns = [column for role in _PRICES for column in self._header.columns.get(role, ())]
        return any(names_dollars(names[column]) for column in columns if column < len(names))

    def _check_name(self, column: int) -> None:
        header = self._header
        name = header.names[column] if column < len(header.names) else ""
        place = header.place_at(self._sheet.name, max(header.last_row, 1), column)
        currency = foreign_currency(name)
        if currency and not names_dollars(name):
            raise refuse(place, f"The header states {currency}; prices must be US dollars. {ASK}")

    def check_prose(self, line: int, cells: list[str]) -> None:
        """Refuse a sentence that states prices in another currency or unit."""
        if self._map.ignores_prose:
            return
        self.units.check_prose(line, cells)
        for column, text in enumerate(cells):
            currency = foreign_prices(text) if text else ""
            if currency:
                reason = f'"{text[:80]}" states {currency}; prices must be US dollars. {ASK} If this sentence is not'
                place = Place(self._sheet.name, line, column)
                raise refuse(place, f"{reason} about these prices, set ignore_prose = true in the map.")

    def check_cell(self, text: str) -> None:
        """Check the cell of a currency column.

        Raises:
            CellError: it is not US dollars.
        """
        if text and text.upper() not in _DOLLARS:
            raise CellError(f'The currency is "{text}"; prices must be US dollars.', ASK)
