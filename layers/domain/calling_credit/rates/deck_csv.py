"""The CSV file of a rate deck: its header, its rows, and the errors of every row.

Depends neither on where decks are stored nor on which deck is active.
"""

import csv
import gc
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_cells import COLUMNS, RATE_STEPS_COLUMN, DeckError, RowParser, without_blanks
from calling_credit.rates.deck_codes import DeckErrorCode, DeckWarning, DeckWarningCode

__all__ = ["COLUMNS", "DeckError", "DeckFile", "ReportProgress", "parse_deck", "read_deck_file"]

ReportProgress = Callable[[int], None]
"""Is called with the number of finished steps."""
LINES_PER_REPORT: Final = 1000
MAX_ROWS: Final = 200_000
BASE_COLUMN: Final = "base"
"""The optional column that names the deck from which this one was made. Only cells with text count."""
_WIDTH: Final = len(COLUMNS)
_MAX_NAMED: Final = 5
"""The number of lines that a note names."""


@dataclass(slots=True)
class DeckFile:
    """The content of a file: the deck or its errors, notes about the file, and the name of its base, if it has one.

    `lines` maps prefix, origin, and effective_from of each row to its line.
    """

    deck: Deck | None = None
    errors: list[DeckError] = field(default_factory=list)
    notes: list[DeckWarning] = field(default_factory=list)
    base: str = ""
    lines: Mapping[tuple[str, str, str], int] = field(default_factory=dict)


def parse_deck(data: bytes, version: str, report_progress: ReportProgress | None = None) -> Deck | list[DeckError]:
    """Parse a deck's CSV (UTF-8, with or without a byte order mark; the header begins with `COLUMNS`).

    Returns:
        The deck, or every error. A deck with errors is never used in part.
    """
    file = read_deck_file(data, version, report_progress)
    return file.deck if file.deck is not None else file.errors


def read_deck_file(data: bytes, version: str, report_progress: ReportProgress | None = None) -> DeckFile:
    """Parse a deck's CSV like `parse_deck`, and keep the notes about the file and the name of its base."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return DeckFile(errors=[DeckError(line, "", DeckErrorCode.NOT_UTF8, "Save the file as UTF-8.")])
    with collector_paused():
        return _Reading(text, report_progress).read(version)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let Python not search for cycles meanwhile: a deck is many small objects without any, and this saves a third."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Reading:
    """One pass over the lines of a file."""

    def __init__(self, text: str, report_progress: ReportProgress | None) -> None:
        self._reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        self._report_progress = report_progress
        self._parser = RowParser()
        self._rows: list[RateRow] = []
        self._blank_lines: list[int] = []
        self._extra: list[str] = []
        self._bases: set[str] = set()
        self._lines: dict[tuple[str, str, str], int] = {}

    def read(self, version: str) -> DeckFile:
        """Return what the file contains."""
        errors = self._parser.errors
        try:
            header = without_blanks(next(self._reader, []), _WIDTH)
            self._extra = [name.strip() for name in header[_WIDTH:]]
            if tuple(header[:_WIDTH]) != COLUMNS or not all(self._extra):
                detail = f"The first line must begin with exactly: {','.join(COLUMNS)}. Named columns may follow."
                return DeckFile(errors=[DeckError(1, "", DeckErrorCode.WRONG_HEADER, detail)])
            if self._extra.count(RATE_STEPS_COLUMN) > 1:
                detail = "Two columns have this name; keep the one with the rate steps."
                return DeckFile(errors=[DeckError(1, RATE_STEPS_COLUMN, DeckErrorCode.WRONG_HEADER, detail)])
            self._read_rows()
        except csv.Error as error:
            detail = f"{error}; quote cells according to RFC 4180."
            errors.append(DeckError(self._reader.line_num, "", DeckErrorCode.MALFORMED_CSV, detail))
        if not self._rows and not errors:
            detail = "The deck has no rows, so no call would have a price."
            errors.append(DeckError(1, "", DeckErrorCode.EMPTY_DECK, detail))
        if len(self._bases) > 1:
            detail = "The column names several decks; keep the one from which this deck was made."
            errors.append(DeckError(1, BASE_COLUMN, DeckErrorCode.WRONG_HEADER, detail))
        if errors:
            return DeckFile(errors=errors)
        deck, base = Deck(version, self._rows), "".join(self._bases)
        return DeckFile(deck, notes=list(self._notes()), base=base, lines=self._lines)

    def _read_rows(self) -> None:
        reader, parser, rows = self._reader, self._parser, self._rows
        report_progress, extra = self._report_progress, self._extra
        first_lines = self._lines
        for cells in reader:
            line = reader.line_num
            if line % LINES_PER_REPORT == 0 and report_progress is not None:
                report_progress(line)
            steps = ""
            if extra:
                self._note_base(cells)
                steps = self._named(cells, RATE_STEPS_COLUMN)
                cells = cells[:_WIDTH] + _beyond(cells, len(extra))  # noqa: PLW2901 - without the named columns
            row = parser.parse(cells, line, steps) if steps or any(cells) else None
            if row is None:
                if not steps and not any(map(str.strip, cells)):
                    self._forget_blank(line)
                continue
            if len(rows) >= MAX_ROWS:
                detail = f"A deck can have at most {MAX_ROWS} rows."
                parser.errors.append(DeckError(line, "", DeckErrorCode.TOO_MANY_ROWS, detail))
                return
            first = first_lines.setdefault((row.prefix, row.origin, row.effective_from), line)
            if first != line:
                detail = f"Line {first} has the same prefix, origin, and effective_from; keep one of them."
                parser.errors.append(DeckError(line, "prefix", DeckErrorCode.DUPLICATE_ROW, detail))
            rows.append(row)

    def _forget_blank(self, line: int) -> None:
        """Accept a line without text: drop its errors."""
        parser = self._parser
        self._blank_lines.append(line)
        while parser.errors and parser.errors[-1].line == line:
            parser.errors.pop()
        if parser.trimmed and parser.trimmed[-1] == line:
            parser.trimmed.pop()

    def _named(self, cells: list[str], column: str) -> str:
        """Return the text in a named column, without blanks around it; empty if the file or the line lacks it."""
        at = _WIDTH + self._extra.index(column) if column in self._extra else len(cells)
        return cells[at].strip() if at < len(cells) else ""

    def _note_base(self, cells: list[str]) -> None:
        base = self._named(cells, BASE_COLUMN)
        if base:
            self._bases.add(base)

    def _notes(self) -> Iterator[DeckWarning]:
        if self._blank_lines:
            detail = f"{_lines(self._blank_lines)} without text; ignored."
            yield DeckWarning("", DeckWarningCode.BLANK_LINES, detail)
        if self._parser.trimmed:
            detail = f"{_lines(self._parser.trimmed)} with blanks at the end of a cell or of the line; ignored."
            yield DeckWarning("", DeckWarningCode.TRAILING_BLANKS, detail)
        for name in self._extra:
            if name not in (BASE_COLUMN, RATE_STEPS_COLUMN):
                detail = f"The column {name} is not used."
                yield DeckWarning("", DeckWarningCode.UNUSED_COLUMN, detail)


def _beyond(cells: list[str], named: int) -> list[str]:
    """Return the cells after the named columns, which should be empty."""
    return cells[_WIDTH + named :]


def _lines(numbers: list[int]) -> str:
    """Return how many lines there are, and the first of them."""
    first = ", ".join(map(str, numbers[:_MAX_NAMED]))
    more = ", ..." if len(numbers) > _MAX_NAMED else ""
    return f"{len(numbers)} line{'s' if len(numbers) > 1 else ''} ({first}{more})"
