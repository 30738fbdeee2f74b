"""Writes the deck, the report, and the margins of an import as CSV."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from calling_credit.csv_cells import csv_table, inert_text
from calling_credit.rates.deck import ANY_ORIGIN, INCLUDED_CATEGORY, Deck, RateRow
from calling_credit.rates.deck_cells import COLUMNS, RATE_STEPS_COLUMN, DeckError, RowParser
from calling_credit.rates.deck_csv import BASE_COLUMN
from calling_credit.rates.pricing import row_price
from calling_credit.rates.rate_steps import steps_text
from ops.rate_sheets.notes import Note
from ops.rate_sheets.prices import CALL_SECONDS, dollars

REPORT_COLUMNS: Final = ("kind", "reason", "code", "sheet", "line", "detail")
MARGIN_COLUMNS: Final = (
    "prefix", "destination", "country", "buying_price", "selling_price", "margin", "margin_percent", "at_a_loss",
)  # fmt: skip


def deck_text(rows: Iterable[RateRow], base: str) -> str:
    """Return the CSV of a deck, sorted by prefix, origin, and date. The first row names the base, if there is one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    ordered = sorted(rows, key=lambda row: (row.prefix, row.origin, row.effective_from))
    has_steps = any(row.rate_steps for row in ordered)
    writer.writerow([*COLUMNS, *([RATE_STEPS_COLUMN] if has_steps else []), *([BASE_COLUMN] if base else [])])
    for position, row in enumerate(ordered):
        named = [steps_text(row.rate_steps)] if has_steps else []
        named += [base if position == 0 else ""] if base else []
        writer.writerow([*_cells(row), *named])
    return text.getvalue()


def _cells(row: RateRow) -> list[str]:
    effective = row.effective_from
    return [
        row.prefix,
        row.destination,
        row.country,
        row.origin,
        dollars(row.rate_micros_per_minute),
        dollars(row.connection_fee_micros),
        str(row.minimum_seconds),
        str(row.increment_seconds),
        effective.removesuffix("T00:00:00.000Z"),
        row.category,
    ]


def report_text(notes: Iterable[Note], sheet: str) -> str:
    """Return the report of every row that was changed, skipped, or doubted, in the order of the sheet."""
    ordered = sorted(notes, key=lambda note: (note.line, note.prefix, note.code))
    text, name = io.StringIO(), inert_text(sheet)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(REPORT_COLUMNS)
    writer.writerows((note.kind, note.code, note.prefix, name, note.line, inert_text(note.detail)) for note in ordered)
    return text.getvalue()


@dataclass(frozen=True, slots=True)
class Margin:
    """The prices of a call of 60 s in micro-dollars to a prefix: of the buying list, and of the new deck."""

    row: RateRow
    buying: int
    selling: int

    @property
    def percent(self) -> float:
        """The margin in percent of the selling price."""
        return 100 * (self.selling - self.buying) / self.selling if self.selling else 0.0


def margins_of(rows: Sequence[RateRow], cost_of: Callable[[RateRow], int | None], now: str) -> list[Margin]:
    """Return the margin of every charged prefix whose buying price is known, for calls from most origins: of the row in
    effect, else of the first one later. `cost_of` gives the buying price of a call of 60 s to a row's prefix.
    """
    found: dict[str, Margin] = {}
    for row in sorted(rows, key=lambda row: row.effective_from):
        is_later = row.effective_from > now and row.prefix in found
        if row.category == INCLUDED_CATEGORY or row.origin != ANY_ORIGIN or is_later:
            continue
        cost = cost_of(row)
        if cost is not None:
            found[row.prefix] = Margin(row, cost, price_of(row))
    return [found[prefix] for prefix in sorted(found)]


def price_of(row: RateRow) -> int:
    """Return the price of a call of 60 s by a row in micro-dollars."""
    return row_price(row, CALL_SECONDS)[1]


def cost_by_deck(buying: Deck, now: str) -> Callable[[RateRow], int | None]:
    """Return how a deck of buying prices gives the cost of a call to a row's prefix."""

    def cost_of(row: RateRow) -> int | None:
        cost = buying.find(row.prefix, ANY_ORIGIN, max(now, row.effective_from))
        return None if cost is None else price_of(cost)

    return cost_of


def deck_errors(text: str) -> list[DeckError]:
    """Return the errors that publishing would find in the rows of a deck."""
    parser, reader = RowParser(), csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    steps_at = header.index(RATE_STEPS_COLUMN) if RATE_STEPS_COLUMN in header else None
    for cells in reader:
        parser.parse(cells[: len(COLUMNS)], reader.line_num, "" if steps_at is None else cells[steps_at])
    return parser.errors


def margins_text(margins: Iterable[Margin]) -> str:
    """Return the margins as CSV."""
    return csv_table(MARGIN_COLUMNS, map(_margin_cells, margins))


def _margin_cells(margin: Margin) -> list[object]:
    row, difference = margin.row, margin.selling - margin.buying
    sign = "-" if difference < 0 else ""
    return [
        row.prefix,
        row.destination,
        row.country,
        dollars(margin.buying),
        dollars(margin.selling),
        sign + dollars(abs(difference)),
        f"{margin.percent:.1f}",
        difference < 0,
    ]


def counts_of(notes: Iterable[Note]) -> list[tuple[str, str, int]]:
    """Return how many notes of each kind and reason there are."""
    counts = Counter((str(note.kind), str(note.code)) for note in notes)
    return [(kind, code, count) for (kind, code), count in sorted(counts.items())]
