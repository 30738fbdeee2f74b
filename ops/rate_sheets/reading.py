"""Reads the rows of a sheet by a map. Every unreadable cell is a reason to refuse the sheet, with its place."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ops.rate_sheets.amounts import parse_amount
from ops.rate_sheets.cells import Sheet
from ops.rate_sheets.changes import Change, change_of, says_closed
from ops.rate_sheets.codes import has_code
from ops.rate_sheets.currency_checks import CurrencyChecks
from ops.rate_sheets.dates import is_now, parse_day
from ops.rate_sheets.notes import (
    MAX_REFUSALS,
    CellError,
    ColumnError,
    NoteCode,
    Notes,
    Place,
    SheetRefusedError,
    column_letters,
    refuse,
)
from ops.rate_sheets.other_tables import STEP, columns_beside, other_header, table_rows, tables_above
from ops.rate_sheets.rate_map import RateMap, Role
from ops.rate_sheets.row_codes import CODE_ROLES, NAMING_ROLES, RowCodes, is_total, marked_without_code
from ops.rate_sheets.row_details import RowDetails
from ops.rate_sheets.sheet_rows import SheetRow
from ops.rate_sheets.table import find_header
from ops.rate_sheets.unit_checks import RATES, a_minute, is_in_cents, limited

ROWS_PER_REPORT: Final = 1_000
_NOTHING: Final = Decimal(0)
_NEVER: Final = "9999"
"""The year of an end date that never comes."""


class SheetReader:
    """Reads one sheet. `today` is the date of rows that are in effect already."""

    def __init__(self, sheet: Sheet, rate_map: RateMap, today: date, notes: Notes) -> None:
        self._sheet = sheet
        self._map = rate_map
        self._today = today
        self._notes = notes
        self._reasons: list[tuple[Place, str]] = []
        self._seen: dict[tuple[Role, str, type], Any] = {}
        self._last: dict[int, str] = {}
        self.header = find_header(sheet, rate_map)
        self._codes = RowCodes(rate_map, self.header)
        self._details = RowDetails(rate_map)
        self._in_cents = {role: is_in_cents(role, rate_map) for role in (*RATES, Role.CONNECTION_FEE)}
        self._currency = CurrencyChecks(sheet, rate_map, self.header)
        self.row_count = 0
        """Rows below the header that state a code or a price."""

    def rows(self, report_progress: Callable[[int], None] = lambda _count: None) -> Iterator[SheetRow]:
        """Yield every price of the sheet, in its order.

        Raises:
            SheetRefusedError: at the end, with each cell that cannot be read, or at once for another currency.
        """
        self._currency.check_above()
        self._note_tables_above()
        for line, cells in table_rows(self._sheet, self.header):
            if line % ROWS_PER_REPORT == 0:
                report_progress(line)
            try:
                yield from self._row(line, cells)
            except ColumnError as error:
                if self._map.skips_unreadable:
                    self._notes.add(NoteCode.UNREADABLE, line, "", str(error))
                    continue
                self._reasons.append((self.header.place_at(self._sheet.name, line, error.column), str(error)))
                if len(self._reasons) >= MAX_REFUSALS:
                    break
        unused = self._details.unused_rule()
        if not self._reasons and unused:
            reason = (
                f'The rule "{unused}" of increments.rules in the map matches no row. Correct its name or remove it.'
            )
            raise refuse(self.header.place(self._sheet.name, self.header.last_row + 1, Role.DESTINATION), reason)
        if self._reasons:
            raise SheetRefusedError(self._reasons)
        if not self.row_count:
            reason = "Below the header, no row has a code and a rate. Correct columns in the map."
            raise refuse(self.header.place(self._sheet.name, self.header.last_row + 1, Role.CODE), reason)

    def _text(self, cells: list[str], role: Role) -> str:
        columns = self.header.columns.get(role)
        return cells[columns[0]] if columns and columns[0] < len(cells) else ""

    def _filled(self, cells: list[str]) -> list[str]:
        """Return the cells of a row in which blank cells of `fill_down` have the text of the last row with one."""
        columns = [column for role in self._map.fill_down for column in self.header.columns.get(role, ())]
        if not columns:
            return cells
        filled = cells + [""] * (max(columns) + 1 - len(cells))
        for column in columns:
            self._last[column] = filled[column] = filled[column] or self._last.get(column, "")
        return filled

    def _row(self, line: int, stated: list[str]) -> Iterator[SheetRow]:
        is_sum = is_total(text for role in NAMING_ROLES for text in self._texts(stated, role))
        cells = stated if is_sum else self._filled(stated)
        code_text = {role: self._text(cells, role) for role in CODE_ROLES}
        code_text[Role.CODE] = self._codes.text(cells, code_text[Role.CODE])
        rates = self._texts(cells, Role.RATE)
        has_rate = any(any(map(str.isdigit, text)) for text in rates)
        if is_sum or not any(code_text.values()) or not self._codes.is_stated(stated):
            if has_rate and any(self._has_price(text) for text in rates):
                self.row_count += 1
                self._notes.add(NoteCode.NO_CODE, line, "", f"{self._name(cells) or 'A row'} has a rate but no code.")
            else:
                self._check_header(line, stated)
                self._currency.check_prose(line, stated)
                if detail := marked_without_code(self._name(cells), self._text(cells, Role.CHANGE)):
                    self._notes.add(NoteCode.NO_CODE, line, "", detail)
            return
        if not has_rate and not any(has_code(text) for text in code_text.values()):
            self._check_header(line, stated)
            self._currency.check_prose(line, stated)
            return
        self.row_count += 1
        self._currency.units.check_row(line, cells)
        change = self._change(cells, rates)
        try:
            self._currency.check_cell(self._text(cells, Role.CURRENCY))
        except CellError as error:
            raise ColumnError(self._column(Role.CURRENCY), error) from None
        for codes, meaning in self._codes.all(code_text, change):
            yield from self._priced(line, cells, codes, meaning)

    def _note_tables_above(self) -> None:
        for column in columns_beside(self.header):
            name, letters = self.header.names[column][:40], column_letters(column)
            reason = f'Column {letters} also has the header "{name}" and is left out, with the table that it begins.'
            self._notes.add(NoteCode.SHEET, self.header.last_row, "", reason)
        for line, reason in tables_above(self._sheet, self.header):
            self._notes.add(NoteCode.SHEET, line, "", reason)

    def _check_header(self, line: int, cells: list[str]) -> None:
        """Refuse the header of another table, whose columns may mean something else."""
        reason = other_header(self.header.names, self.header.columns, cells)
        if reason:
            raise refuse(Place(self._sheet.name, line), f"The row begins another table: {reason}. {STEP}")

    def _has_price(self, text: str) -> bool:
        try:
            return parse_amount(text, self._map.decimal) is not None
        except CellError:
            return False

    def _priced(self, line: int, cells: list[str], codes: list[str], change: Change) -> Iterator[SheetRow]:
        rate = None if change == Change.CLOSED else self._rate(line, cells, codes)
        old = self._amount(cells, Role.OLD_RATE)
        fee = self._amount(cells, Role.CONNECTION_FEE) or _NOTHING
        effective = self._day(cells, Role.EFFECTIVE) or self._map.effective_from or self._today
        end = self._day(cells, Role.END)
        name = self._name(cells)
        origins = self._origins(cells)
        for code in codes:
            seconds = self._increments(cells, name, code)
            for origin in origins:
                yield SheetRow(line, code, name, rate, old, fee, *seconds, effective, end, change, origin)

    def _rate(self, line: int, cells: list[str], codes: list[str]) -> Decimal | None:
        """Return the highest of the row's rates, with its surcharge."""
        columns = self.header.columns.get(Role.RATE, ())
        found = [self._amount_at(cells, Role.RATE, column) for column in columns]
        rates = [rate for rate in found if rate is not None]
        if not rates:
            return None
        if len(set(rates)) > 1:
            shown = ", ".join(f"{rate:f}" for rate in rates)
            self._notes.add(NoteCode.HIGHEST_RATE, line, codes[0] if codes else "", f"Of {shown}, the highest counts.")
        surcharges = (self._amount_at(cells, Role.SURCHARGE, at) for at in self.header.columns.get(Role.SURCHARGE, ()))
        rate = max(rates) + max((amount for amount in surcharges if amount is not None), default=_NOTHING)
        return limited(rate, columns[0])

    def _texts(self, cells: list[str], role: Role) -> list[str]:
        return [cells[column] for column in self.header.columns.get(role, ()) if column < len(cells)]

    def _amount(self, cells: list[str], role: Role) -> Decimal | None:
        columns = self.header.columns.get(role)
        return self._amount_at(cells, role, columns[0]) if columns else None

    def _amount_at(self, cells: list[str], role: Role, column: int) -> Decimal | None:
        text = cells[column] if column < len(cells) else ""
        in_cents = self._in_cents[role]
        amount: Decimal | None = self._parsed(
            role, text, lambda cell: parse_amount(cell, self._map.decimal, in_cents=in_cents), column
        )
        return None if amount is None else limited(a_minute(amount, role, self._map), column)

    def _day(self, cells: list[str], role: Role) -> date | None:
        text = self._text(cells, role)
        if not text or (role == Role.END and _NEVER in text):
            return None
        if is_now(text):
            return self._today
        day: date | None = self._parsed(role, text, lambda cell: parse_day(cell, self._map.date_order))
        return day

    def _change(self, cells: list[str], rates: list[str]) -> Change:
        text = self._text(cells, Role.CHANGE)
        change = self._map.changes.get(text.casefold()) or change_of(text)
        if change is None:
            step = f'Add it to the map: [changes] "{text}" = "increase", or another of {", ".join(Change)}.'
            raise ColumnError(self._column(Role.CHANGE), CellError(f'The marker "{text}" is unknown.', step))
        if rates and all(says_closed(rate) for rate in rates):
            return Change.CLOSED
        return change

    def _increments(self, cells: list[str], name: str, code: str) -> tuple[int, int]:
        texts = {role: self._text(cells, role) for role in (Role.INCREMENTS, Role.MINIMUM, Role.INCREMENT)}
        try:
            return self._details.increments(texts, name, code)
        except CellError as error:
            role = next((role for role, text in texts.items() if text), Role.INCREMENTS)
            raise ColumnError(self._column(role), error) from None

    def _origins(self, cells: list[str]) -> tuple[str, ...]:
        try:
            return self._details.origins(self._text(cells, Role.ORIGIN))
        except CellError as error:
            raise ColumnError(self._column(Role.ORIGIN), error) from None

    def _name(self, cells: list[str]) -> str:
        return self._details.name(self._text(cells, Role.COUNTRY), self._texts(cells, Role.DESTINATION))

    def _column(self, role: Role) -> int:
        return (self.header.columns.get(role) or (0,))[0]

    def _parsed(self, role: Role, text: str, parse: Callable[[str], Any], column: int | None = None) -> Any:
        """Return the value of a text. A sheet repeats most of them, so each is parsed once."""
        key = (role, text, type(text))
        if key in self._seen:
            return self._seen[key]
        try:
            value = parse(text)
        except CellError as error:
            raise ColumnError(self._column(role) if column is None else column, error) from None
        self._seen[key] = value
        return value
