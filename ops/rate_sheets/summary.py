"""Prints the outcome of an import: refusals, counts of notes with their first rows, and margins by country."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.table import Table

from ops.rate_sheets.map_lines import Proposal
from ops.rate_sheets.notes import Note, NoteKind, SheetRefusedError
from ops.rate_sheets.output import Margin, counts_of
from ops.rate_sheets.prices import dollars
from ops.terminal import console, error_console

MAX_SHOWN: Final = 5
MAX_COUNTRIES: Final = 15


def print_refusal(file: Path, refusal: SheetRefusedError) -> None:
    """Print why a sheet is refused, place by place."""
    for place, reason in refusal.reasons:
        error_console.print(f"{place}: {reason}", style="red", markup=False, soft_wrap=True)
    count = len(refusal.reasons)
    problems = "one problem" if count == 1 else f"{count} problems"
    error_console.print(
        f"{file} was refused because of {problems}; nothing was written.", style="red", markup=False, soft_wrap=True
    )


def print_notes(notes: Sequence[Note]) -> None:
    """Print how many rows were changed, skipped, and doubted, and the first doubts."""
    for kind, code, count in counts_of(notes):
        console.print(f"{count:>8}  {kind}: {code}", markup=False)
        doubted = [note for note in notes if note.code == code and note.kind == NoteKind.DOUBTED]
        for note in doubted[:MAX_SHOWN]:
            place = f"line {note.line}, {note.prefix or 'no code'}" if note.line else note.prefix or "the sheet"
            console.print(f"            {place}: {note.detail}", style="yellow", markup=False, soft_wrap=True)


def print_margins(margins: Sequence[Margin], source: str) -> None:
    """Print the countries with the lowest margins of a call of 60 s."""
    if not margins:
        console.print("No prefix has a price in the buying list, so there are no margins.")
        return
    by_country: dict[str, list[Margin]] = {}
    for margin in margins:
        by_country.setdefault(margin.row.country, []).append(margin)
    loss = sum(margin.selling < margin.buying for margin in margins)
    console.print(
        f"Margins of a call of 60 s over {source}: {len(margins):,} prefixes, {loss:,} below cost.", markup=False
    )
    table = Table(box=None, header_style="bold")
    for name in ("country", "prefixes", "below cost", "lowest margin", "at prefix", "buying", "selling"):
        table.add_column(name, justify="left" if name in ("country", "at prefix") else "right")
    worst = sorted(by_country.items(), key=lambda item: min(margin.percent for margin in item[1]))
    for country, found in worst[:MAX_COUNTRIES]:
        low = min(found, key=lambda margin: margin.percent)
        table.add_row(
            country,
            str(len(found)),
            str(sum(margin.selling < margin.buying for margin in found)),
            f"{low.percent:.1f} %",
            low.row.prefix,
            dollars(low.buying),
            dollars(low.selling),
        )
    console.print(table)


def print_proposal(proposal: Proposal, file: Path) -> None:
    """Print the proposed map, and the choices that are doubtful or open."""
    guess = proposal.guess
    where = f"its header ends in row {guess.last_row}" if guess.last_row else "it has no header"
    console.print(f'{file}: sheet "{guess.sheet.name}", {where}. Proposed map:', markup=False, soft_wrap=True)
    console.print()
    console.print(proposal.text, markup=False, soft_wrap=True)
    for sentence in guess.sheet.warnings:
        console.print(f"warning: {sentence}", style="yellow", markup=False, soft_wrap=True)
    for doubt in proposal.doubts:
        console.print(f"unsure: {doubt}", style="yellow", markup=False, soft_wrap=True)
    for choice in proposal.open:
        console.print(f"decide: {choice}", style="red", markup=False, soft_wrap=True)
