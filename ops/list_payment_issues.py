"""Lists Stripe's reports that match no payment in the table (another amount, currency or customer, or an unknown
object) and the differences that the nightly proof found in the ledger. None of them were credited or corrected. Changes
nothing.
"""

from rich.table import Table

from calling_credit.payments.issues import read_issues
from ops.stack import find_stack
from ops.terminal import console, run

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
    issues = read_issues(stack.client("dynamodb"), stack.table_name)
    items = sorted(issues, key=lambda item: str(item["recorded_at"]))
    if not items:
        console.print("No payment issues.")
        return 0
    table = Table(box=None, header_style="bold")
    for name in COLUMNS:
        table.add_column(name)
    for item in items[:MAX_ROWS]:
        table.add_row(*(str(item[attribute]) for attribute in COLUMNS.values()))
    console.print(table)
    if len(items) > MAX_ROWS:
        console.print(f"... and {len(items) - MAX_ROWS} more")
    console.print(f"{len(items)} payment issues. What to do: docs/runbook.md#payment-issues and #ledger-differences")
    return 0


if __name__ == "__main__":
    run(main)
