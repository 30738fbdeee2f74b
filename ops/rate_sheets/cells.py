"""Cells as clean text: numbers without float noise, dates as ISO text, and no invisible characters."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

_INVISIBLE: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202c\x00"))
_BLANKS: Final = dict.fromkeys(
    map(ord, "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f"), " "
)
_DASHES: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_COMMAS: Final = dict.fromkeys(map(ord, "\uff0c\u3001"), ",")
_QUOTES: Final = dict.fromkeys(map(ord, "\u2018\u2019\u02bc"), "'")
_TABLE: Final = str.maketrans({**_INVISIBLE, **_BLANKS, **_DASHES, **_COMMAS, **_QUOTES})
_FORCED: Final = re.compile(r'="[^"]*"')
_MANY_BLANKS: Final = re.compile(r"[ \t\v\f]+")
FORMULA: Final = "#FORMULA"
"""Stands for a formula whose result the file does not store."""


class NumberText(str):
    """The text of a number that a workbook stores as a number: always with a decimal point."""

    __slots__ = ()


def clean(text: str) -> str:
    """Return a text without invisible characters, with plain blanks, dashes, and quotes, and none at its ends. `="93"`,
    which forces a text in spreadsheet programs, is 93.
    """
    if not text.isascii():
        text = text.translate(_TABLE)
    if "\x00" in text:
        text = text.replace("\x00", "")
    if "  " in text or not text.isprintable():
        text = _MANY_BLANKS.sub(" ", text)
    text = text.strip().removeprefix("'").strip()
    return text[2:-1].strip() if _FORCED.fullmatch(text) else text


def number_text(value: float) -> NumberText:
    """Return a number as Excel shows it, with 15 digits at most: `93.0` is 93, `0.30000000000000004` is 0.3."""
    if value != value or value in (float("inf"), float("-inf")):
        return NumberText("#NUM")
    text = format(Decimal(f"{value:.15g}"), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return NumberText(text)


def text_of(cell: object) -> str:
    """Return the text of a cell of a workbook."""
    if isinstance(cell, str):
        return clean(cell)
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float | int):
        return number_text(float(cell)) if isinstance(cell, float) else NumberText(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, timedelta) else ""


Row = tuple[int, list[str]]
"""The number of a row, from 1, and the texts of its cells."""
Merge = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last cell of merged cells, each as row and column from 0."""


@dataclass(slots=True)
class Sheet:
    """A sheet of a file. `rows` may be read several times; rows without text are left out.

    `merges` lists merged cells; `warnings` has sentences about the sheet.
    """

    name: str
    rows: Iterable[Row]
    is_hidden: bool = False
    merges: list[Merge] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    row_count: int | None = None


def with_merged(rows: Iterable[Row], merges: list[Merge]) -> Iterator[Row]:
    """Yield rows in which each merged cell has the text of its first one."""
    if not merges:
        yield from rows
        return
    by_row: dict[int, list[Merge]] = {}
    for merge in merges:
        for row in range(merge[0][0], min(merge[1][0], merge[0][0] + 20_000) + 1):
            by_row.setdefault(row, []).append(merge)
    firsts: dict[Merge, str] = {}
    for number, cells in rows:
        for merge in by_row.get(number - 1, ()):
            (top, left), (_, right) = merge
            if top == number - 1:
                firsts[merge] = cells[left] if left < len(cells) else ""
            for column in range(left, min(right + 1, len(cells))):
                if not cells[column]:
                    cells[column] = firsts.get(merge, "")
        yield number, cells
