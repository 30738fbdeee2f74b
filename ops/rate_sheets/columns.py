"""Guesses the table of a sheet: its header row or rows, and the role of each column."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ops.rate_sheets.amounts import has_amount
from ops.rate_sheets.by_content import (
    add_by_content,
    change_column,
    effective_column,
    has_pairs,
    has_prices,
    split_increments,
    unnamed_rates,
    without_old,
)
from ops.rate_sheets.cells import Row, Sheet, with_merged
from ops.rate_sheets.codes import calling_codes
from ops.rate_sheets.headers import TIMES, USUAL, fits, is_code_cell, may_be_rate, roles_of_header
from ops.rate_sheets.national_codes import joined_columns
from ops.rate_sheets.notes import column_letters
from ops.rate_sheets.other_tables import STEP, second_table
from ops.rate_sheets.rate_map import Role
from ops.rate_sheets.table import MAX_HEADER_ROWS, joined_names, plain

ROWS_SEARCHED: Final = 400
SAMPLE: Final = 300
_CANDIDATES: Final = 12
_ACCESS: Final = frozenset({"", "0", "00", "011", "+"})
"""What is dialled before a country code."""
_KEYS: Final = (Role.CODE, Role.COUNTRY_CODE, Role.ADDED, Role.REMOVED)
_MANY: Final = (Role.RATE, Role.SURCHARGE)


@dataclass(slots=True)
class TableGuess:
    """A guessed table: its sheet, the last row of the header (0 without one), the names of the columns, the columns of
    each role, sentences about doubtful choices, and other columns that may be the rate as well as the chosen one. A
    higher score is better.
    """

    sheet: Sheet
    last_row: int
    names: list[str]
    columns: dict[Role, list[int]]
    score: float
    doubts: list[str] = field(default_factory=list)
    rivals: list[int] = field(default_factory=list)

    def header_of(self, column: int) -> str:
        """Return how a map names a column: by its header, with its letter if another has the same header."""
        letters = column_letters(column)
        name = self.names[column] if column < len(self.names) else ""
        if not name or not self.last_row:
            return f"column {letters}"
        same = sum(plain(other) == plain(name) for other in self.names)
        return f"{name} (column {letters})" if same > 1 else name


def guess_table(sheet: Sheet) -> TableGuess | None:
    """Return the most likely table of a sheet; None if it has no codes with prices."""
    rows = list(islice(with_merged(sheet.rows, sheet.merges), ROWS_SEARCHED + SAMPLE))
    guesses = [
        guess
        for _, position, count in sorted(_candidates(rows), reverse=True)[:_CANDIDATES]
        if (guess := _guess(sheet, rows, position, count)) is not None
    ]
    best = max(guesses, key=lambda guess: guess.score, default=None)
    return best or _without_header(sheet, rows)


def _candidates(rows: Sequence[Row]) -> Iterator[tuple[float, int, int]]:
    """Yield the score by names, the position of the last row, and the count of rows of each possible header."""
    for position in range(min(len(rows), ROWS_SEARCHED)):
        for count in range(1, MAX_HEADER_ROWS + 1):
            if position - count + 1 < 0:
                break
            part = [cells for _, cells in rows[position - count + 1 : position + 1]]
            names = joined_names(part)
            roles = [roles_of_header(plain(name)) for name in names]
            found = {role for each in roles for role in each}
            if (found & set(_KEYS) or Role.AREA_CODE in found) and len([each for each in roles if each]) >= 2:
                best = sum(max(each.values()) for each in roles if each)
                numbers = sum(any(map(str.isdigit, cell)) for cell in part[-1])
                yield best - 2.5 * numbers - 2 * (count - 1), position, count


def _guess(sheet: Sheet, rows: Sequence[Row], position: int, count: int) -> TableGuess | None:
    """Return the table below a possible header; None if its cells do not fit."""
    names = joined_names([cells for _, cells in rows[position - count + 1 : position + 1]])
    below = [cells for _, cells in rows[position + 1 : position + 1 + SAMPLE]]
    cells = [[row[column] if column < len(row) else "" for row in below] for column in range(len(names))]
    options = [
        (rank, role, column)
        for column, name in enumerate(names)
        for role, rank in roles_of_header(plain(name)).items()
        if fits(role, cells[column])
    ]
    second = second_table(options, names, cells)
    if second:
        options = [option for option in options if option[2] < second]
    options += unnamed_rates(options, names, cells)
    change, doubts = change_column(options, names, cells)
    columns = _assigned([option for option in options if option[1] != Role.CHANGE or option == change], names, cells)
    if columns is None or (count > 1 and _has_price(rows[position][1], columns.get(Role.RATE, ()))):
        return None
    doubts += effective_column(columns, options, names, cells)
    doubts += split_increments(columns, names, cells)
    doubts += add_by_content(columns, names[: second or None], cells)
    if second:
        doubts.append(f"columns: a second table begins in column {column_letters(second)}. {STEP}")
    ranks = {(role, column): rank for rank, role, column in options}
    score: float = sum(ranks.get((role, column), 1) for role, found in columns.items() for column in found[:1])
    score += min(len(below), 20) / 10 - 1.5 * (count - 1) - 0.5 * sheet.is_hidden
    guess = TableGuess(sheet, rows[position][0], names, columns, score, doubts, _rivals(columns, ranks, names, cells))
    for role, found in columns.items():
        if max(ranks.get((role, column), 2) for column in found) == 1:
            guess.doubts.append(f'{role}: the header "{names[found[0]]}" is no usual one for it')
    return guess


def _has_price(cells: Sequence[str], columns: Sequence[int]) -> bool:
    """Return whether the last row of a header of several rows is one of the table: it has a price with a fraction."""
    return any(at < len(cells) and re.search("[.,]", cells[at]) and has_amount(cells[at]) for at in columns)


def _assigned(
    options: list[tuple[int, Role, int]], names: list[str], cells: list[list[str]]
) -> dict[Role, list[int]] | None:
    """Return the columns of each role: the best rank first, each column once."""
    columns: dict[Role, list[int]] = {}
    taken: set[int] = set()
    order = list(Role)
    for _, role, column in sorted(without_old(options, names), key=lambda one: (-one[0], order.index(one[1]), one[2])):
        if column in taken or (role in columns and not _is_another(role, [*columns[role], column], names)):
            continue
        columns.setdefault(role, []).append(column)
        taken.add(column)
    _settle_codes(columns, cells)
    joined = joined_columns(names)
    if joined and set(columns.get(Role.CODE, ())) <= set(joined):
        columns[Role.CODE] = joined
        columns = {role: found for role, found in columns.items() if role == Role.CODE or not set(found) & set(joined)}
    if Role.RATE not in columns and Role.OLD_RATE in columns:
        columns[Role.RATE] = columns.pop(Role.OLD_RATE)
    has_changes = Role.CHANGE in columns or {Role.ADDED, Role.REMOVED} & set(columns)
    if not set(_KEYS) & set(columns) or (Role.RATE not in columns and not has_changes):
        return None
    if Role.RATE in columns:
        columns[Role.RATE].sort()
    if Role.INCREMENTS in columns:
        columns.pop(Role.MINIMUM, None)
        columns.pop(Role.INCREMENT, None)
    return columns


def _rivals(
    columns: dict[Role, list[int]], ranks: dict[tuple[Role, int], int], names: list[str], cells: list[list[str]]
) -> list[int]:
    """Return the unused columns that are the rate as likely as the chosen one; beside a header that is no usual one,
    also those of prices under an unknown header.
    """
    used = {column for found in columns.values() for column in found}
    chosen = max((ranks.get((Role.RATE, column), 0) for column in columns.get(Role.RATE, ())), default=4)
    likely = {column for (role, column), rank in ranks.items() if role == Role.RATE and rank >= chosen}
    if chosen < USUAL:
        known = {column for _, column in ranks}
        likely |= {
            at for at, name in enumerate(names) if at not in known and may_be_rate(name) and has_prices(cells[at])
        }
    return sorted(column for column in likely if column not in used and (Role.OLD_RATE, column) not in ranks)


def _is_another(role: Role, columns: list[int], names: list[str]) -> bool:
    """Return whether columns of rates differ in the time of day or the origin of the call."""
    return role in _MANY and all(TIMES.search(plain(names[column])) for column in columns[-2:])


def _settle_codes(columns: dict[Role, list[int]], cells: list[list[str]]) -> None:
    """Keep one way to name codes: whole codes, or a country code with area codes."""
    if Role.COUNTRY_CODE in columns and Role.AREA_CODE not in columns and Role.CODE in columns:
        columns[Role.AREA_CODE] = columns.pop(Role.CODE)
    if Role.COUNTRY_CODE not in columns:
        if Role.AREA_CODE in columns and Role.CODE not in columns:
            columns[Role.CODE] = columns.pop(Role.AREA_CODE)
        elif (
            Role.AREA_CODE in columns
            and set(filter(None, cells[columns[Role.CODE][0]])) <= calling_codes()
            and not set(cells[columns[Role.AREA_CODE][0]]) <= _ACCESS
        ):
            columns[Role.COUNTRY_CODE] = columns.pop(Role.CODE)
        if Role.COUNTRY_CODE not in columns:
            columns.pop(Role.AREA_CODE, None)
            return
    if Role.CODE in columns:
        columns.pop(Role.COUNTRY_CODE)
        columns.pop(Role.AREA_CODE, None)
        return
    if Role.AREA_CODE not in columns:
        columns[Role.CODE] = columns.pop(Role.COUNTRY_CODE)
        return
    country, area = cells[columns[Role.COUNTRY_CODE][0]], cells[columns[Role.AREA_CODE][0]]
    pairs = [(one, other) for one, other in zip(country, area, strict=True) if one and other]
    whole = [other for one, other in pairs if other.lstrip("+").startswith(one.lstrip("+"))]
    if pairs and len(whole) >= 0.9 * len(pairs):
        columns[Role.CODE] = columns.pop(Role.AREA_CODE)
        columns.pop(Role.COUNTRY_CODE)


def _without_header(sheet: Sheet, rows: Sequence[Row]) -> TableGuess | None:
    """Return a table without a header, by its cells alone: the first column of codes, prices, and names."""
    sample = [cells for _, cells in rows[-SAMPLE:] if len(cells) > 1]
    if len(sample) < 2:
        return None
    width = max(map(len, sample))
    cells = [[row[column] if column < len(row) else "" for row in sample] for column in range(width)]
    columns: dict[Role, list[int]] = {}
    for column in range(width):
        filled = [cell for cell in cells[column] if cell]
        if len(filled) < 0.6 * len(sample):
            continue
        has_fraction = sum("." in cell or "," in cell for cell in filled) > len(filled) / 2
        are_codes = sum(map(is_code_cell, filled)) > 0.9 * len(filled) and not has_fraction and not has_pairs(filled)
        if Role.CODE not in columns and are_codes:
            columns[Role.CODE] = [column]
        elif Role.RATE not in columns and has_fraction and fits(Role.RATE, filled):
            columns[Role.RATE] = [column]
        elif Role.DESTINATION not in columns and fits(Role.DESTINATION, filled):
            columns[Role.DESTINATION] = [column]
    if Role.CODE not in columns or Role.RATE not in columns:
        return None
    doubts = ["columns: the sheet has no header, so they were guessed from their cells"]
    letters = [f"column {column_letters(column)}" for column in range(width)]
    doubts += add_by_content(columns, letters, cells)
    used = {column for found in columns.values() for column in found}
    rivals = [at for at in range(columns[Role.RATE][0] + 1, width) if at not in used and has_prices(cells[at])]
    return TableGuess(sheet, 0, [], columns, 1.0, doubts, rivals)
