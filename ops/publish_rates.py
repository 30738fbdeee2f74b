"""Publishes a rate deck: checks it, reports its contents and changes, stores it, and activates it."""

import argparse
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from calling_credit.instants import format_instant
from calling_credit.ledger.charge_reader import account_ids, measure_impact
from calling_credit.money import format_money
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_csv import DeckError
from calling_credit.rates.deck_diff import DeckChanges, DeckWarning, PriceChange
from calling_credit.rates.deck_impact import Effect, Impact
from calling_credit.rates.deck_report import DeckCheck, check_deck, price_text
from calling_credit.rates.deck_store import deck_version
from calling_credit.rates.publishing import DeckBucket, PublishOutcome
from calling_credit.rates.timeline import START_OF_TIME
from ops.stack import FoundStack, StackNotFoundError, find_stack
from ops.terminal import CommandError, console, progress_bar, run

MAX_ROWS = 20
MAX_ERRORS = 1_000
SECONDS_FOR_PAST_CALLS = 300


def main() -> int:
    """Run `python -m ops.publish_rates FILE [--draft]`, behind `make publish-rates`; exit with 1 if the deck has
    errors.
    """
    parser = argparse.ArgumentParser(prog="make publish-rates", description="Check a rate deck and publish it.")
    parser.add_argument("file", type=Path, help="the deck, a CSV file")
    parser.add_argument("--draft", action="store_true", help="DRAFT=1: check and report, do not publish")
    arguments = parser.parse_args()
    try:
        data = arguments.file.read_bytes()
    except OSError as error:
        raise CommandError(f"{arguments.file} cannot be read: {error}") from error
    now, reason = datetime.now(UTC), ""
    try:
        stack = find_stack()
    except StackNotFoundError as error:
        if not arguments.draft:
            raise
        stack, reason = None, str(error)
    decks = stack.decks() if stack else None
    result = check_file(decks, data, now)
    if result.deck is None:
        report_errors(arguments.file, result.errors)
        return 1
    report_deck(arguments.file, result.deck)
    report_warnings(result.warnings)
    if stack is None or decks is None:
        console.print(f"There is no active deck to compare with. {reason}", markup=False, soft_wrap=True)
        console.print("This is a draft; nothing was published.")
        return 0
    if result.changes is not None:
        report_changes(result.changes)
    report_past_calls(impact_of(stack, result.deck, now))
    if arguments.draft:
        console.print("This is a draft; nothing was published.")
        return 0
    return publish(decks, data, result, now)


def publish(decks: DeckBucket, data: bytes, result: DeckCheck, now: datetime) -> int:
    """Publish the deck and print the outcome."""
    outcome = decks.publish(data, result, now, datetime.now(UTC))
    if outcome is PublishOutcome.SUPERSEDED:
        raise CommandError("Another deck was activated in the meantime. Compare yours with it and publish again.")
    if outcome is PublishOutcome.UNCHANGED:
        console.print("It is already the active deck; nothing changed.")
    else:
        console.print(f"Published as {result.version}. It prices every call that begins {in_force_text(decks)}.")
    return 0


def in_force_text(decks: DeckBucket) -> str:
    """Return from when the active deck prices calls."""
    pointer = decks.pointer()
    begin = pointer.in_force[0].in_force_from if pointer else START_OF_TIME
    return "at any time" if begin == START_OF_TIME else f"at {begin} or later"


def check_file(decks: DeckBucket | None, data: bytes, now: datetime) -> DeckCheck:
    """Check every row, with progress."""
    with progress_bar("Checking rows", data.count(b"\n")) as report_progress:
        if decks is not None:
            return decks.check(data, now, now, report_progress)
        return check_deck(data, deck_version(data, now), None, format_instant(now), report_progress)


def impact_of(stack: FoundStack, deck: Deck, now: datetime) -> Impact:
    """Price the calls of the last 30 days by the deck, with progress."""
    client, impact = stack.client("dynamodb"), Impact(deck)

    def seconds_left() -> float:
        return SECONDS_FOR_PAST_CALLS - (datetime.now(UTC) - now).total_seconds()

    accounts = sum(1 for _ in account_ids(client, stack.table_name))
    with progress_bar("Pricing the calls of the last 30 days, by account", accounts) as report_progress:
        measure_impact(client, stack.table_name, impact, now, seconds_left, report_progress)
    return impact


def report_errors(file: Path, errors: Sequence[DeckError]) -> None:
    """Print the errors, line by line."""
    for error in errors[:MAX_ERRORS]:
        column = f" {error.column}" if error.column else ""
        console.print(f"line {error.line}{column}: {error.code}: {error.detail}", markup=False, soft_wrap=True)
    if len(errors) > MAX_ERRORS:
        console.print(f"... and {len(errors) - MAX_ERRORS} more")
    console.print(f"{file} has {len(errors)} errors; nothing was published.", style="red", markup=False)


def report_warnings(warnings: Sequence[DeckWarning]) -> None:
    """Print the warnings; they do not stop the publication."""
    for warning in warnings[:MAX_ROWS]:
        console.print(f"warning: {warning.code}: {warning.detail}", style="yellow", markup=False, soft_wrap=True)
    if len(warnings) > MAX_ROWS:
        console.print(f"... and {len(warnings) - MAX_ROWS} more warnings")


def report_deck(file: Path, deck: Deck) -> None:
    """Print the contents of the deck in numbers."""
    prefixes = {row.prefix for row in deck.rows}
    countries = {row.country for row in deck.rows}
    console.print(
        f"{file}: {len(deck.rows)} rows, {len(prefixes)} prefixes, {len(countries)} countries and networks.",
        markup=False,
    )
    for category, count in Counter(row.category for row in deck.rows).most_common():
        console.print(f"{count:>8}  {category}", markup=False)


def report_changes(changes: DeckChanges) -> None:
    """Print the changes against the active deck."""
    if not changes.any:
        console.print("It has the same prices as the active deck.")
        return
    count = changes.counts()
    console.print(
        f"Compared with the active deck: {count['added']} prefixes added, {count['removed']} removed,"
        f" {len(changes.repriced)} repriced ({count['raised']} raised, {count['lowered']} lowered,"
        f" {count['mixed']} higher for some calls and lower for others, {count['later']} from a later date)."
    )
    lines = [("-", row, "", price_text(row)) for row in changes.removed]
    lines += [
        (SIGNS[difference.way], difference.after, price_text(difference.after), price_text(difference.before))
        for difference in changes.repriced
        if difference.way is not PriceChange.LATER
    ]
    lines += [("+", row, price_text(row), "") for row in changes.added]
    lines += [("later", row, price_text(row), "") for row in changes.announced]
    table = Table(box=None, header_style="bold")
    for name in ("", "prefix", "destination", "from", "before", "now"):
        table.add_column(name, justify="right" if name in ("before", "now") else "left")
    for sign, row, now, before in lines[:MAX_ROWS]:
        table.add_row(sign, row.prefix, row.destination, row.effective_from[:10], before, now)
    console.print(table)
    if len(lines) > MAX_ROWS:
        console.print(f"... and {len(lines) - MAX_ROWS} more")
    if changes.removed:
        console.print("Calls to a removed prefix stay unrated unless a shorter prefix covers them.")
    if changes.uncovered:
        console.print(f"{len(changes.uncovered)} prefixes have no price until their first row takes effect.")


SIGNS = {PriceChange.RAISED: "up", PriceChange.LOWERED: "down", PriceChange.MIXED: "~"}


def report_past_calls(impact: Impact) -> None:
    """Print what the deck would have changed for past calls."""
    if not impact.calls:
        console.print("No calls were charged in the last 30 days, so there is no estimate for past calls.")
        return
    whole = "" if impact.is_whole else " (there was no time to read all accounts)"
    console.print(
        f"In the last 30 days, {impact.calls} calls of {impact.accounts} accounts{whole} cost"
        f" {format_money(impact.charged_micros)}. With this deck: {effect_text(impact.at_their_time)}."
    )
    if impact.announced != impact.at_their_time:
        console.print(f"With all announced prices in effect: {effect_text(impact.announced)}.")


def effect_text(effect: Effect) -> str:
    """Return the effect in one line."""
    sign = "+" if effect.change_micros >= 0 else ""
    return (
        f"{sign}{format_money(effect.change_micros)}, {effect.more_expensive} calls cost more,"
        f" {effect.cheaper} cost less, {effect.unrated} have no price"
    )


if __name__ == "__main__":
    run(main)
