"""Whether an account exists that an operator's command names: a mistyped id must not look like work that is done."""

from calling_credit.accounts.store import AccountKeeper
from ops.stack import FoundStack
from ops.terminal import CommandError


def known_account(stack: FoundStack, account_id: str) -> None:
    """Go on only where the account exists.

    Raises:
        CommandError: it does not.
    """
    if AccountKeeper(stack.client("dynamodb"), stack.table_name).account(account_id) is None:
        raise CommandError(f"There is no account {account_id} in {stack.name}.")
