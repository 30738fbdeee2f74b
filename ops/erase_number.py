"""Erases a person's telephone number from an account: from its calls, its names, and the history of the number. Amounts
do not change. It names the objects of the raw archive that still hold the number.
"""

import argparse

from calling_credit import clock
from calling_credit.accounts.erasure import erase_number, lines_with
from calling_credit.masking import masked
from calling_credit.numbering import is_e164
from ops.accounts import require_account
from ops.actor import this_operator
from ops.archived_numbers import hours_of_calls, show_archived
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
    place = (stack.client("dynamodb"), stack.table_name, arguments.account_id, arguments.number)
    now = clock.now()
    hours = hours_of_calls(stack, arguments.account_id, arguments.number)
    items = list(erase_number(*place, this_operator(), now))
    if not items:
        require_account(stack, arguments.account_id)
    console.print(
        f"Erased the number from {len(items)} items of {arguments.account_id}; they show {mask} instead.", markup=False
    )
    for line_id in lines_with(*place, now):
        console.print(
            f"The line {line_id} still has the number. Give it another number, or move the number to another line; then"
            " run the command again.",
            markup=False,
        )
    show_archived(stack, arguments.account_id, arguments.number, hours)
    return 0


if __name__ == "__main__":
    run(main)
