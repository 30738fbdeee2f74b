"""Rate steps of the active deck: sheets have none, so a row keeps them only at the same price."""

from dataclasses import replace

from calling_credit.rates.deck import Deck, RateRow
from ops.rate_sheets.notes import NoteCode, Notes


class KeptSteps:
    """The rows of a deck in effect that have rate steps, by prefix and origin."""

    def __init__(self, active: Deck | None, now: str, notes: Notes) -> None:
        self._notes = notes
        self._rows: dict[tuple[str, str], RateRow] = {}
        for row in sorted(active.rows if active else (), key=lambda row: row.effective_from):
            if row.effective_from <= now:
                self._rows[row.prefix, row.origin] = row
        self._rows = {key: row for key, row in self._rows.items() if row.rate_steps}

    def row(self, row: RateRow, line: int) -> RateRow:
        """Return a row of a sheet with the rate steps of the active one, if its price is the same; else note that they
        are left out.
        """
        former = self._rows.get((row.prefix, row.origin))
        if former is None or row.rate_steps:
            return row
        if _price(former) == _price(row):
            return replace(row, rate_steps=former.rate_steps)
        detail = "The active deck has rate steps for another price of this code; the new price holds for whole calls."
        self._notes.add(NoteCode.STEPS_LOST, line, row.prefix, detail)
        return row


def _price(row: RateRow) -> tuple[int, int, int, int]:
    return row.rate_micros_per_minute, row.connection_fee_micros, row.minimum_seconds, row.increment_seconds
