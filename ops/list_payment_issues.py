"""Lists Stripe's reports that match no payment in the table (another amount, currency or customer, or an unknown
object) and the differences that the nightly proof found in the ledger. None of them were credited or corrected. Changes
nothing.
"""

from collections.abc import Mapping
from functools import partial
from itertools import islice
from typing import Any

from rich.table import Table

from calling_credit.dynamodb.sweep import count_listed
from calling_credit.payments.issues import ISSUE_KIND, read_issues
from ops.stack import find_stack
from ops.terminal import cell, console, run

COLUMNS = {
    "recorded": "recorded_at",
    "code": "code",
    "object": "object_id",
    "account": "account_id",
    "": "details",
}
MAX_ROWS = 50


def main() -> int:
    """Run `python -m ops.list_payment_issues`, behind `make list-payment-issues`."""
    stack = find_stack()
    client = stack.client("dynamodb")
    count = count_listed(client, stack.table_name, ISSUE_KIND)
    if not count:
        console.print("No payment issues.")
        return 0
    console.print(f"{count} payment issues. What to do: docs/runbook.md#payment-issues and #ledger-differences")
    table = Table(box=None, header_style="bold")
    for name in COLUMNS:
        table.add_column(name)
    for item in islice(read_issues(client, stack.table_name), MAX_ROWS):
        table.add_row(*(cell(partial(text_of, attribute), item) for attribute in COLUMNS.values()))
    console.print(table)
    if count > MAX_ROWS:
        console.print(f"... and {count - MAX_ROWS} more, which are newer")
    return 0


def text_of(attribute: str, item: Mapping[str, Any]) -> str:
    """Return an attribute as text."""
    return str(item[attribute])


if __name__ == "__main__":
    run(main)
