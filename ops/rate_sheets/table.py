"""The table of a sheet: finds its header by the names in the map, far down or over two rows, and its columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from typing import Final

from ops.rate_sheets.cells import Row, Sheet, with_merged
from ops.rate_sheets.notes import Place, column_letters, refuse
from ops.rate_sheets.rate_map import RateMap, Role

MAX_HEADER_ROW: Final = 1_000
MAX_HEADER_ROWS: Final = 3
_LETTERS: Final = re.compile(r"(.*?) ?\(?column ([A-Z]{1,3})\)?", re.IGNORECASE)
_OTHER: Final = re.compile(r"(?:[^\w%$€£¢*?]|_)+")


def plain(name: str) -> str:
    """Return a header for comparison: lower case, words only."""
    return _OTHER.sub(" ", name).strip().casefold()


def joined_names(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the name of each column of a header of several rows: its distinct texts, from top to bottom."""
    width = max(map(len, rows))
    names = []
    for column in range(width):
        texts = (" ".join(row[column].split()) for row in rows if column < len(row))
        names.append(" ".join(dict.fromkeys(text for text in texts if text)))
    return names


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table: its last row (0 without one), the names of all columns, and the columns of each role."""

    last_row: int
    names: tuple[str, ...]
    columns: Mapping[Role, tuple[int, ...]]

    def place(self, sheet: str, row: int, role: Role) -> Place:
        """Return the place of a role's first cell in a row."""
        column = (self.columns.get(role) or (0,))[0]
        return self.place_at(sheet, row, column)

    def place_at(self, sheet: str, row: int, column: int) -> Place:
        """Return a place with the name of its column."""
        return Place(sheet, row, column, self.names[column] if column < len(self.names) else "")


def choose_sheet(sheets: Sequence[Sheet], wanted: str, file: str) -> Sheet:
    """Return the sheet that a map names, exactly or with `*`; the only one if it names none.

    Raises:
        SheetRefusedError: no sheet, or several, have the name.
    """
    if len(sheets) == 1 and (not wanted or sheets[0].name == file):
        return sheets[0]
    names = ", ".join(f'"{sheet.name}"{" (hidden)" if sheet.is_hidden else ""}' for sheet in sheets)
    if not wanted:
        raise refuse(Place(file), f"The file has several sheets: {names}. Name one as sheet in the map.")
    exact = [sheet for sheet in sheets if sheet.name == wanted]
    similar = [sheet for sheet in sheets if _same_name(sheet.name, wanted)]
    visible = [sheet for sheet in similar if not sheet.is_hidden]
    for found in (exact, similar, visible):
        if len(found) == 1:
            return found[0]
    problem = "Several sheets have" if similar else "No sheet has"
    raise refuse(
        Place(file), f'{problem} the name "{wanted}" of the map; the sheets are {names}. Correct sheet in the map.'
    )


def _same_name(name: str, wanted: str) -> bool:
    one, other = " ".join(name.split()).casefold(), " ".join(wanted.split()).casefold()
    return one == other or fnmatchcase(one, other)


def find_header(sheet: Sheet, rate_map: RateMap) -> Header:
    """Return the header that has every name of the map.

    Raises:
        SheetRefusedError: no row has them all, or one is there twice.
    """
    letters = _columns_by_letter(rate_map)
    if letters is not None:
        return Header(0, (), letters)
    best: tuple[int, int, list[str], list[str]] = (-1, 1, [], [])
    window: list[Row] = []
    for row in islice(with_merged(sheet.rows, sheet.merges), MAX_HEADER_ROW):
        window = [*window[1 - MAX_HEADER_ROWS :], row]
        for count in range(1, len(window) + 1):
            part = window[-count:]
            names = joined_names([cells for _, cells in part])
            missing = [
                name for headers in rate_map.columns.values() for name in headers if not _columns_of(name, names)
            ]
            if not missing:
                return Header(row[0], tuple(names), _located(sheet, rate_map, names, row[0]))
            matched = sum(map(len, rate_map.columns.values())) - len(missing)
            if matched > best[0] or not best[2]:
                best = (matched, row[0], missing, names)
    _, number, missing, names = best
    known = ", ".join(f'"{name}"' for name in names if name)[:600] or "none"
    raise refuse(
        Place(sheet.name, number),
        f'No row has the column "{missing[0] if missing else ""}" of the map beside the others. The closest row has:'
        f" {known}. Correct columns in the map, or run make import-rates FILE= without MAP for a proposal.",
    )


def _columns_by_letter(rate_map: RateMap) -> dict[Role, tuple[int, ...]] | None:
    """Return the columns of a map that names all of them by letter (`column C`); None if it does not."""
    columns: dict[Role, tuple[int, ...]] = {}
    for role, headers in rate_map.columns.items():
        matches = [_LETTERS.fullmatch(header) for header in headers]
        if not all(match and not match[1] for match in matches):
            return None
        columns[role] = tuple(column_index(match[2]) for match in matches if match)
    return columns


def column_index(letters: str) -> int:
    """Return the index of a column from its letters: A is 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _columns_of(name: str, names: Sequence[str]) -> list[int]:
    """Return the columns that a name of the map means."""
    match = _LETTERS.fullmatch(name)
    if match:
        index = column_index(match[2])
        fits = index < len(names) and (not match[1] or plain(match[1]) == plain(names[index]))
        return [index] if fits else []
    wanted = plain(name)
    exact = [index for index, found in enumerate(names) if found and plain(found) == wanted]
    return exact or [
        index for index, found in enumerate(names) if found and "*" in wanted and fnmatchcase(plain(found), wanted)
    ]


def _located(sheet: Sheet, rate_map: RateMap, names: list[str], row: int) -> dict[Role, tuple[int, ...]]:
    columns: dict[Role, tuple[int, ...]] = {}
    for role, headers in rate_map.columns.items():
        found: list[int] = []
        for header in headers:
            indexes = _columns_of(header, names)
            if len(indexes) > 1 and "*" not in header:
                letters = " and ".join(column_letters(index) for index in indexes)
                reason = (
                    f'The columns {letters} have the same header. Write "{header} (column {letters[0]})" in the map.'
                )
                raise refuse(Place(sheet.name, row, indexes[1], header), reason)
            found += indexes
        columns[role] = tuple(dict.fromkeys(found))
    return columns
