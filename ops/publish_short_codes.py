"""Publishes a price list of short codes: checks it, reports its changes, stores it, and puts it in force."""

from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from calling_credit.money import format_money
from calling_credit.rates.deck import RateRow
from calling_credit.rates.short_code_publishing import ShortCodeBucket, ShortCodeChanges, compare
from calling_credit.rates.short_codes import parse_short_codes
from ops.decks import lead_seconds
from ops.stack import StackNotFoundError, find_stack
from ops.terminal import confirm, console

MAX_ERRORS = 1_000


def publish_short_codes(file: Path, data: bytes, *, is_draft: bool, is_confirmed: bool = False) -> int:
    """Check a price list and publish it, behind `make publish-rates`; return 1 if it has errors."""
    now = datetime.now(UTC)
    short_codes = parse_short_codes(data, now)
    if isinstance(short_codes, list):
        for error in short_codes[:MAX_ERRORS]:
            column = f" {error.column}" if error.column else ""
            console.print(f"line {error.line}{column}: {error.code}: {error.detail}", markup=False, soft_wrap=True)
        console.print(f"{file} has {len(short_codes)} errors; nothing was published.", style="red", markup=False)
        return 1
    console.print(f"{file}: a price list of {len(short_codes)} short codes.", markup=False)
    try:
        stack = find_stack()
    except StackNotFoundError as error:
        if not is_draft:
            raise
        console.print(f"There is no list to compare with. {error}", markup=False, soft_wrap=True)
        console.print("This is a draft; nothing was published.")
        return 0
    bucket = ShortCodeBucket(
        stack.client("s3"), stack.outputs["DeckBucketName"], lead_seconds(stack), lambda: datetime.now(UTC)
    )
    active = bucket.active()
    changes = compare(active or {}, short_codes)
    report_changes(changes)
    if is_draft:
        console.print("This is a draft; nothing was published.")
    elif changes.any or active is None:
        question = f"Publish the price list {file} in {stack.name}?"
        if not stack.is_local and not is_confirmed and not confirm(question):
            console.print("Nothing was published.")
            return 1
        published = bucket.publish(data, datetime.now(UTC))
        text = f"Published as {published.key}. It prices every call that begins at {published.in_force_from} or later."
        console.print(text, markup=False, soft_wrap=True)
    else:
        console.print("The list published last has the same prices; nothing changed.")
    return 0


def report_changes(changes: ShortCodeChanges) -> None:
    """Print the changes against the list in force."""
    table = Table(box=None, header_style="bold")
    for name in ("", "country", "code", "destination", "before", "now"):
        table.add_column(name, justify="right" if name in ("before", "now") else "left")
    for row in changes.removed:
        table.add_row("-", row.country, row.prefix, row.destination, price_text(row), "free")
    for old, new in changes.changed:
        table.add_row("~", new.country, new.prefix, new.destination, price_text(old), price_text(new))
    for row in changes.added:
        table.add_row("+", row.country, row.prefix, row.destination, "free", price_text(row))
    if changes.any:
        console.print(table)


def price_text(row: RateRow) -> str:
    """Return a price in one cell: fee, rate, and billing."""
    fee, rate = format_money(row.connection_fee_micros), format_money(row.rate_micros_per_minute)
    return f"{fee} + {rate}/min ({row.minimum_seconds}/{row.increment_seconds})"
