"""Makes a rate deck from a carrier's rate sheet: inspects it and proposes a map, or imports it by a map."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.cost_versions import CostVersions
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import MAX_ROWS, collector_paused, read_deck_file
from calling_credit.rates.home_numbers import HomeNumbers
from ops.decks import deck_bucket
from ops.project import ROOT
from ops.rate_sheets.amending import amend_deck
from ops.rate_sheets.cells import Sheet
from ops.rate_sheets.costs import choose_costs
from ops.rate_sheets.for_lists import check_list, without_home_layer
from ops.rate_sheets.importing import ImportedDeck, import_sheet
from ops.rate_sheets.map_values import MapError
from ops.rate_sheets.new_rows import Surroundings
from ops.rate_sheets.notes import NoteCode, Notes, SheetRefusedError
from ops.rate_sheets.output import deck_errors, deck_text, margins_of, margins_text, report_text
from ops.rate_sheets.proposal import propose
from ops.rate_sheets.rate_map import RateMap, parse_map, price_rules
from ops.rate_sheets.reading import SheetReader
from ops.rate_sheets.sheet_rows import SheetRow
from ops.rate_sheets.summary import print_margins, print_notes, print_proposal, print_refusal
from ops.rate_sheets.table import choose_sheet
from ops.rate_sheets.workbooks import read_sheets
from ops.stack import StackNotFoundError, find_stack
from ops.terminal import CommandError, console, progress_bar, run

MAPS = ROOT / "ops" / "rate_maps"
MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class ActiveDeck:
    """The active deck, its version, the home numbers, and the buying list; without a deck, why there is none."""

    deck: Deck | None
    version: str
    home: HomeNumbers
    reason: str = ""
    cost: Deck | None = None


def main() -> int:
    """Run `python -m ops.import_rates FILE [--map MAP] [--amend] [--out FILE] [--markup PERCENT] [--floor RATE]
    [--cost DECK] [--list NAME]`, behind `make import-rates`; exit with 0 if the sheet was inspected or imported, else
    with 1.
    """
    parser = argparse.ArgumentParser(prog="make import-rates", description="Make a rate deck from a rate sheet.")
    parser.add_argument("file", type=Path, help="FILE=: the carrier's sheet (csv, tsv, xlsx)")
    parser.add_argument("--map", help="MAP=: a file, or the name of a map in ops/rate_maps; without it, only inspect")
    parser.add_argument("--amend", action="store_true", help="AMEND=1: the sheet has changes to the active deck")
    parser.add_argument("--out", type=Path, help="OUT=: where to write the deck, or the proposed map")
    parser.add_argument("--markup", help="MARKUP=: percent, instead of the map's")
    parser.add_argument("--floor", help="FLOOR=: the lowest rate a minute, instead of the map's")
    parser.add_argument(
        "--cost", type=Path, help="COST=: buying prices for the margin report, instead of the stack's buying list"
    )
    parser.add_argument("--list", default="", help="LIST=: make this price list instead of a deck")
    arguments = parser.parse_args()
    check_list(arguments.list, amends=arguments.amend)
    try:
        data, name = read_file(arguments.file), arguments.file.name
        if arguments.map is None:
            return inspect(read_sheets(data, name), arguments.file, arguments.out)
        return import_file(read_sheets(data, name), arguments)
    except SheetRefusedError as refusal:
        print_refusal(arguments.file, refusal)
        return 1


def read_file(path: Path) -> bytes:
    """Return the content of a file."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CommandError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB. Split it, or delete unused sheets.")
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}. FILE= names the sheet to import.") from error


def inspect(sheets: list[Sheet], file: Path, out: Path | None) -> int:
    """Propose a map, print it, and write it beside the sheet unless a map is there."""
    proposal = propose(sheets, file.name)
    print_proposal(proposal, file)
    path = out or file.with_name(f"{file.stem}.map.toml")
    if out is None and path.exists() and path.read_text(encoding="utf-8", errors="replace") != proposal.text:
        console.print(f"{path} exists already and was not changed.", markup=False, soft_wrap=True)
        return 0
    if write(path, proposal.text, must=out is not None):
        console.print(f"The proposal is in {path}. Check it, then run:", markup=False, soft_wrap=True)
        console.print(f"    make import-rates FILE={file} MAP={path}", markup=False, soft_wrap=True)
    return 0


def import_file(sheets: list[Sheet], arguments: argparse.Namespace) -> int:
    """Import the sheet by a map, write the deck and the reports, and print the next step."""
    rate_map = read_map(arguments.map)
    now, notes = datetime.now(UTC), Notes()
    sheet = choose_sheet(sheets, rate_map.sheet, arguments.file.name)
    if sheet.is_hidden:
        notes.add(NoteCode.SHEET, 0, "", f'The sheet "{sheet.name}" is hidden.')
    for sentence in sheet.warnings:
        notes.add(NoteCode.SHEET, 0, "", sentence)
    active = read_active()
    if arguments.list:
        active = replace(active, deck=None, version="")
    elif active.deck is None:
        if arguments.amend:
            raise CommandError(f"AMEND=1 changes the active deck, and none was found. {active.reason}".strip())
        reason = f"{active.reason} The home layer was made from the numbering tables, and no base is named."
        console.print(
            f"There is no active deck. {reason}".replace("  ", " "), style="yellow", markup=False, soft_wrap=True
        )
    try:
        rules = price_rules(rate_map.prices, arguments.markup, arguments.floor)
    except MapError as error:
        raise CommandError(str(error)) from error
    around = Surroundings(active.deck, active.home, rules, now.date(), format_instant(now))
    with collector_paused():
        reader = SheetReader(sheet, rate_map, now.date(), notes)
        deck = make_deck(reader, sheet, active, around, notes, amends=arguments.amend)
    if arguments.list:
        deck.rows = without_home_layer(deck.rows)
    console.print(
        f'{arguments.file}: {reader.row_count:,} rows of sheet "{sheet.name}" gave {deck.sheet_prefixes:,} prefixes.',
        markup=False,
        soft_wrap=True,
    )
    stated = (sheet.name, active.version, active.cost, format_instant(now))
    del sheets, sheet, reader, active, around  # a large sheet and a large deck need not stay in memory
    return finish(deck, notes, *stated, arguments)


def make_deck(
    reader: SheetReader, sheet: Sheet, active: ActiveDeck, around: Surroundings, notes: Notes, *, amends: bool
) -> ImportedDeck:
    """Return the deck, with progress."""
    with progress_bar("Reading rows", sheet.row_count) as report_progress:
        rows: Iterator[SheetRow] = reader.rows(report_progress)
        if amends and active.deck is not None:
            return amend_deck(rows, active.deck, around, notes)
        return import_sheet(rows, around, notes)


def finish(
    deck: ImportedDeck,
    notes: Notes,
    sheet: str,
    base: str,
    stored_cost: Deck | None,
    now: str,
    arguments: argparse.Namespace,
) -> int:
    """Check the deck as publishing does, write it and the reports, and print the summary and the next step."""
    path: Path = arguments.out or arguments.file.with_name(f"{arguments.file.stem}.{arguments.list or 'deck'}.csv")
    if path.resolve() == arguments.file.resolve():
        raise CommandError("OUT must not be the sheet itself.")
    text = deck_text(deck.rows, base)
    print_notes(notes.notes)
    if not deck.sheet_prefixes and not arguments.amend:
        raise CommandError("No row of the sheet gave a price. Check the rate column, and columns in the map.")
    if len(deck.rows) > MAX_ROWS:
        raise CommandError(f"The deck would have {len(deck.rows):,} rows; at most {MAX_ROWS:,} are possible.")
    errors = deck_errors(text)
    if errors:
        first = errors[0]
        raise CommandError(f"The deck is not valid: row {first.line}, {first.column}: {first.detail} Correct the map.")
    costs = choose_costs(read_cost(arguments.cost) if arguments.cost else None, stored_cost, deck, now)
    margins = margins_of(deck.rows, costs.cost_of, now)
    print_margins(margins, costs.source)
    stem = path.with_suffix("") if path.suffix == ".csv" else path
    report, margin_file = stem.with_name(f"{stem.name}.report.csv"), stem.with_name(f"{stem.name}.margins.csv")
    write(path, text)
    write(report, report_text(notes.notes, sheet))
    write(margin_file, margins_text(margins))
    kind, option = ("Price list", f"LIST={arguments.list} ") if arguments.list else ("Deck", "")
    console.print(f"{kind}: {path} ({len(deck.rows):,} rows)", markup=False, soft_wrap=True)
    console.print(f"Report of every changed, skipped, or doubted row: {report}", markup=False, soft_wrap=True)
    console.print(f"Margins: {margin_file}", markup=False, soft_wrap=True)
    step = f"Check the file, and publish it:\n    make publish-rates {option}FILE={path} DRAFT=1"
    console.print(f"Nothing is published yet. {step}", markup=False, soft_wrap=True)
    return 0


def read_map(name: str) -> RateMap:
    """Return the map of a file, or of a name in ops/rate_maps."""
    path = Path(name)
    if not path.exists() and (MAPS / f"{name}.toml").exists():
        path = MAPS / f"{name}.toml"
    try:
        return parse_map(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        names = ", ".join(sorted(one.stem for one in MAPS.glob("*.toml")))
        raise CommandError(f"There is no map {name}. MAP= names a file, or a map in ops/rate_maps: {names}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"The map {path} cannot be read: {error}") from error
    except MapError as error:
        raise CommandError(f"The map {path} is wrong: {error}") from error


def read_cost(path: Path) -> Deck:
    """Return the buying prices of a deck file."""
    checked = read_deck_file(read_file(path), "cost")
    if checked.deck is None:
        first = checked.errors[0]
        raise CommandError(f"{path} is no valid deck: line {first.line} {first.column}: {first.detail}")
    return checked.deck


def read_active() -> ActiveDeck:
    """Return the active deck and the buying list of the stack, if there is a stack with them."""
    try:
        stack = find_stack()
    except StackNotFoundError as error:
        return ActiveDeck(None, "", HomeNumbers(), str(error))
    decks = deck_bucket(stack)
    pointer = decks.pointer()
    home = decks.home_numbers(pointer)
    if pointer is None:
        return ActiveDeck(None, "", home, f"{stack.name} has no deck yet.")
    try:
        cost = CostVersions(stack.client("s3"), stack.outputs["DeckBucketName"]).at(format_instant(datetime.now(UTC)))
        return ActiveDeck(decks.active_deck(pointer), pointer.version, home, cost=cost)
    except Unavailable as error:
        raise CommandError(f"{error.code}: {error.detail}") from error


def write(path: Path, text: str, *, must: bool = True) -> bool:
    """Write a file; return whether it was written."""
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        if must:
            raise CommandError(f"{path} cannot be written: {error}. Name another file with OUT=.") from error
        return False
    return True


if __name__ == "__main__":
    run(main)
