"""Inspects a file and proposes a map."""

from collections.abc import Sequence

from ops.rate_sheets.cells import Sheet
from ops.rate_sheets.columns import guess_table
from ops.rate_sheets.map_lines import Proposal
from ops.rate_sheets.map_writer import MapWriter
from ops.rate_sheets.notes import Place, refuse


def propose(sheets: Sequence[Sheet], file: str) -> Proposal:
    """Return the map that fits a file best.

    Raises:
        SheetRefusedError: no sheet has codes with prices.
    """
    guesses = [guess for sheet in sheets if not sheet.is_hidden and (guess := guess_table(sheet)) is not None]
    guesses.sort(
        key=lambda guess: (-guess.score - min(guess.sheet.row_count or 0, 5_000) / 1_000, guess.sheet.is_hidden)
    )
    if not guesses:
        names = ", ".join(f'"{sheet.name}"' for sheet in sheets if not sheet.is_hidden) or "only hidden ones"
        place = Place(sheets[0].name if len(sheets) == 1 else file)
        reason = f"No table with codes and rates was found in the first 400 rows (sheets: {names}). If a sheet has one,"
        raise refuse(place, f"{reason} write a map for it by hand; docs/rate-decks.md shows how.")
    return MapWriter(
        guesses[0], guesses[1:], [sheet for sheet in sheets if sheet.is_hidden], len(sheets) > 1
    ).proposal()
