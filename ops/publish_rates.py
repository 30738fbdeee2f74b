"""Publishes a rate deck: judges it whole, reports what it holds and what it changes, stores it and makes it the one
that prices calls. What makes a deck valid and where decks are kept is known elsewhere.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from calling_credit.instants import format_instant
from calling_credit.ledger.charge_reader import account_ids, weigh
from calling_credit.money import format_money
from calling_credit.rates.deck import Deck, DeckError
from calling_credit.rates.deck_diff import DeckChanges, DeckWarning
from calling_credit.rates.deck_impact import Effect, Impact
from calling_credit.rates.deck_report import Judged, judge, price_text
from calling_credit.rates.deck_store import deck_version
from calling_credit.rates.publishing import Publisher
from ops.stack import FoundStack, StackNotFoundError, find_stack
from ops.terminal import CommandError, console, counting, run

MOST_SHOWN = 20
MOST_ERRORS_SHOWN = 1_000
SECONDS_FOR_PAST_CALLS = 300


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
    now, why = datetime.now(UTC), ""
    try:
        stack = find_stack()
    except StackNotFoundError as error:
        if not arguments.draft:
            raise
        stack, why = None, str(error)
    publisher = Publisher(stack.client("s3"), stack.outputs["DeckBucketName"]) if stack else None
    judged = judge_file(publisher, data, now)
    if judged.deck is None:
        report_errors(arguments.file, judged.errors)
        return 1
    report_deck(arguments.file, judged.deck)
    report_warnings(judged.warnings)
    if stack is None or publisher is None:
        console.print(f"Compared with nothing. {why}", markup=False, soft_wrap=True)
        console.print("This was a draft: nothing is published.")
        return 0
    if judged.changes is not None:
        report_changes(judged.changes)
    report_past_calls(weighed(stack, judged.deck, now))
    if arguments.draft:
        console.print("This was a draft: nothing is published.")
        return 0
    return publish(publisher, data, judged, now)


def publish(publisher: Publisher, data: bytes, judged: Judged, now: datetime) -> int:
    """Publish and say what came of it."""
    outcome = publisher.publish(data, judged, now, datetime.now(UTC))
    if outcome == "superseded":
        raise CommandError("Another deck was activated meanwhile; look at what yours changes beside it, then repeat.")
    if outcome == "unchanged":
        console.print("It is the active deck already; nothing was changed.")
    else:
        console.print(f"Published as {judged.version}. Every function prices by it within a minute.")
    return 0


def judge_file(publisher: Publisher | None, data: bytes, now: datetime) -> Judged:
    """Judge every row, with progress."""
    with counting("Checking rows", data.count(b"\n")) as tell:
        if publisher is not None:
            return publisher.judge(data, now, now, tell)
        return judge(data, deck_version(data, now), None, format_instant(now), tell)


def weighed(stack: FoundStack, deck: Deck, now: datetime) -> Impact:
    """What the deck would have made of the last 30 days' calls, with progress."""
    client, impact = stack.client("dynamodb"), Impact(deck)

    def seconds_left() -> float:
        return SECONDS_FOR_PAST_CALLS - (datetime.now(UTC) - now).total_seconds()

    accounts = sum(1 for _ in account_ids(client, stack.table_name))
    with counting("Pricing the calls of 30 days, account by account", accounts) as tell:
        weigh(client, stack.table_name, impact, now, seconds_left, tell)
    return impact


def report_errors(file: Path, errors: Sequence[DeckError]) -> None:
    """Say what is wrong, line by line."""
    for error in errors[:MOST_ERRORS_SHOWN]:
        column = f" {error.column}" if error.column else ""
        console.print(f"line {error.line}{column}: {error.code}: {error.detail}", markup=False, soft_wrap=True)
    if len(errors) > MOST_ERRORS_SHOWN:
        console.print(f"... and {len(errors) - MOST_ERRORS_SHOWN} more")
    console.print(f"{file} has {len(errors)} errors; nothing is published.", style="red", markup=False)


def report_warnings(warnings: Sequence[DeckWarning]) -> None:
    """Say what looks wrong and is published all the same."""
    for warning in warnings[:MOST_SHOWN]:
        console.print(f"warning: {warning.code}: {warning.detail}", style="yellow", markup=False, soft_wrap=True)
    if len(warnings) > MOST_SHOWN:
        console.print(f"... and {len(warnings) - MOST_SHOWN} more warnings")


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
    count = changes.counts()
    console.print(
        f"Beside the active deck: {count['added']} prefixes more, {count['removed']} fewer,"
        f" {len(changes.repriced)} priced otherwise ({count['raised']} raised, {count['lowered']} lowered,"
        f" {count['mixed']} dearer for some calls and cheaper for others, {count['later']} only later)."
    )
    lines = [("-", row, "", price_text(row)) for row in changes.removed]
    lines += [
        (SIGNS[one.way], one.after, price_text(one.after), price_text(one.before))
        for one in changes.repriced
        if one.way != "later"
    ]
    lines += [("+", row, price_text(row), "") for row in changes.added]
    lines += [("later", row, price_text(row), "") for row in changes.announced]
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
    if changes.uncovered:
        console.print(f"{len(changes.uncovered)} prefixes have no price until their first row takes effect.")


SIGNS = {"raised": "up", "lowered": "down", "mixed": "~"}


def report_past_calls(impact: Impact) -> None:
    """Say what the deck would have changed on calls that were made."""
    if not impact.calls:
        console.print("No call was charged in the last 30 days, so nothing can be said of past calls.")
        return
    whole = "" if impact.is_whole else " (not all accounts could be read in time)"
    console.print(
        f"The last 30 days' {impact.calls} charged calls of {impact.accounts} accounts{whole} cost"
        f" {format_money(impact.charged_micros)}. By this deck: {effect_text(impact.then)}."
    )
    if impact.announced != impact.then:
        console.print(f"Once everything announced is in effect: {effect_text(impact.announced)}.")


def effect_text(effect: Effect) -> str:
    """What changes, in a line."""
    sign = "+" if effect.change_micros >= 0 else ""
    return (
        f"{sign}{format_money(effect.change_micros)}, {effect.dearer} dearer, {effect.cheaper} cheaper,"
        f" {effect.unrated} without a price"
    )


if __name__ == "__main__":
    run(main)
