"""Withdraws every link of an account that acts without a sign-in, such as after a mailbox was read by a stranger."""

import argparse
from datetime import UTC, datetime

from calling_credit.links.store import withdraw_links
from ops.accounts import known_account
from ops.stack import find_stack
from ops.terminal import confirmed, console, run


def main() -> int:
    """`python -m ops.withdraw_links ACCOUNT [--yes]`, behind `make withdraw-links`."""
    parser = argparse.ArgumentParser(prog="make withdraw-links", description="Withdraw an account's links.")
    parser.add_argument("account_id")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    arguments = parser.parse_args()
    stack = find_stack()
    if not arguments.yes and not confirmed(f"Withdraw every link of {arguments.account_id} in {stack.name}?"):
        return 1
    withdrawn = withdraw_links(stack.client("dynamodb"), stack.table_name, arguments.account_id, now=datetime.now(UTC))
    if not withdrawn:
        known_account(stack, arguments.account_id)
    console.print(f"{withdrawn} links of {arguments.account_id} act no more.", markup=False)
    return 0


if __name__ == "__main__":
    run(main)
