"""Erases a person's telephone number from an account's entries and kept calls. Money stays as it is."""

import argparse

from calling_credit.ledger.erasure import erase_number
from calling_credit.numbering import is_e164, masked
from ops.accounts import known_account
from ops.stack import find_stack
from ops.terminal import CommandError, confirmed, console, run


def main() -> int:
    """`python -m ops.erase_number ACCOUNT NUMBER [--yes]`, behind `make erase-number`."""
    parser = argparse.ArgumentParser(prog="make erase-number", description="Erase a number from an account's calls.")
    parser.add_argument("account_id")
    parser.add_argument("number", help="E.164 with a leading +")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    arguments = parser.parse_args()
    if not is_e164(arguments.number):
        raise CommandError("NUMBER must be E.164 with a leading +, such as +442071838750.")
    stack = find_stack()
    shown = masked(arguments.number)
    if not arguments.yes and not confirmed(f"Erase {shown} from {arguments.account_id} in {stack.name} for good?"):
        return 1
    erased = list(erase_number(stack.client("dynamodb"), stack.table_name, arguments.account_id, arguments.number))
    if not erased:
        known_account(stack, arguments.account_id)
    console.print(
        f"{len(erased)} items of {arguments.account_id} now show {shown} instead of the number.", markup=False
    )
    return 0


if __name__ == "__main__":
    run(main)
