"""Reports what calls brought and what they cost by the buying list, by destination and by customer."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from calling_credit.desk.margin_reader import MarginReader, Position
from calling_credit.errors import CallingCreditError
from calling_credit.instants import read_period
from calling_credit.rates.cost_versions import CostVersions
from calling_credit.rates.margins import Margins
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, console, progress_bar, run

MAX_ROWS = 50
NUMBERS = ("calls", "charged", "cost", "margin", "margin_percent")


def main() -> int:
    """Run `python -m ops.margins --from DATE --to DATE`, behind `make margins`."""
    parser = argparse.ArgumentParser(prog="make margins", description="Report margins by the buying list.")
    parser.add_argument("--from", dest="first", required=True, help="FROM=date (UTC), the first day")
    parser.add_argument("--to", dest="last", required=True, help="TO=date (UTC), the last day")
    arguments = parser.parse_args()
    stack = find_stack()
    try:
        report(read_margins(stack, arguments.first, arguments.last), arguments.first, arguments.last)
    except CallingCreditError as error:
        raise CommandError(f"{error.code}: {error.detail}") from error
    return 0


def read_margins(stack: FoundStack, first: str, last: str) -> Margins:
    """Read the calls of all accounts, with progress.

    Raises:
        CommandError: there is no buying list.
    """
    costs = CostVersions(stack.client("s3"), stack.outputs["DeckBucketName"])
    if not costs.is_stored:
        raise CommandError("There is no buying list. Publish it first: make publish-rates LIST=cost FILE=cost.csv.")
    period = read_period(first, last, f"{datetime.now(UTC):%Y-%m-%d}")
    reader = MarginReader(stack.client("dynamodb"), stack.table_name, costs, period)
    margins = Margins()
    with progress_bar("Reading the calls, by account", None) as move:

        def seconds_left() -> float:
            move(reader.accounts)
            return 1.0

        reader.read(margins, Position(), seconds_left)
    return margins


def report(margins: Margins, first: str, last: str) -> None:
    """Print the margins, the lowest first."""
    view = margins.view()
    total = view["total"]
    percent = "" if total["margin_percent"] is None else f" ({total['margin_percent']} %)"
    console.print(
        f"{first} to {last}: {total['calls']} calls brought {total['charged']} and cost {total['cost']}, a margin of"
        f" {total['margin']}{percent}.",
        markup=False,
    )
    for name, count in (
        ("calls have no price in the buying list", view["without_cost"]),
        ("calls have an erased or shortened number", view["left_out"]),
        ("calls have a damaged entry", view["unreadable"]),
    ):
        if count:
            console.print(f"{count:>8}  {name}; they are not included.")
    print_table(("country", "destination"), view["destinations"])
    print_table(("account_id",), view["accounts"])


def print_table(names: Sequence[str], items: Sequence[dict[str, Any]]) -> None:
    """Print the items with the lowest margins."""
    if not items:
        return
    table = Table(box=None, header_style="bold")
    for name in (*names, *NUMBERS):
        table.add_column(name, justify="right" if name in NUMBERS else "left")
    for item in items[:MAX_ROWS]:
        table.add_row(*("" if item[name] is None else str(item[name]) for name in (*names, *NUMBERS)))
    console.print(table)
    if len(items) > MAX_ROWS:
        console.print(f"... and {len(items) - MAX_ROWS} more with a higher margin")


if __name__ == "__main__":
    run(main)
