"""Freezes an account, or unfreezes it: while it is frozen, new calls, payments, and looser settings are refused. Money
and running calls are not touched. Payments that wait for their customer are canceled within a minute.
"""

import argparse

from calling_credit import clock
from calling_credit.accounts.freezing import freeze_account, unfreeze_account
from calling_credit.errors import CallingCreditError
from calling_credit.topups.store import TopUpStore
from ops.actor import this_operator
from ops.stack import find_stack
from ops.terminal import CommandError, console, run


def main() -> int:
    """Run `python -m ops.freeze ACCOUNT [--off]`, behind `make freeze` and `make unfreeze`."""
    parser = argparse.ArgumentParser(
        prog="make freeze", description="Refuse an account's new calls, payments, and looser settings."
    )
    parser.add_argument("account_id")
    parser.add_argument("--off", action="store_true", help="unfreeze the account")
    arguments = parser.parse_args()
    stack = find_stack()
    topups = TopUpStore(stack.client("dynamodb"), stack.table_name)
    change, state = (unfreeze_account, "not frozen") if arguments.off else (freeze_account, "frozen")
    try:
        is_new = change(stack.client("dynamodb"), stack.table_name, arguments.account_id, this_operator(), clock.now())
    except CallingCreditError as error:
        raise CommandError(error.detail) from error
    if not arguments.off:
        topups.check_waiting(arguments.account_id, clock.now())
    console.print(f"{arguments.account_id} is {'' if is_new else 'already '}{state}.", markup=False)
    return 0


if __name__ == "__main__":
    run(main)
