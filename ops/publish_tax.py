"""Publishes the table of tax rates: checks the whole file, shows which rates change, and stores it."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from calling_credit.tax.bucket import TABLE_ERRORS, put_table, read_table
from calling_credit.tax.rates import Place, TaxTable, TaxTableError, format_rate, parse_tax_table
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirm, console, run

NO_TABLE = TaxTable({})


def main() -> int:
    """Run `python -m ops.publish_tax FILE [--yes]`, behind `make publish-tax`; return 1 if nothing was published."""
    parser = argparse.ArgumentParser(prog="make publish-tax", description="Publish a table of tax rates.")
    parser.add_argument("file", type=Path, help="FILE=path of a CSV: country,region,rate_percent,effective_from")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    try:
        data = arguments.file.read_bytes()
    except OSError as error:
        raise CommandError(f"{arguments.file} cannot be read: {error.strerror}.") from error
    try:
        table = parse_tax_table(data)
    except TaxTableError as error:
        for fault in error.faults:
            console.print(fault, markup=False, soft_wrap=True)
        console.print(f"{arguments.file} has errors; nothing was published.", style="red", markup=False)
        return 1
    return publish(arguments.file, data, table, is_confirmed=arguments.yes)


def publish(file: Path, data: bytes, table: TaxTable, *, is_confirmed: bool) -> int:
    """Show what changes now, ask, and store the table; return 1 if nothing was published."""
    stack, now = find_stack(), datetime.now(UTC)
    console.print(f"{file}: {sum(map(len, table.rates.values()))} rates of {len(table.rates)} places.", markup=False)
    report_changes(rates_now(published(stack), now), rates_now(table, now))
    if not stack.is_local and not is_confirmed and not confirm(f"Publish the tax rates {file} in {stack.name}?"):
        console.print("Nothing was published.")
        return 1
    put_table(stack.client("s3"), stack.outputs["DeckBucketName"], data)
    console.print("Published. Functions use the table within a minute. Payments that were made keep their tax.")
    if stack.parameters.get("Tax", "none") == "none":
        console.print("Payments are not taxed until the parameter Tax is table.")
    return 0


def published(stack: FoundStack) -> TaxTable:
    """The published table; an empty one if there is none, or if it cannot be used."""
    try:
        return parse_tax_table(read_table(stack.client("s3"), stack.outputs["DeckBucketName"]))
    except (TaxTableError, *TABLE_ERRORS):
        return NO_TABLE


def rates_now(table: TaxTable, now: datetime) -> dict[Place, int]:
    """The rates in force, in millionths."""
    at = {(country, region): table.rate(country, region, now) for country, region in table.rates}
    return {place: rate for place, rate in at.items() if rate is not None}


def report_changes(before: dict[Place, int], after: dict[Place, int]) -> None:
    """Print the rates in force that the new table changes."""
    changed = sorted(place for place in {*before, *after} if before.get(place) != after.get(place))
    if not changed:
        console.print("No rate in force changes.")
        return
    table = Table(box=None, header_style="bold")
    for name in ("country", "region", "before", "now"):
        table.add_column(name, justify="right" if name in ("before", "now") else "left")
    for place in changed:
        rates = (before.get(place), after.get(place))
        table.add_row(*place, *("none" if rate is None else f"{format_rate(rate)} %" for rate in rates))
    console.print(table)


if __name__ == "__main__":
    run(main)
