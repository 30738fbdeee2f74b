"""The Stripe account of the stack. Customers, cards, and payments exist only there, so nothing is charged or replaced
while the key belongs to another account.

The table stores the account's id and a hash of the key that was verified to belong to it. A key never changes its
account, so Stripe is asked once per key: a payment costs one read of the table, and no request.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import stripe

from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.schema import creating
from calling_credit.dynamodb.stripe_keys import stripe_account_key
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.payments.stripe_client import api_key_of, forget_settings, public_error

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CHANGED: Final = "stripe_account_changed"
"""The metric, and the code of the error."""


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """The Stripe account of the stack, and the hash of the last key that belonged to it."""

    account_id: str
    key_hash: str


class StripeAccountGuard:
    """Compares the key's Stripe account with the stack's, for the length of one invocation."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        stripe_client: stripe.StripeClient,
        tally: Counter[str],
        api_key: Callable[[], str] | None = None,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._stripe = stripe_client
        self._tally = tally
        self._api_key = api_key or partial(api_key_of, stripe_client)
        self._is_verified = False

    def require_same(self, *, ask_stripe: bool = False) -> None:
        """Return if the key belongs to the stack's Stripe account. The first account that is seen becomes the stack's.

        Args:
            ask_stripe: Ask Stripe even if the key is known, because an object is missing there.

        Raises:
            Unavailable: stripe_account_changed; payments_unavailable; stripe_refuses_us.
        """
        if self._is_verified and not ask_stripe:
            return
        known, key_hash = self.read(), hash_of(self._api_key())
        if ask_stripe or known is None or known.key_hash != key_hash:
            current = self._ask(may_be_unknown=known is None and not ask_stripe)
            if current is None:
                return
            known = known or self._learn(KnownAccount(current, key_hash))
            if known.account_id != current:
                self._tally[CHANGED] += 1
                forget_settings()
                raise stripe_account_changed()
            if known.key_hash != key_hash:
                self.store(KnownAccount(current, key_hash), replaces=known.account_id)
        self._is_verified = True

    def is_same(self) -> bool:
        """Whether the key belongs to the stack's Stripe account.

        Raises:
            Unavailable: payments_unavailable; stripe_refuses_us.
        """
        try:
            self.require_same()
        except Unavailable as error:
            if error.code != ProblemCode.STRIPE_ACCOUNT_CHANGED:
                raise
            return False
        return True

    def read(self) -> KnownAccount | None:
        """Read the stack's Stripe account; None before the first payment."""
        answer = self._client.get_item(TableName=self._table_name, Key=stripe_account_key(), ConsistentRead=True)
        item = from_attributes(answer["Item"]) if "Item" in answer else None
        return None if item is None else KnownAccount(item["stripe_account_id"], item["key_hash"])

    def store(self, account: KnownAccount, *, replaces: str | None) -> bool:
        """Store the stack's Stripe account if it still is `replaces` (None: unknown). Return whether this call did."""
        condition, values = "attribute_not_exists(PK)", {}
        if replaces is not None:
            condition, values = "stripe_account_id = :before", to_attributes({":before": replaces})
        attributes = {":account": account.account_id, ":hash": account.key_hash}
        try:
            self._client.update_item(
                **creating(
                    {
                        "TableName": self._table_name,
                        "Key": stripe_account_key(),
                        "UpdateExpression": "SET stripe_account_id = :account, key_hash = :hash",
                        "ConditionExpression": condition,
                        "ExpressionAttributeValues": to_attributes(attributes) | values,
                    }
                )
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
            return False
        return True

    def _ask(self, *, may_be_unknown: bool) -> str | None:
        """Ask Stripe for the key's account. None if a restricted key may not read it, and nothing can be compared."""
        try:
            return str(self._stripe.v1.accounts.retrieve_current().id)
        except stripe.PermissionError as error:
            if may_be_unknown:
                return None
            raise public_error(error) from error
        except stripe.StripeError as error:
            raise public_error(error) from error

    def _learn(self, account: KnownAccount) -> KnownAccount:
        return account if self.store(account, replaces=None) else self.read() or account


def hash_of(api_key: str) -> str:
    """The hash of a key, from which the key cannot be found."""
    return hashlib.sha256(f"stripe key {api_key}".encode()).hexdigest()[:32]


def stripe_account_changed() -> Unavailable:
    """The error while the key belongs to another Stripe account. An alarm tells operators."""
    return Unavailable(
        ProblemCode.STRIPE_ACCOUNT_CHANGED,
        "Card payments are paused while your provider changes its payment service. Nothing was charged. Try again "
        "later.",
        300,
    )
