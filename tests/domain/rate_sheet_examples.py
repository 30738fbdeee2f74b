"""Rate sheets of invented carriers: workbooks with every kind of cell, and the import of a sheet without a stack."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.home_numbers import HomeNumbers
from ops.project import ROOT
from ops.rate_sheets.amending import amend_deck
from ops.rate_sheets.importing import import_sheet
from ops.rate_sheets.new_rows import Surroundings
from ops.rate_sheets.notes import Notes
from ops.rate_sheets.notes import column_letters as letters
from ops.rate_sheets.proposal import propose
from ops.rate_sheets.rate_map import PriceRules, RateMap, parse_map
from ops.rate_sheets.reading import SheetReader
from ops.rate_sheets.table import choose_sheet
from ops.rate_sheets.workbooks import read_sheets

NOW: Final = datetime(2026, 11, 29, 12, tzinfo=UTC)
TODAY: Final = NOW.date()
MAP: Final = 'currency = "USD"\n[columns]\ncode = "Code"\ndestination = "Destination"\nrate = "Rate"\n'
OLD_WORKBOOK: Final = ROOT / "tests" / "fixtures" / "rate_sheets" / "excel-97.xls"
"""A workbook of Excel 97 with a cover, a merged title, and three prices, whose codes are numbers and texts."""
_STATES: Final = ("visible", "hidden")
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"


@dataclass(frozen=True)
class Formula:
    """A cell with a formula and the stored result, if there is one."""

    text: str
    value: float | None = None


@dataclass(frozen=True)
class ErrorValue:
    """A cell with an error such as #N/A."""

    text: str = "#N/A"


Cell = str | float | date | bool | Formula | ErrorValue | None


@dataclass(frozen=True)
class Page:
    """A sheet of a workbook."""

    name: str
    rows: Sequence[Sequence[Cell]]
    merges: tuple[str, ...] = ()
    is_hidden: bool = False


def _cell(place: str, cell: Cell) -> str:
    if cell is None or cell == "":
        return ""
    if isinstance(cell, bool):
        return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, date):
        return f'<c r="{place}" s="1"><v>{(cell - date(1899, 12, 30)) // timedelta(days=1)}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{place}"><v>{cell!r}</v></c>'
    if isinstance(cell, Formula):
        value = "" if cell.value is None else f"<v>{cell.value!r}</v>"
        return f'<c r="{place}"><f>{escape(cell.text)}</f>{value}</c>'
    if isinstance(cell, ErrorValue):
        return f'<c r="{place}" t="e"><v>{cell.text}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'


def _sheet(page: Page) -> str:
    lines = [
        "".join(_cell(f"{letters(column)}{number}", cell) for column, cell in enumerate(row))
        for number, row in enumerate(page.rows, 1)
    ]
    rows = "".join(f'<row r="{number}">{line}</row>' for number, line in enumerate(lines, 1))
    merges = "".join(f'<mergeCell ref="{merge}"/>' for merge in page.merges)
    merges = f'<mergeCells count="{len(page.merges)}">{merges}</mergeCells>' if merges else ""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{merges}</worksheet>'


def workbook(*pages: Page) -> bytes:
    """Return an .xlsx file."""
    numbers = range(1, len(pages) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(page.name)} sheetId="{n}" r:id="r{n}" state="{_STATES[page.is_hidden]}"/>'
        for n, page in zip(numbers, pages, strict=True)
    )
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    links += f'<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml"'
        ' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for n in numbers
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{kinds}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="w"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"'
        ' applyNumberFormat="1"/></cellXfs></styleSheet>',
        **{f"xl/worksheets/sheet{n}.xml": _sheet(page) for n, page in zip(numbers, pages, strict=True)},
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def table(*rows: Iterable[Cell]) -> bytes:
    """Return a workbook with one sheet."""
    return workbook(Page("Rates", [list(row) for row in rows]))


def proposed(data: bytes, name: str = "carrier.csv") -> str:
    """Return the map that is proposed for a file."""
    return propose(read_sheets(data, name), name).text


@dataclass
class Outcome:
    """The rows of the new deck, and the notes of the import."""

    rows: list[RateRow]
    notes: Notes = field(default_factory=Notes)

    def row(self, prefix: str, since: str = "") -> RateRow:
        """Return the only row of a prefix, or the one of a date."""
        (found,) = [row for row in self.rows if row.prefix == prefix and row.effective_from.startswith(since)]
        return found

    def rates(self) -> dict[str, int]:
        """Return the rate of each charged prefix in micro-dollars; the latest row counts."""
        ordered = sorted(self.rows, key=lambda row: row.effective_from)
        return {row.prefix: row.rate_micros_per_minute for row in ordered if row.category != "included"}

    def reasons(self) -> set[tuple[str, str]]:
        """Return the reason and the code of every note."""
        return {(str(note.code), note.prefix) for note in self.notes.notes}


def imported(
    data: bytes | str,
    rate_map: str | RateMap = MAP,
    active: Deck | None = None,
    *,
    amends: bool = False,
    rules: PriceRules | None = None,
) -> Outcome:
    """Import a sheet by a map (TOML) and return the outcome."""
    parsed = parse_map(rate_map) if isinstance(rate_map, str) else rate_map
    notes = Notes()
    sheets = read_sheets(data.encode() if isinstance(data, str) else data, "carrier.csv")
    sheet = choose_sheet(sheets, parsed.sheet, "carrier.csv")
    around = Surroundings(active, HomeNumbers(), rules or parsed.prices, TODAY, "2026-11-29T12:00:00.000Z")
    rows = SheetReader(sheet, parsed, TODAY, notes).rows()
    if amends:
        assert active is not None
        return Outcome(amend_deck(rows, active, around, notes).rows, notes)
    return Outcome(import_sheet(rows, around, notes).rows, notes)
