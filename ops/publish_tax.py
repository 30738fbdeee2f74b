"""Publishes the table of tax rates: checks the whole file, shows which rates change now and later, and stores it."""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rich.table import Table

from calling_credit.instants import format_instant
from calling_credit.tax.bucket import TABLE_ERRORS, put_table, read_table
from calling_credit.tax.rates import Place, TaxTable, TaxTableError, format_rate, needless_rows, parse_tax_table
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirm, console, run

NO_TABLE = TaxTable({})
Key = TypeVar("Key", bound=tuple[str, ...])


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
        table = parse_checked(data)
    except TaxTableError as error:
        for fault in error.faults:
            console.print(fault, markup=False, soft_wrap=True)
        console.print(f"{arguments.file} has errors; nothing was published.", style="red", markup=False)
        return 1
    return publish(arguments.file, data, table, is_confirmed=arguments.yes)


def parse_checked(data: bytes) -> TaxTable:
    """Parse a table, each of whose rows applies to someone.

    Raises:
        TaxTableError: a row is wrong, or names a region that its country does not have.
    """
    table = parse_tax_table(data)
    if faults := needless_rows(table):
        raise TaxTableError(faults)
    return table


def publish(file: Path, data: bytes, table: TaxTable, *, is_confirmed: bool) -> int:
    """Show what changes now and later, ask, and store the table; return 1 if nothing was published."""
    stack, now = find_stack(), datetime.now(UTC)
    console.print(f"{file}: {sum(map(len, table.rates.values()))} rates of {len(table.rates)} places.", markup=False)
    before = published(stack)
    report_changes(rates_now(before, now), rates_now(table, now))
    report_later_changes(later_rates(before, now), later_rates(table, now))
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


def later_rates(table: TaxTable, now: datetime) -> dict[tuple[str, str, str], int]:
    """The rates that begin later, in millionths, by country, region, and instant."""
    at = format_instant(now)
    return {(*place, since): rate for place, rates in table.rates.items() for since, rate in rates if since > at}


def report_changes(before: dict[Place, int], after: dict[Place, int]) -> None:
    """Print the rates in force that the new table changes."""
    changes = changed_rows(before, after)
    if not changes:
        console.print("No rate in force changes.")
        return
    print_table(("country", "region", "before", "now"), changes)


def report_later_changes(before: dict[tuple[str, str, str], int], after: dict[tuple[str, str, str], int]) -> None:
    """Print the rates that begin later and that the new table adds, changes, or removes."""
    if changes := changed_rows(before, after):
        console.print("Rates that begin later:")
        print_table(("country", "region", "from", "before", "now"), changes)


def changed_rows(before: Mapping[Key, int], after: Mapping[Key, int]) -> list[tuple[str, ...]]:
    """The keys whose rates differ, in order, each with the rate before and the rate now."""
    changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    return [(*key, _percent(before.get(key)), _percent(after.get(key))) for key in changed]


def print_table(names: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print rows that end with two rates."""
    table = Table(box=None, header_style="bold")
    for name in names:
        table.add_column(name, justify="right" if name in ("before", "now") else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _percent(rate: int | None) -> str:
    return "none" if rate is None else f"{format_rate(rate)} %"


if __name__ == "__main__":
    run(main)
