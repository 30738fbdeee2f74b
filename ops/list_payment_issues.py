"""Lists what Stripe reported and no payment of ours explains (intents of another amount, currency or customer, objects
that nobody here knows), and where the nightly proof found the ledger to differ. None of it was credited or mended.
Changes nothing.
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
MOST_SHOWN = 50


def main() -> int:
    """`python -m ops.list_payment_issues`, behind `make list-payment-issues`."""
    stack = find_stack()
    found = read_issues(stack.client("dynamodb"), stack.table_name)
    items = sorted(found, key=lambda item: str(item["recorded_at"]))
    if not items:
        console.print("No payment issues.")
        return 0
    table = Table(box=None, header_style="bold")
    for name in COLUMNS:
        table.add_column(name)
    for item in items[:MOST_SHOWN]:
        table.add_row(*(str(item[attribute]) for attribute in COLUMNS.values()))
    console.print(table)
    if len(items) > MOST_SHOWN:
        console.print(f"... and {len(items) - MOST_SHOWN} more")
    console.print(f"{len(items)} payment issues. What to do: docs/runbook.md#payment-issues and #ledger-differences")
    return 0


if __name__ == "__main__":
    run(main)
