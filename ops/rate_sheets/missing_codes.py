"""Codes of the active deck that a whole sheet lacks: a shorter code of the sheet prices them, at once or later."""

from dataclasses import replace

from calling_credit.rates.deck import ANY_ORIGIN, RateRow
from ops.rate_sheets.new_rows import Surroundings
from ops.rate_sheets.notes import NoteCode, Notes
from ops.rate_sheets.prices import dollars
from ops.rate_sheets.sheet_rows import SheetRow

Priced = tuple[SheetRow, RateRow]


def rows_of_missing(kept: list[Priced], known: set[str], around: Surroundings, notes: Notes) -> list[RateRow]:
    """Return rows for each code of the active deck that the sheet lacks and whose shorter code takes effect later:
    the active price until then, and the price of the shorter code from then on. Without them, the old price of
    the shorter code would replace the code's own at once. All other missing codes are doubted. `known` has the codes
    of the new deck and the closed ones.
    """
    if around.active is None:
        return []
    sheet: dict[str, list[Priced]] = {}
    for entry, row in kept:
        if row.origin == ANY_ORIGIN:
            sheet.setdefault(row.prefix, []).append((entry, row))
    missing = {row.prefix for row in around.active.rows if row.prefix not in known and not around.is_home_row(row)}
    rows: list[RateRow] = []
    for prefix in sorted(missing):
        shorter = next((prefix[:end] for end in range(len(prefix) - 1, 0, -1) if prefix[:end] in sheet), "")
        cover = sheet.get(shorter, [])
        begins = min((row.effective_from for _, row in cover), default="")
        old = _until(around, prefix, begins)
        if old:
            detail = f"{dollars(old[0].rate_micros_per_minute)} stays until {begins[:10]}, then the price of {shorter}."
            notes.add(NoteCode.OLD_PRICE_KEPT, cover[0][0].line, prefix, f"The sheet lacks the code. {detail}")
            like = old[0]
            rows += old
            rows += [
                replace(row, prefix=prefix, destination=like.destination, country=like.country, category=like.category)
                for _, row in cover
            ]
        else:
            now = f"{shorter} prices it" if shorter else "none of its codes prices it"
            notes.add(NoteCode.NOT_IN_SHEET, 0, prefix, f"The active deck has the code, and the sheet does not: {now}.")
    return rows


def _until(around: Surroundings, prefix: str, begins: str) -> list[RateRow]:
    """Return what the active deck charges for exactly this code until an instant; nothing if that has passed."""
    if around.active is None or begins <= around.now:
        return []
    rows = around.active.group(prefix).get(ANY_ORIGIN, ())
    current = [row for row in rows if row.effective_from <= around.now][:1]
    return (
        [*current, *sorted((row for row in rows if around.now < row.effective_from < begins), key=_date)]
        if current
        else []
    )


def _date(row: RateRow) -> str:
    return row.effective_from
