"""Freezes an account, or lets it go on: no new call is admitted and nothing is recharged by itself meanwhile. Money and
calls that run stay as they are.
"""

import argparse
import getpass
import socket

from calling_credit import clock
from calling_credit.accounts.freezing import freeze_account, unfreeze_account
from calling_credit.errors import CallingCreditError
from ops.stack import find_stack
from ops.terminal import CommandError, console, run


def main() -> int:
    """`python -m ops.freeze ACCOUNT [--off]`, behind `make freeze` and `make unfreeze`."""
    parser = argparse.ArgumentParser(prog="make freeze", description="Refuse new calls of an account, pause recharge.")
    parser.add_argument("account_id")
    parser.add_argument("--off", action="store_true", help="let the account go on")
    arguments = parser.parse_args()
    stack = find_stack()
    turn, state = (unfreeze_account, "not frozen") if arguments.off else (freeze_account, "frozen")
    by, from_where = f"command:{getpass.getuser()}", socket.gethostname()
    try:
        done = turn(stack.client("dynamodb"), stack.table_name, arguments.account_id, by, clock.now(), from_where)
    except CallingCreditError as error:
        raise CommandError(error.detail) from error
    console.print(f"{arguments.account_id} is {state}{'' if done else ' already'}.", markup=False)
    return 0


if __name__ == "__main__":
    run(main)
