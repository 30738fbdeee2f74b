"""Applies a sheet of changes to the active deck."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from calling_credit.rates.deck import ANY_ORIGIN, Deck, RateRow
from ops.rate_sheets.changes import Change
from ops.rate_sheets.closings import after_closing
from ops.rate_sheets.importing import ImportedDeck
from ops.rate_sheets.kept_steps import KeptSteps
from ops.rate_sheets.new_rows import RowMaker, Surroundings, without_repetitions
from ops.rate_sheets.notes import NoteCode, Notes
from ops.rate_sheets.prices import dollars
from ops.rate_sheets.sheet_rows import SheetRow

Key = tuple[str, str]
_ANY_RATE: Final = Decimal(1)
_WITHOUT_RATE: Final = (Change.NEW, Change.CHANGED)


class _Amendment:
    """The rows of the active deck by prefix and origin, while the changes are applied."""

    def __init__(self, active: Deck, around: Surroundings, notes: Notes) -> None:
        self._around = around
        self._notes = notes
        self.maker = RowMaker(around, notes)
        self.rows: dict[Key, list[RateRow]] = {}
        self._origins = {row.origin for row in active.rows}
        self._steps = KeptSteps(active, around.now, notes)
        self._names: dict[str, set[tuple[object, ...]]] = {}
        self._by_name: dict[str, RateRow] = {}
        for row in active.rows:
            self.rows.setdefault((row.prefix, row.origin), []).append(row)
            name = row.destination.casefold()
            price = (row.rate_micros_per_minute, row.connection_fee_micros, row.minimum_seconds, row.increment_seconds)
            self._names.setdefault(name, set()).add((*price, row.rate_steps))
            self._by_name[name] = row

    def close(self, entry: SheetRow) -> None:
        """Remove the rows of a code that is closed now, of one origin if it names one; keep one that closes later."""
        reason = self.maker.place_of(entry)
        origins = self._origins if entry.origin == ANY_ORIGIN else {entry.origin}
        keys = [(entry.code, origin) for origin in origins if (entry.code, origin) in self.rows]
        if reason == NoteCode.HOME_LAYER:
            self._notes.add(reason, entry.line, entry.code, "It is a home code; the home layer stays.")
        elif not keys:
            self._notes.add(
                NoteCode.NOT_IN_DECK, entry.line, entry.code, "It is closed, but the active deck has no such code."
            )
        elif entry.effective_from > self._around.today:
            detail = f"It closes on {entry.effective_from.isoformat()}; apply the sheet again on that day to remove it."
            self._notes.add(NoteCode.CLOSES_LATER, entry.line, entry.code, detail)
        else:
            for key in keys:
                del self.rows[key]
            self._notes.add(NoteCode.REMOVED, entry.line, entry.code, f"{entry.destination} is closed.")

    def row_without_rate(self, entry: SheetRow) -> RateRow | None:
        """Return the row of a code that moves to a destination whose rows all have one price."""
        name = entry.destination.casefold()
        if entry.rate is not None or entry.change not in _WITHOUT_RATE or len(self._names.get(name, ())) != 1:
            return None
        probe = self.maker.row(replace(entry, rate=_ANY_RATE))
        like = self._by_name[name]
        return (
            None
            if probe is None
            else replace(
                probe,
                rate_micros_per_minute=like.rate_micros_per_minute,
                connection_fee_micros=like.connection_fee_micros,
                minimum_seconds=like.minimum_seconds,
                increment_seconds=like.increment_seconds,
                rate_steps=like.rate_steps,
            )
        )

    def apply(self, entry: SheetRow, row: RateRow) -> None:
        """Put a row into the deck."""
        row = self._steps.row(row, entry.line)
        key, now = (row.prefix, row.origin), self._around.now
        former = self.rows.get(key, [])
        earlier = [other for other in former if other.effective_from < row.effective_from]
        later = [other for other in former if other.effective_from > max(row.effective_from, now)]
        newer = [other for other in former if row.effective_from < other.effective_from <= now]
        if newer or later:
            other = (newer or later)[0]
            detail = f"The active deck has a price of {other.effective_from[:10]}, which is later than the change."
            outcome = "The change replaces it." if newer else "It stays."
            self._notes.add(NoteCode.NEWER_IN_DECK, entry.line, row.prefix, f"{detail} {outcome}")
        if row.effective_from <= now:
            earlier = []
        elif not any(other.effective_from <= now for other in earlier):
            dates = {other.effective_from for other in earlier}
            earlier += [old for old in self.maker.old_rows(entry, row) if old.effective_from not in dates]
        self._note_change(entry, row, former)
        self.rows[key] = [*earlier, row, *later]

    def _note_change(self, entry: SheetRow, row: RateRow, former: list[RateRow]) -> None:
        current = max((other for other in former if other.effective_from <= self._around.now), default=None, key=_date)
        before = dollars(current.rate_micros_per_minute) if current else "no row"
        detail = f"{before} -> {dollars(row.rate_micros_per_minute)} from {row.effective_from[:10]}"
        self._notes.add(NoteCode.AMENDED, entry.line, row.prefix, detail)


def _date(row: RateRow) -> str:
    return row.effective_from


def amend_deck(rows: Iterable[SheetRow], active: Deck, around: Surroundings, notes: Notes) -> ImportedDeck:
    """Return the active deck with the changes of a sheet."""
    amendment = _Amendment(active, around, notes)
    priced: list[tuple[SheetRow, RateRow]] = []
    closed: list[SheetRow] = []
    for entry in rows:
        if entry.change == Change.CLOSED:
            amendment.close(entry)
            closed.append(entry)
        elif (row := amendment.row_without_rate(entry) or amendment.maker.row(entry)) is not None:
            priced.append((entry, row))
    kept = after_closing(list(without_repetitions(priced, notes)), closed, around.today, notes)
    for entry, row in sorted(kept, key=lambda pair: pair[1].effective_from):  # by date
        amendment.apply(entry, row)
    deck = ImportedDeck([row for rows_of_key in amendment.rows.values() for row in rows_of_key])
    deck.carriers = {
        (row.prefix, row.effective_from): amendment.maker.carriers_price(entry)
        for entry, row in kept
        if entry.rate is not None
    }
    deck.sheet_prefixes = len({row.prefix for _, row in kept})
    return deck
