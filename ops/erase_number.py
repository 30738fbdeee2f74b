"""Erases a person's telephone number from an account's entries and waiting calls. Amounts do not change."""

import argparse

from calling_credit.ledger.erasure import erase_number
from calling_credit.masking import masked
from calling_credit.numbering import is_e164
from ops.accounts import require_account
from ops.stack import find_stack
from ops.terminal import CommandError, confirm, console, run


def main() -> int:
    """Run `python -m ops.erase_number ACCOUNT NUMBER [--yes]`, behind `make erase-number`."""
    parser = argparse.ArgumentParser(prog="make erase-number", description="Erase a number from an account's calls.")
    parser.add_argument("account_id")
    parser.add_argument("number", help="E.164 with a leading +")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    if not is_e164(arguments.number):
        raise CommandError("NUMBER must be E.164 with a leading +, such as +442071838750.")
    stack = find_stack()
    mask = masked(arguments.number)
    question = f"Permanently erase {mask} from {arguments.account_id} in {stack.name}?"
    if not arguments.yes and not confirm(question):
        return 1
    items = list(erase_number(stack.client("dynamodb"), stack.table_name, arguments.account_id, arguments.number))
    if not items:
        require_account(stack, arguments.account_id)
    console.print(
        f"Erased the number from {len(items)} items of {arguments.account_id}; they show {mask} instead.", markup=False
    )
    return 0


if __name__ == "__main__":
    run(main)
