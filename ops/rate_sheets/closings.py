"""Closed codes of a whole sheet: they are left out, unless another row prices them or they close later."""

from datetime import date
from typing import Final

from calling_credit.rates.deck import ANY_ORIGIN, RateRow
from ops.rate_sheets.new_rows import REASONS, RowMaker, Surroundings
from ops.rate_sheets.notes import NoteCode, Notes
from ops.rate_sheets.sheet_rows import SheetRow

NO_END: Final = "A deck cannot end a row: import a sheet without it on that day."
Priced = tuple[SheetRow, RateRow]
Key = tuple[str, str]
"""A code and an origin; a closing of all origins has none."""


def without_closed(
    kept: list[Priced], closed: list[SheetRow], maker: RowMaker, around: Surroundings, notes: Notes
) -> tuple[list[Priced], list[RateRow]]:
    """Return the prices of a sheet without those of codes that are closed now, and the active deck's rows of codes that
    close later. A code that is closed on or before the date of its last price stays: the row only moves it.
    """
    last = _last(kept)
    gone: dict[Key, int] = {}
    stay: list[RateRow] = []
    for entry in closed:
        reason, price = maker.place_of(entry), last.get(_key(entry))
        is_later = entry.effective_from > around.today
        if reason is not None:
            notes.add(reason, entry.line, entry.code, REASONS.get(reason, "It is closed."))
        elif price is not None and price.effective_from >= entry.effective_from:
            detail = f"It is closed, and line {price.line} prices it from {price.effective_from.isoformat()}."
            notes.add(NoteCode.CLOSED, entry.line, entry.code, detail)
        elif is_later and (price is not None or _active(entry, around)):
            stays = "until then its price stays" if price else "until then the active price stays"
            detail = f"It closes on {entry.effective_from.isoformat()}; {stays}. {NO_END}"
            notes.add(NoteCode.CLOSES_LATER, entry.line, entry.code, detail)
            stay += [] if price else _active(entry, around)
        else:
            gone[_key(entry)] = entry.line
            code, detail = NoteCode.CLOSED, f"{entry.destination} is closed."
            if is_later:
                left_out = "until then no price is known, so it is left out at once"
                code, detail = NoteCode.CLOSES_LATER, f"It closes on {entry.effective_from.isoformat()}; {left_out}."
            notes.add(code, entry.line, entry.code, detail)
    return _open(kept, gone, notes), stay


def _key(closing: SheetRow) -> Key:
    return closing.code, "" if closing.origin == ANY_ORIGIN else closing.origin


def _last(kept: list[Priced]) -> dict[Key, SheetRow]:
    """Return the last price of each code, of one origin and of all."""
    last: dict[Key, SheetRow] = {}
    for entry, _ in kept:
        for key in ((entry.code, ""), (entry.code, entry.origin)):
            if key not in last or entry.effective_from > last[key].effective_from:
                last[key] = entry
    return last


def _open(kept: list[Priced], gone: dict[Key, int], notes: Notes) -> list[Priced]:
    """Return the prices of codes that are not closed, and note each of the others. `gone` has the closing line."""
    still = []
    for entry, row in kept:
        line = gone.get((entry.code, ""), 0) or gone.get((entry.code, entry.origin), 0)
        if line:
            notes.add(NoteCode.CLOSED, entry.line, entry.code, f"Line {line} closes the code later.")
        else:
            still.append((entry, row))
    return still


def after_closing(kept: list[Priced], closed: list[SheetRow], today: date, notes: Notes) -> list[Priced]:
    """Return the prices of a sheet of changes without those that a later row of the sheet ends by closing the code."""
    closings: dict[Key, SheetRow] = {}
    for entry in closed:
        former = closings.get(_key(entry))
        if entry.effective_from <= today and (former is None or former.effective_from < entry.effective_from):
            closings[_key(entry)] = entry
    last = _last(kept)
    gone = {
        key: entry.line
        for key, entry in closings.items()
        if key in last and last[key].effective_from < entry.effective_from
    }
    return _open(kept, gone, notes)


def _active(entry: SheetRow, around: Surroundings) -> list[RateRow]:
    """Return what the active deck charges for exactly this code until it closes."""
    if around.active is None:
        return []
    closes = f"{entry.effective_from.isoformat()}T00:00:00.000Z"
    rows = around.active.group(entry.code).get(entry.origin, ())
    current = [row for row in rows if row.effective_from <= around.now][:1]
    return [*current, *(row for row in rows if around.now < row.effective_from < closes)]
