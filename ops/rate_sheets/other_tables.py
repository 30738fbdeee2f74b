"""Recognizes a second table of a sheet: beside the first one, or below it with another header."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from ops.rate_sheets.amounts import has_amount
from ops.rate_sheets.cells import Row, Sheet, with_merged
from ops.rate_sheets.headers import is_code_cell, roles_of_header
from ops.rate_sheets.notes import Place, column_letters, refuse
from ops.rate_sheets.rate_map import Role
from ops.rate_sheets.table import Header, plain

_CODES: Final = frozenset({Role.CODE, Role.COUNTRY_CODE, Role.AREA_CODE})
_PRICES: Final = frozenset({Role.RATE, Role.OLD_RATE, Role.CONNECTION_FEE, Role.SURCHARGE})
_MAX_NAME: Final = 40
STEP: Final = "Import each table from a file of its own."


def other_header(names: Sequence[str], columns: Mapping[Role, Sequence[int]], cells: Sequence[str]) -> str:
    """Return how a row below the table differs from its header, if the row is a header itself; empty otherwise."""
    filled = [cell for cell in cells if cell]
    if not names or len(filled) < 2 or any(map(str.isdigit, "".join(filled[:2]))):
        return ""
    roles = [set(roles_of_header(plain(cell))) for cell in filled if len(cell) <= _MAX_NAME]
    has_codes = any(found & _CODES and not found & _PRICES for found in roles)
    if not has_codes or not any(found & _PRICES for found in roles):
        return ""
    return difference(names, columns, cells)


def difference(names: Sequence[str], columns: Mapping[Role, Sequence[int]], cells: Sequence[str]) -> str:
    """Return the first used column whose cell is not its header; empty if the row repeats the header."""
    for column in sorted({column for found in columns.values() for column in found}):
        name = names[column] if column < len(names) else ""
        cell = cells[column] if column < len(cells) else ""
        if cell and f" {plain(cell)} " not in f" {plain(name)} ":
            return f'column {column_letters(column)} is "{cell[:_MAX_NAME]}" there, not "{name[:_MAX_NAME]}"'
        if cell and len(plain(cell)) < len(plain(name)) and plain(cell) != plain(name):
            others = [plain(other) for at, other in enumerate(names) if at != column]
            if plain(cell) in others:
                return f'column {column_letters(column)} is "{cell[:_MAX_NAME]}" there, not "{name[:_MAX_NAME]}"'
    return ""


def second_table(options: Sequence[tuple[int, Role, int]], names: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    """Return the first column of a second table beside the first one; 0 if there is none.

    It begins after an empty column, or with a column of codes that has the header of an earlier one.
    """
    codes = {column for rank, role, column in options if role in _CODES and rank > 1}
    rates = {column for rank, role, column in options if role in _PRICES and rank > 1} - codes
    for column in range(1, len(names)):
        is_gap = not names[column] and not any(cells[column])
        is_repeated = column in codes and plain(names[column]) in {plain(names[at]) for at in codes if at < column}
        if not is_gap and not is_repeated:
            continue
        left, right = range(column), range(column, len(names))
        if all(any(at in found for at in side) for side in (left, right) for found in (codes, rates)):
            return column + 1 if is_gap else column
    return 0


def table_rows(sheet: Sheet, header: Header) -> Iterator[Row]:
    """Yield the rows below the header, without those that repeat it.

    Raises:
        SheetRefusedError: the header of another table.
    """
    names = tuple(map(plain, header.names))
    first = min((column for columns in header.columns.values() for column in columns), default=0)
    for number, cells in with_merged(sheet.rows, sheet.merges):
        if number <= header.last_row:
            continue
        if names and first < len(cells) and cells[first] and plain(cells[first]) == names[first]:
            reason = difference(header.names, header.columns, cells)
            if reason:
                raise refuse(Place(sheet.name, number), f"The row begins another table: {reason}. {STEP}")
            continue
        yield number, cells


def columns_beside(header: Header) -> list[int]:
    """Return the unused columns that have the header of a used column of codes: each begins a table beside this one."""
    used = {column for columns in header.columns.values() for column in columns}
    codes = {column for role in _CODES for column in header.columns.get(role, ()) if column < len(header.names)}
    known = {plain(header.names[column]) for column in codes} - {""}
    return [column for column, name in enumerate(header.names) if column not in used and plain(name) in known]


def tables_above(sheet: Sheet, header: Header) -> Iterator[tuple[int, str]]:
    """Yield each row above the header that begins another table or has a code and a price, and what it is."""
    codes = [column for role in _CODES for column in header.columns.get(role, ())]
    for number, cells in with_merged(sheet.rows, sheet.merges):
        if number >= header.last_row:
            break
        if reason := other_header(header.names, header.columns, cells):
            yield number, f"The row begins another table, which is left out: {reason}."
        elif _has(codes, cells, is_code_cell) and _has(header.columns.get(Role.RATE, ()), cells, has_amount):
            yield number, f"The row has a code and a price, but is above the header in row {header.last_row}: left out."


def _has(columns: Iterable[int], cells: Sequence[str], test: Callable[[str], bool]) -> bool:
    return any(column < len(cells) and test(cells[column]) for column in columns)
