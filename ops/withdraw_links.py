"""Revokes all outstanding links of an account, for example after a stranger has read a mailbox. These links act without
a sign-in.
"""

import argparse
from datetime import UTC, datetime

from calling_credit.links.store import withdraw_links
from ops.accounts import require_account
from ops.actor import this_operator
from ops.stack import find_stack
from ops.terminal import confirm, console, run


def main() -> int:
    """Run `python -m ops.withdraw_links ACCOUNT [--yes]`, behind `make withdraw-links`."""
    parser = argparse.ArgumentParser(
        prog="make withdraw-links", description="Revoke all outstanding links of an account."
    )
    parser.add_argument("account_id")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    stack = find_stack()
    question = f"Revoke all outstanding links of {arguments.account_id} in {stack.name}?"
    if not arguments.yes and not confirm(question):
        return 1
    client, now = stack.client("dynamodb"), datetime.now(UTC)
    count = withdraw_links(client, stack.table_name, arguments.account_id, this_operator(), now)
    if not count:
        require_account(stack, arguments.account_id)
    console.print(f"Links of {arguments.account_id} revoked: {count}.", markup=False)
    return 0


if __name__ == "__main__":
    run(main)
