"""Checks that the account in an operator's command exists: a mistyped id must not look like a success."""

from typing import Final

from calling_credit.accounts.store import AccountStore
from ops.stack import FoundStack
from ops.terminal import CommandError

HINT: Final = "Correct ACCOUNT: it is the id with which PUT /accounts/{account_id} created the account."


def require_account(stack: FoundStack, account_id: str) -> None:
    """Return if the account exists.

    Raises:
        CommandError: the account does not exist.
    """
    if AccountStore(stack.client("dynamodb"), stack.table_name).account(account_id) is None:
        raise CommandError(f"There is no account {account_id} in {stack.name}. {HINT}")
