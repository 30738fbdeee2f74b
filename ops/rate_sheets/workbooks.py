"""Sheets in workbooks (.xlsx, and .xlsm, .xlsb, .xls, .ods), read by python-calamine."""

import io
import os
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from xml.etree import ElementTree as ET

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum, load_workbook

from ops.rate_sheets.cells import Row, Sheet, text_of
from ops.rate_sheets.notes import Place, column_letters, refuse
from ops.rate_sheets.text_files import SAVE_AS, read_text
from ops.rate_sheets.workbook_xml import MAX_UNPACKED, SheetFacts, parts_by_sheet, sheet_facts, unpacked_bytes

_ZIP: Final = b"PK\x03\x04"
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"
_STDERR: Final = 2
_DAMAGED: Final = (CalamineError, ValueError, OverflowError, OSError)
_DAMAGED_ZIP: Final = (
    zipfile.BadZipFile,
    KeyError,
    ET.ParseError,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
)


class WorkbookRows:
    """The rows of a sheet, read at each iteration."""

    def __init__(self, sheet: CalamineSheet, facts: SheetFacts) -> None:
        self._sheet = sheet
        self._facts = facts
        start = sheet.start
        self._left = start[1] if start else 0

    def __iter__(self) -> Iterator[Row]:
        before = [""] * self._left
        by_row: dict[int, list[tuple[int, str]]] = {}
        for (row, column), text in self._facts.texts.items():
            by_row.setdefault(row, []).append((column, text))
        for index, values in enumerate(self._sheet.iter_rows()):
            cells = [*before, *map(text_of, values)]
            for column, text in by_row.get(index, ()):
                if column < len(cells) and not cells[column]:
                    cells[column] = text
            if any(cells):
                yield index + 1, cells


def read_sheets(data: bytes, name: str) -> list[Sheet]:
    """Return the sheets of a file: of a workbook, or the one of a text file.

    Raises:
        SheetRefusedError: the file is neither, damaged, encrypted, or too large.
    """
    if not data.startswith((_ZIP, _OLD_OFFICE)):
        return [read_text(data, name)]
    facts = _facts_by_sheet(data, name) if data.startswith(_ZIP) else {}
    try:
        with _panics():
            book = load_workbook(io.BytesIO(data))
            sheets = [_sheet(book, position, facts) for position in range(len(book.sheets_metadata))]
    except _DAMAGED as error:
        if "assword" in str(error) or "ncrypt" in str(error):
            raise refuse(Place(name), f"The workbook is protected by a password. Remove it. {SAVE_AS}") from None
        reason = f"The workbook cannot be read ({error}). Open it in a spreadsheet program. {SAVE_AS}"
        raise refuse(Place(name), reason) from None
    found = [sheet for sheet in sheets if sheet is not None]
    if not found:
        raise refuse(Place(name), f"The workbook has no sheet with cells. {SAVE_AS}")
    return found


@contextmanager
def _panics() -> Iterator[None]:
    """Turn a panic of the reader, as some damaged .xls files cause, into a ValueError, without its text on stderr."""
    sys.stderr.flush()
    kept, nowhere = os.dup(_STDERR), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("its parts do not fit together") from None
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)


def _sheet(book: CalamineWorkbook, position: int, facts: dict[str, SheetFacts]) -> Sheet | None:
    """Return a sheet; None if it has no cells or is a chart."""
    about = book.sheets_metadata[position]
    try:
        source = book.get_sheet_by_index(position)
    except CalamineError:
        if len(book.sheets_metadata) == 1 or about.visible == SheetVisibleEnum.Visible:
            raise
        return None
    if source.start is None:
        return None
    known = facts.get(about.name, SheetFacts())
    warnings = []
    if known.hidden_rows:
        warnings.append(f"{known.hidden_rows} rows of the sheet are hidden, and are imported like all others.")
    return Sheet(
        about.name,
        WorkbookRows(source, known),
        about.visible != SheetVisibleEnum.Visible,
        list(source.merged_cell_ranges or ()),
        warnings,
        source.total_height,
    )


def _facts_by_sheet(data: bytes, name: str) -> dict[str, SheetFacts]:
    """Return the facts about each sheet of an .xlsx file; none of another kind of file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if unpacked_bytes(archive) > MAX_UNPACKED:
                raise refuse(Place(name), f"The unpacked workbook is larger than 600 MB. {SAVE_AS}")
            names = set(archive.namelist())
            if "xl/workbook.xml" not in names:
                if not names & {"xl/workbook.bin", "content.xml"}:
                    raise refuse(Place(name), f"The file is an archive without a workbook. Unpack it. {SAVE_AS}")
                return {}
            facts: dict[str, SheetFacts] = {}
            for sheet, part in parts_by_sheet(archive).items():
                if part not in names or not part.startswith("xl/worksheets/"):
                    continue
                with archive.open(part) as opened:
                    facts[sheet] = sheet_facts(opened)
                if facts[sheet].is_too_large:
                    row, column = facts[sheet].farthest
                    reason = f"A cell as far as {column_letters(column)}{row + 1} makes the sheet too large. Delete the"
                    raise refuse(Place(sheet, row + 1, column), f"{reason} rows and columns beyond the table.")
            return facts
    except _DAMAGED_ZIP as error:
        reason = f"The workbook is damaged ({type(error).__name__}). Open it in a spreadsheet program. {SAVE_AS}"
        raise refuse(Place(name), reason) from None
