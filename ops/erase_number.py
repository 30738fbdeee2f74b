"""Erases a person's telephone number from an account's entries, waiting calls, and recorded changes, or an e-mail
address from its recorded changes. Amounts do not change.
"""

import argparse
from datetime import UTC, datetime

from calling_credit.ledger.erasure import erase_address, erase_number
from calling_credit.masking import masked, masked_address
from calling_credit.numbering import is_e164
from ops.accounts import require_account
from ops.actor import this_operator
from ops.stack import find_stack
from ops.terminal import CommandError, confirm, console, run


def main() -> int:
    """Run `python -m ops.erase_number ACCOUNT NUMBER [--yes]`, behind `make erase-number`."""
    parser = argparse.ArgumentParser(prog="make erase-number", description="Erase a number from an account's calls.")
    parser.add_argument("account_id")
    parser.add_argument("number", help="E.164 with a leading +, or an e-mail address")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    is_address = "@" in arguments.number
    if not is_address and not is_e164(arguments.number):
        raise CommandError("NUMBER must be E.164 with a leading +, such as +442071838750, or an e-mail address.")
    stack = find_stack()
    mask, erase = (
        (masked_address(arguments.number), erase_address) if is_address else (masked(arguments.number), erase_number)
    )
    question = f"Permanently erase {mask} from {arguments.account_id} in {stack.name}?"
    if not arguments.yes and not confirm(question):
        return 1
    client, account_id = stack.client("dynamodb"), arguments.account_id
    items = list(erase(client, stack.table_name, account_id, arguments.number, this_operator(), datetime.now(UTC)))
    if not items:
        require_account(stack, arguments.account_id)
    what = "address" if is_address else "number"
    console.print(f"Erased the {what} from {len(items)} items of {account_id}; they show {mask} instead.", markup=False)
    return 0


if __name__ == "__main__":
    run(main)
