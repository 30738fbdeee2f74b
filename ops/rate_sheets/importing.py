"""Makes a deck from a sheet: alone with the home layer, or as changes to the active deck."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Final

from calling_credit.rates.deck import ANY_ORIGIN, RateRow
from ops.rate_sheets.changes import Change
from ops.rate_sheets.closings import NO_END, without_closed
from ops.rate_sheets.kept_steps import KeptSteps
from ops.rate_sheets.missing_codes import rows_of_missing
from ops.rate_sheets.new_rows import RowMaker, Surroundings, without_repetitions
from ops.rate_sheets.notes import NoteCode, Notes
from ops.rate_sheets.prices import dollars
from ops.rate_sheets.sheet_rows import SheetRow

FAR_BELOW: Final = 10
"""A rate below the median of its country by this factor is doubted."""


@dataclass(slots=True)
class ImportedDeck:
    """The rows of the new deck. `carriers` has the carrier's price of a call of 60 s in micro-dollars by prefix and
    date.
    """

    rows: list[RateRow] = field(default_factory=list)
    carriers: dict[tuple[str, str], int] = field(default_factory=dict)
    sheet_prefixes: int = 0


def import_sheet(rows: Iterable[SheetRow], around: Surroundings, notes: Notes) -> ImportedDeck:
    """Return the deck of a whole sheet, with the home layer of the active deck."""
    maker, closed = RowMaker(around, notes), []
    priced: list[tuple[SheetRow, RateRow]] = []
    for stated in rows:
        entry = _with_standing_rate(stated, around, notes)
        if entry.end is not None and entry.end < around.today:
            detail = f"It ended on {entry.end.isoformat()}."
            notes.add(NoteCode.OUTDATED, entry.line, entry.code, detail)
        elif entry.change == Change.CLOSED:
            closed.append(entry)
        elif (row := maker.row(entry)) is not None:
            priced.append((entry, row))
            _note_end(entry, notes)
    kept = list(without_repetitions(priced, notes))
    steps = KeptSteps(around.active, around.now, notes)
    kept = [(entry, steps.row(row, entry.line)) for entry, row in kept]
    kept, closing_later = without_closed(kept, closed, maker, around, notes)
    deck = ImportedDeck([row for _, row in kept])
    deck.carriers = {(row.prefix, row.effective_from): maker.carriers_price(entry) for entry, row in kept}
    deck.rows += _old_rows(kept, maker, around)
    deck.rows += closing_later
    _note_later_prices(kept, around, notes)
    note_far_below(kept, notes)
    deck.sheet_prefixes = len({row.prefix for row in deck.rows})
    known = {row.prefix for row in deck.rows} | {entry.code for entry in closed}
    deck.rows += rows_of_missing(kept, known, around, notes)
    deck.rows += around.home_rows()
    _note_lost_origins(deck.rows, around, notes)
    return deck


def _with_standing_rate(entry: SheetRow, around: Surroundings, notes: Notes) -> SheetRow:
    """Return a row without a new rate with its old one, unless a marker says that the price changes or ends."""
    if entry.rate is not None or entry.old_rate is None or entry.change != Change.UNCHANGED:
        return entry
    notes.add(NoteCode.OLD_PRICE_KEPT, entry.line, entry.code, "The row has no new rate, so its old rate stays.")
    effective = min(entry.effective_from, around.today)
    return replace(entry, rate=entry.old_rate, old_rate=None, effective_from=effective)


def _note_end(entry: SheetRow, notes: Notes) -> None:
    if entry.end is not None:
        detail = f"It ends on {entry.end.isoformat()}. {NO_END}"
        notes.add(NoteCode.CLOSES_LATER, entry.line, entry.code, detail)


def _old_rows(kept: list[tuple[SheetRow, RateRow]], maker: RowMaker, around: Surroundings) -> list[RateRow]:
    """Return rows that keep the old price of each code whose first row takes effect later."""
    first: dict[tuple[str, str], tuple[SheetRow, RateRow]] = {}
    for entry, row in kept:
        key = (row.prefix, row.origin)
        if key not in first or row.effective_from < first[key][1].effective_from:
            first[key] = (entry, row)
    later = [(entry, row) for entry, row in first.values() if row.effective_from > around.now]
    return [old for entry, row in later for old in maker.old_rows(entry, row)]


def _note_later_prices(kept: list[tuple[SheetRow, RateRow]], around: Surroundings, notes: Notes) -> None:
    """Doubt each code for which the active deck announces a price that is later than all of the sheet."""
    if around.active is None:
        return
    last: dict[tuple[str, str], tuple[int, str]] = {}
    for entry, row in kept:
        key = (row.prefix, row.origin)
        last[key] = max(last.get(key, (0, "")), (entry.line, row.effective_from), key=lambda one: one[1])
    for row in around.active.rows:
        line, effective = last.get((row.prefix, row.origin), (0, row.effective_from))
        if row.effective_from > max(effective, around.now):
            detail = f"The active deck announces {dollars(row.rate_micros_per_minute)} from {row.effective_from[:10]}"
            notes.add(NoteCode.NEWER_IN_DECK, line, row.prefix, f"{detail}, and the sheet does not; it is left out.")


def _note_lost_origins(rows: list[RateRow], around: Surroundings, notes: Notes) -> None:
    if around.active is None:
        return
    new = {(row.prefix, row.origin) for row in rows}
    lost = {
        row.prefix for row in around.active.rows if row.origin != ANY_ORIGIN and (row.prefix, row.origin) not in new
    }
    for prefix in sorted(lost):
        detail = (
            "The active deck has prices for callers of certain countries, and the sheet has none; they are left out."
        )
        notes.add(NoteCode.ORIGIN_ROWS_LOST, 0, prefix, detail)


def note_far_below(kept: list[tuple[SheetRow, RateRow]], notes: Notes) -> None:
    """Doubt each row whose rate is far below the median of its country."""
    by_country: dict[str, list[int]] = {}
    for _, row in kept:
        by_country.setdefault(row.country, []).append(row.rate_micros_per_minute)
    medians = {country: int(median(rates)) for country, rates in by_country.items() if len(rates) > 1}
    for entry, row in kept:
        usual = medians.get(row.country, 0)
        if row.rate_micros_per_minute * FAR_BELOW < usual:
            detail = (
                f"{dollars(row.rate_micros_per_minute)} is far below {dollars(usual)}, the median of {row.country}."
            )
            notes.add(NoteCode.FAR_BELOW_COUNTRY, entry.line, row.prefix, detail)
