"""What python-calamine does not report about a sheet of an .xlsx file: formulas without a stored result, error values,
hidden rows, and cells so far away that the sheet would not fit into memory.
"""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final
from xml.etree import ElementTree as ET

MAX_CELLS: Final = 20_000_000
"""Cells of the rectangle of a sheet."""
MAX_UNPACKED: Final = 600_000_000
"""Bytes of all unpacked parts of a file."""
_BLOCK: Final = 1 << 20
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b[^>]*?\bhidden=\"(?:1|true)\"")
_CELL: Final = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>((?:(?!</?(?:\w+:)?c\b).)*?)</(?:\w+:)?c>)", re.DOTALL)
_PLACE: Final = re.compile(rb"\br=\"([A-Z]{1,3})([0-9]{1,7})\"")
_VALUE: Final = re.compile(rb"<(?:\w+:)?(?:v|t)\b[^>]*>([^<]+)<")
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f\b")
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT: Final = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


@dataclass(slots=True)
class SheetFacts:
    """Facts about a sheet: texts for cells by row and column from 0, hidden rows, and the last row and column."""

    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: int = 0
    rows: int = 0
    columns: int = 0
    farthest: tuple[int, int] = (0, 0)

    @property
    def is_too_large(self) -> bool:
        """Whether the rectangle of the sheet has too many cells."""
        return self.rows * self.columns > MAX_CELLS


def unpacked_bytes(archive: zipfile.ZipFile) -> int:
    """Return the size of the unpacked parts."""
    return sum(entry.file_size for entry in archive.infolist())


def parts_by_sheet(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of each sheet by its name. Raises KeyError and ElementTree.ParseError on a damaged file."""
    targets = {
        entry.get("Id", ""): entry.get("Target", "")
        for entry in ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - bounded by MAX_UNPACKED
    }
    parts: dict[str, str] = {}
    for element in ET.fromstring(archive.read("xl/workbook.xml")).iter():  # noqa: S314
        if element.tag.rpartition("}")[2] == "sheet":
            target = targets.get(element.get(_RELATION) or element.get(_STRICT) or "", "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            parts[element.get("name", "")] = path
    return parts


def sheet_facts(part: IO[bytes]) -> SheetFacts:
    """Return the facts about a sheet, reading its part in blocks."""
    facts = SheetFacts()
    for block in _blocks(part):
        facts.hidden_rows += len(_ROW.findall(block))
        for cell in _CELL.finditer(block):
            _note_cell(facts, cell[1], cell[2] or b"")
    return facts


def _note_cell(facts: SheetFacts, attributes: bytes, content: bytes) -> None:
    if not content:
        return
    place = _PLACE.search(attributes)
    if place is None:
        return
    row, column = int(place[2]) - 1, _column(place[1])
    if row >= facts.rows or column >= facts.columns:
        facts.rows, facts.columns = max(facts.rows, row + 1), max(facts.columns, column + 1)
        facts.farthest = (row, column)
    if b't="e"' in attributes:
        found = _VALUE.search(content)
        facts.texts[row, column] = found[1].decode("ascii", "replace") if found else "#N/A"
    elif b"<" in content and _FORMULA.search(content) and not _VALUE.search(content):
        facts.texts[row, column] = "#FORMULA"


def _blocks(part: IO[bytes]) -> Iterator[bytes]:
    """Yield the part in pieces that end after a row, so that no cell is torn."""
    rest = b""
    while block := part.read(_BLOCK):
        rest += block
        end = max(rest.rfind(b"</row>"), rest.rfind(b":row>"))
        if end >= 0:
            yield rest[: end + 6]
            rest = rest[end + 6 :]
    yield rest


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
