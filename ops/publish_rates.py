"""Publishes a rate deck: judges it whole, reports what it holds and what it changes, stores it and makes it the one
that prices calls. What makes a deck valid and where decks are kept is known elsewhere.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from calling_credit.aws.deck_files import activate, deck_version, put_deck, read_active, read_deck
from calling_credit.decks import Deck, DeckError, RateRow, parse_deck
from calling_credit.errors import Unavailable
from calling_credit.money import format_money
from ops.deck_changes import DeckChanges, compare
from ops.stack import FoundStack, StackNotFoundError, find_stack
from ops.terminal import CommandError, console, run

MOST_SHOWN = 20
MOST_ERRORS_SHOWN = 100


def main() -> int:
    """`python -m ops.publish_rates FILE [--draft]`, behind `make publish-rates`; 1 if the deck has errors."""
    parser = argparse.ArgumentParser(prog="make publish-rates", description="Check a rate deck and publish it.")
    parser.add_argument("file", type=Path, help="the deck, a CSV file")
    parser.add_argument("--draft", action="store_true", help="DRAFT=1: check and report, publish nothing")
    arguments = parser.parse_args()
    try:
        data = arguments.file.read_bytes()
    except OSError as error:
        raise CommandError(f"{arguments.file} cannot be read: {error}") from error
    now = datetime.now(UTC)
    version = deck_version(data, now)
    deck = parse_deck(data, version)
    if isinstance(deck, list):
        report_errors(arguments.file, deck)
        return 1
    report_deck(arguments.file, deck)
    if arguments.draft:
        return report_draft(deck)
    stack = find_stack()
    report_changes(compare(active_deck(stack), deck))
    client, bucket = stack.client("s3"), stack.outputs["DeckBucketName"]
    put_deck(client, bucket, version, data)
    activate(client, bucket, version, data, now)
    console.print(f"Published as {version}. Every function prices by it within a minute.")
    return 0


def report_draft(deck: Deck) -> int:
    """Say what the deck would change, if there is a stack to compare it with."""
    try:
        report_changes(compare(active_deck(find_stack()), deck))
    except StackNotFoundError as error:
        console.print(f"Compared with nothing. {error}", markup=False, soft_wrap=True)
    console.print("This was a draft: nothing is published.")
    return 0


def active_deck(stack: FoundStack) -> Deck | None:
    """The deck that prices calls now; None before the first, or when it cannot be used any more."""
    client, bucket = stack.client("s3"), stack.outputs["DeckBucketName"]
    pointer = read_active(client, bucket)
    try:
        return None if pointer is None else read_deck(client, bucket, pointer)
    except Unavailable as error:
        console.print(f"The active deck cannot be compared: {error.detail}", markup=False)
        return None


def report_errors(file: Path, errors: Sequence[DeckError]) -> None:
    """Say what is wrong, line by line."""
    for error in errors[:MOST_ERRORS_SHOWN]:
        column = f" {error.column}" if error.column else ""
        console.print(f"line {error.line}{column}: {error.code}: {error.detail}", markup=False, soft_wrap=True)
    if len(errors) > MOST_ERRORS_SHOWN:
        console.print(f"... and {len(errors) - MOST_ERRORS_SHOWN} more")
    console.print(f"{file} has {len(errors)} errors; nothing is published.", style="red", markup=False)


def report_deck(file: Path, deck: Deck) -> None:
    """Say what the deck holds."""
    prefixes = {row.prefix for row in deck.rows}
    countries = {row.country for row in deck.rows}
    console.print(
        f"{file}: {len(deck.rows)} rows, {len(prefixes)} prefixes, {len(countries)} countries and networks.",
        markup=False,
    )
    for category, count in Counter(row.category for row in deck.rows).most_common():
        console.print(f"{count:>8}  {category}", markup=False)


def report_changes(changes: DeckChanges) -> None:
    """Say what the deck changes beside the active one."""
    if not changes.any:
        console.print("It prices everything as the active deck does.")
        return
    console.print(
        f"Beside the active deck: {len(changes.added)} prefixes more, {len(changes.removed)} fewer,"
        f" {len(changes.repriced)} priced otherwise."
    )
    lines = [("-", row, "", price_of(row)) for row in changes.removed]
    lines += [("~", one.after[-1], price_of(one.after[-1]), price_of(one.before[-1])) for one in changes.repriced]
    lines += [("+", row, price_of(row), "") for row in changes.added]
    table = Table(box=None, header_style="bold")
    for name in ("", "prefix", "destination", "from", "before", "now"):
        table.add_column(name, justify="right" if name in ("before", "now") else "left")
    for sign, row, now, before in lines[:MOST_SHOWN]:
        table.add_row(sign, row.prefix, row.destination, row.effective_from[:10], before, now)
    console.print(table)
    if len(lines) > MOST_SHOWN:
        console.print(f"... and {len(lines) - MOST_SHOWN} more")
    if changes.removed:
        console.print("Calls to prefixes that are gone are kept unrated unless a shorter prefix covers them.")


def price_of(row: RateRow) -> str:
    """A row's price in a few characters."""
    fee = f" + {format_money(row.connection_fee_micros)}" if row.connection_fee_micros else ""
    return f"{format_money(row.rate_micros_per_minute)}/min{fee} {row.minimum_seconds}/{row.increment_seconds}"


if __name__ == "__main__":
    run(main)
