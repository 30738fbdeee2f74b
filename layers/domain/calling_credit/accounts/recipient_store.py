"""Stores customers' changes of the recipients of an account's e-mails and of its low-balance level. Both are settings
that the operator changes, too.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Account
from calling_credit.accounts.asked_addresses import asked_actions
from calling_credit.accounts.store import AccountStore, no_account
from calling_credit.changes.actor import Actor
from calling_credit.changes.sign_in import SignIn

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class RecipientStore:
    """The recipients in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name
        self._accounts = AccountStore(client, table_name)

    def account(self, account_id: str, sign_in: SignIn | None = None) -> Account:
        """Read an account.

        Raises:
            NotFound: `unknown_account`. Forbidden: `signed_out`.
        """
        account = self._accounts.account(account_id, sign_in)
        if account is None:
            raise no_account()
        return account

    def store(
        self,
        account_id: str,
        change: Callable[[Account], Account | None],
        actor: Actor,
        now: datetime,
        sign_in: SignIn | None = None,
    ) -> Account:
        """Store what `change` makes of the account (None: write nothing), record it, and count the e-mails that new
        addresses will receive. Return the stored account.

        Raises:
            NotFound: `unknown_account`. Forbidden: `signed_out`. TooManyRequests: `too_many_confirmations`.
            Unavailable: `busy`, or the table did not answer in time; the same call is safe again.
        """
        also = partial(self._asked, now=now)
        self._accounts.store_account(account_id, partial(of_existing, change), actor, now, sign_in, also)
        return self.account(account_id)

    def _asked(self, before: Account | None, after: Account, now: datetime) -> Iterable[dict[str, Any]]:
        """The actions that count the e-mails to newly waiting addresses."""
        known = {one.request_id for one in before.waiting} if before else set()
        asked = [one.address for one in after.waiting if one.request_id not in known]
        return asked_actions(self._client, self._table_name, asked, now) if asked else ()


def of_existing(change: Callable[[Account], Account | None], account: Account | None) -> Account | None:
    """What `change` makes of an account that exists.

    Raises:
        NotFound: `unknown_account`.
    """
    if account is None:
        raise no_account()
    return change(account)
