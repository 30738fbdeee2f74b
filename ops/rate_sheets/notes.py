"""Why a sheet is refused, and the notes of an import about single rows. Depends on no other module of the package."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MAX_REFUSALS: Final = 100
"""Cells that one refusal names at most; reading stops there."""


_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")


def one_line(text: str) -> str:
    """Return a text with a blank for line breaks and control characters, which no line of a map may have."""
    return _CONTROL.sub(" ", text)


def column_letters(index: int) -> str:
    """Return the name of a column as spreadsheet programs show it: 0 is A, 26 is AA."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@dataclass(frozen=True, slots=True)
class Place:
    """A cell: the sheet's name, the row from 1, the column from 0, and the column's header, if it has one."""

    sheet: str
    row: int = 1
    column: int = 0
    header: str = ""

    def __str__(self) -> str:
        header = f" ({self.header})" if self.header else ""
        return f'sheet "{self.sheet}", row {self.row}, column {column_letters(self.column)}{header}'


class CellError(Exception):
    """A cell cannot be read: the problem, and the next step."""

    def __init__(self, problem: str, step: str) -> None:
        super().__init__(f"{problem} {step}")
        self.problem = problem
        self.step = step


class ColumnError(Exception):
    """The cell of a column (from 0) cannot be read."""

    def __init__(self, column: int, problem: CellError) -> None:
        super().__init__(str(problem))
        self.column = column


class SheetRefusedError(Exception):
    """A sheet cannot be imported: each place with its problem and the next step."""

    def __init__(self, reasons: Iterable[tuple[Place, str]]) -> None:
        self.reasons = [(place, one_line(reason)) for place, reason in reasons]
        super().__init__("\n".join(f"{place}: {reason}" for place, reason in self.reasons))


def refuse(place: Place, reason: str) -> SheetRefusedError:
    """Return a refusal about one place."""
    return SheetRefusedError([(place, reason)])


class NoteKind(StrEnum):
    """Which kind of a note it is."""

    CHANGED = "changed"
    SKIPPED = "skipped"
    DOUBTED = "doubted"


class NoteCode(StrEnum):
    """Why a row was changed, skipped, or doubted. docs/rate-decks.md explains each."""

    PRICE_CHANGED = "price_changed"
    HIGHEST_RATE = "highest_rate"
    OLD_PRICE_KEPT = "old_price_kept"
    NAME_CHANGED = "name_changed"
    AMENDED = "amended"
    REMOVED = "removed"
    NO_CODE = "no_code"
    NO_RATE = "no_rate"
    CLOSED = "closed"
    HOME_LAYER = "home_layer"
    REPEATED = "repeated"
    OUTDATED = "outdated"
    UNASSIGNED = "unassigned"
    UNREADABLE = "unreadable"
    TWO_PRICES = "two_prices"
    OTHER_COUNTRY = "other_country"
    FAR_BELOW_COUNTRY = "far_below_country"
    ZERO_RATE = "zero_rate"
    SHARED_PREFIX = "shared_prefix"
    CLOSES_LATER = "closes_later"
    NO_OLD_PRICE = "no_old_price"
    NOT_IN_DECK = "not_in_deck"
    NOT_IN_SHEET = "not_in_sheet"
    NEWER_IN_DECK = "newer_in_deck"
    ORIGIN_ROWS_LOST = "origin_rows_lost"
    STEPS_LOST = "steps_lost"
    SHEET = "sheet"


KINDS: Final[dict[NoteCode, NoteKind]] = {
    NoteCode.PRICE_CHANGED: NoteKind.CHANGED,
    NoteCode.HIGHEST_RATE: NoteKind.CHANGED,
    NoteCode.OLD_PRICE_KEPT: NoteKind.CHANGED,
    NoteCode.NAME_CHANGED: NoteKind.CHANGED,
    NoteCode.AMENDED: NoteKind.CHANGED,
    NoteCode.REMOVED: NoteKind.CHANGED,
    NoteCode.NO_CODE: NoteKind.SKIPPED,
    NoteCode.NO_RATE: NoteKind.SKIPPED,
    NoteCode.CLOSED: NoteKind.SKIPPED,
    NoteCode.HOME_LAYER: NoteKind.SKIPPED,
    NoteCode.REPEATED: NoteKind.SKIPPED,
    NoteCode.OUTDATED: NoteKind.SKIPPED,
    NoteCode.UNASSIGNED: NoteKind.SKIPPED,
    NoteCode.UNREADABLE: NoteKind.SKIPPED,
    NoteCode.TWO_PRICES: NoteKind.DOUBTED,
    NoteCode.OTHER_COUNTRY: NoteKind.DOUBTED,
    NoteCode.FAR_BELOW_COUNTRY: NoteKind.DOUBTED,
    NoteCode.ZERO_RATE: NoteKind.DOUBTED,
    NoteCode.SHARED_PREFIX: NoteKind.DOUBTED,
    NoteCode.CLOSES_LATER: NoteKind.DOUBTED,
    NoteCode.NO_OLD_PRICE: NoteKind.DOUBTED,
    NoteCode.NOT_IN_DECK: NoteKind.DOUBTED,
    NoteCode.NOT_IN_SHEET: NoteKind.DOUBTED,
    NoteCode.NEWER_IN_DECK: NoteKind.DOUBTED,
    NoteCode.ORIGIN_ROWS_LOST: NoteKind.DOUBTED,
    NoteCode.STEPS_LOST: NoteKind.DOUBTED,
    NoteCode.SHEET: NoteKind.DOUBTED,
}


@dataclass(frozen=True, slots=True)
class Note:
    """A note about a row: its line in the sheet (0 for the whole sheet), its code (digits), and a sentence."""

    code: NoteCode
    line: int
    prefix: str
    detail: str

    @property
    def kind(self) -> NoteKind:
        """Whether the row was changed, skipped, or doubted."""
        return KINDS[self.code]


@dataclass(slots=True)
class Notes:
    """Collects the notes of one import."""

    notes: list[Note] = field(default_factory=list)

    def add(self, code: NoteCode, line: int, prefix: str, detail: str) -> None:
        """Add a note."""
        self.notes.append(Note(code, line, prefix, detail))
