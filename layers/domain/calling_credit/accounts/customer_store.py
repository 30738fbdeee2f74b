"""An account's customer at Stripe. A lost customer is replaced at most once a day. Each replacement has a number, which
is part of the idempotency key that creates it, because Stripe repeats the old answer for a day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.customer_changes import CUSTOMER
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor, stripe_actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REPLACED_AT_MOST_EVERY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer (None before the first card, and after it was cleared), the number of the replacements so far, and
    the time of the last one.
    """

    customer_id: str | None
    number: int = 0
    replaced_at: str | None = None

    def next_replacement(self, now: datetime) -> datetime | None:
        """When the customer may be replaced again; None if it may be now."""
        if self.replaced_at is None:
            return None
        allowed = datetime.fromisoformat(self.replaced_at) + REPLACED_AT_MOST_EVERY
        return allowed if allowed > now else None


class CustomerStore:
    """The customers in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self, account_id: str) -> Customer:
        """Read the account's customer.

        Raises:
            NotFound: `unknown_account`.
        """
        answer = self._client.get_item(TableName=self._table_name, Key=_account_key(account_id), ConsistentRead=True)
        if "Item" not in answer:
            raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "This account does not exist; the operator creates accounts.")
        item = from_attributes(answer["Item"])
        number = int(item.get("customer_number", 0))
        return Customer(item.get("stripe_customer_id"), number, item.get("customer_replaced_at"))

    def replace(self, account_id: str, lost: Customer, customer_id: str, now: datetime) -> bool:
        """Replace a lost customer, and record the change. Return False if another request has replaced it."""
        expression = "SET stripe_customer_id = :new, customer_number = :next, customer_replaced_at = :now"
        values = {":new": customer_id, ":now": format_instant(now)}
        return self._change(
            account_id, lost, customer_id, (expression, values), stripe_actor(lost.customer_id or ""), now
        )

    def clear(self, account_id: str, lost: Customer, actor: Actor, now: datetime) -> bool:
        """Forget a lost customer, so that the next saved card creates a new one, and record the change. Return False if
        it has changed meanwhile.
        """
        expression = "SET customer_number = :next REMOVE stripe_customer_id"
        return self._change(account_id, lost, None, (expression, {}), actor, now)

    def _change(
        self,
        account_id: str,
        lost: Customer,
        after: str | None,
        change: tuple[str, dict[str, Any]],
        actor: Actor,
        now: datetime,
    ) -> bool:
        expression, values = change
        condition = "stripe_customer_id = :lost AND "
        condition += "customer_number = :seen" if lost.number else "attribute_not_exists(customer_number)"
        values = values | {":lost": lost.customer_id, ":next": lost.number + 1}
        if lost.number:
            values[":seen"] = lost.number
        parameters = {name: to_attribute(value) for name, value in values.items()}
        change_id = f"customer-{lost.number + 1:06d}"
        old, new = {CUSTOMER: lost.customer_id}, {CUSTOMER: after}
        recorded = Change(ChangeAction.CUSTOMER_REPLACED, CUSTOMER, change_id, old, new)
        actions = [
            update(self._table_name, _account_key(account_id), expression, condition, parameters),
            change_action(self._table_name, account_id, recorded, actor, now),
        ]
        return not transact(self._client, actions)


def _account_key(account_id: str) -> dict[str, Any]:
    return {"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.account_sk()}}
