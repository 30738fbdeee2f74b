"""Reads and writes top-ups until they end. `payments.settlement` ends them."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.transactions import put, transact
from calling_credit.dynamodb.unreadable import OnUnreadable, UnreadableItem, raise_unreadable, readable, unreadable
from calling_credit.instants import format_instant
from calling_credit.ledger.headroom import nudge_action
from calling_credit.payment_names import MethodType
from calling_credit.topups.declines import Decline
from calling_credit.topups.items import (
    next_check,
    payment_item,
    sweep_sk,
    topup_from_item,
    topup_item,
    topup_key,
)
from calling_credit.topups.listing import listed_here, listed_ids, payment_sort_keys
from calling_credit.topups.topup import OPEN, TopUp, TopUpKind, TopUpStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

RECENT_PERIOD: Final = timedelta(days=10)
"""How far back to look for open payments: longer than any payment takes. A bank account takes four business days
(docs.stripe.com/payments/ach-direct-debit).
"""


class TopUpStore:
    """The top-ups in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self, account_id: str, topup_id: str) -> TopUp | None:
        """Read a top-up; None if the account has none with this id."""
        answer = self._client.get_item(
            TableName=self._table_name, Key=topup_key(account_id, topup_id), ConsistentRead=True
        )
        return topup_from_item(answer["Item"]) if "Item" in answer else None

    def create(self, topup: TopUp) -> TopUp:
        """Store a new top-up with its complete requests before anything is sent to Stripe. Return the stored one if it
        exists already.

        Raises:
            Unavailable: the table did not answer in time; nothing was sent to Stripe.
        """
        actions = [put(self._table_name, topup_item(topup)), put(self._table_name, payment_item(topup))]
        if not transact(self._client, actions):
            return topup
        return self.read(topup.account_id, topup.topup_id) or topup

    def page(
        self, account_id: str, after: str | None, limit: int, on_unreadable: OnUnreadable = raise_unreadable
    ) -> tuple[list[TopUp], str | None]:
        """A page of an account's top-ups, newest first, without the unreadable ones that `on_unreadable` accepts, and
        the sort key after which the next page starts.
        """
        item_keys = payment_sort_keys(self._client, self._table_name, account_id, None, after, limit + 1)
        page = item_keys[:limit]
        topups = self._read_all(account_id, listed_ids(page), on_unreadable)
        listed = listed_here(self._client, self._table_name, account_id, page, topups)
        return listed, page[-1] if len(item_keys) > limit else None

    def recent(self, account_id: str, now: datetime) -> list[TopUp]:
        """The account's recent top-ups, which may still be open, newest first."""
        item_keys = payment_sort_keys(
            self._client, self._table_name, account_id, format_instant(now - RECENT_PERIOD), None, None
        )
        return self._read_all(account_id, listed_ids(item_keys))

    def acquire_lease(self, topup: TopUp, lease: timedelta, now: datetime) -> TopUp | None:
        """Acquire the lease; None if the top-up has ended or another worker holds the lease."""
        return self._change(
            topup,
            {"lease_until": format_instant(now + lease), "sweep_sk": sweep_sk(topup, format_instant(now + lease))},
            now,
            "(attribute_not_exists(lease_until) OR lease_until <= :now)",
            {":now": format_instant(now)},
        )

    def release(self, topup: TopUp, now: datetime) -> None:
        """Give the lease back, so that the next request may continue at once."""
        self._change(topup, {"lease_until": None}, now)

    def store_intent(self, topup: TopUp, intent_id: str, now: datetime) -> TopUp | None:
        """created -> confirming: store the intent's id, so that it may be confirmed. None if the top-up has changed."""
        return self._change(
            topup,
            {"intent_id": intent_id, "status": TopUpStatus.CONFIRMING},
            now,
            "#status = :created AND attribute_not_exists(intent_id)",
            {":created": "created"},
        )

    def store_confirmation(self, topup: TopUp, request: str, now: datetime) -> TopUp | None:
        """Store the next confirmation, with its own key, before it is sent. None if another worker was faster."""
        return self._change(
            topup,
            {"confirm_number": topup.confirm_number + 1, "confirm_request": request},
            now,
            "confirm_number = :number",
            {":number": topup.confirm_number},
        )

    def store_decline(self, topup: TopUp, decline: Decline, now: datetime) -> TopUp | None:
        """Store the bank's decline before the intent is canceled. None if the top-up has ended."""
        return self._change(topup, {"failure_code": decline.code, "failure_advice": decline.advice}, now)

    def record_status(
        self, topup: TopUp, status: TopUpStatus, next_action_url: str | None, now: datetime
    ) -> TopUp | None:
        """Store Stripe's status. `requires_action` also ends the lease, so that the customer can continue at once. A
        bank that takes days keeps it until the next check, so that no call of the account asks Stripe again. None if
        the top-up has ended.
        """
        check_at = next_check(topup, now)
        change = {"status": status, "next_action_url": next_action_url, "sweep_sk": sweep_sk(topup, check_at)}
        if status == TopUpStatus.REQUIRES_ACTION:
            change["lease_until"] = None
        elif topup.card.type is MethodType.BANK_ACCOUNT:
            change["lease_until"] = check_at
        return self._change(topup, change, now)

    def store_page(self, topup: TopUp, session_id: str, url: str | None, now: datetime) -> TopUp | None:
        """Store the page of a checkout, and end the lease. None if the top-up has ended, or has a page."""
        change = {"session_id": session_id, "next_action_url": url} | _awaiting(topup)
        return self._change(topup, change, now, "attribute_not_exists(session_id)")

    def await_page(self, topup: TopUp, now: datetime) -> TopUp:
        """End the lease of a checkout, and let the sweeper check it when its page expires."""
        return self._change(topup, _awaiting(topup), now) or topup

    def store_method(
        self, topup: TopUp, status: TopUpStatus, check_at: str, now: datetime, *, is_shown: bool
    ) -> TopUp | None:
        """Store what pays a checkout, its status, and when to check it. None if the top-up has ended."""
        card = topup.card
        change = {
            "intent_id": topup.intent_id,
            "payment_method_id": card.payment_method_id,
            "brand": card.brand,
            "last4": card.last4,
            "fingerprint": card.fingerprint,
            "status": status,
            "sweep_sk": sweep_sk(topup, check_at),
            "lease_until": None,
        }
        return self._change(topup, change | ({"shown_at": format_instant(now)} if is_shown else {}), now)

    def check_waiting(self, account_id: str, now: datetime) -> None:
        """Let the next sweep check the account's payments that wait for their customer, also on Stripe's page."""
        for topup in self.recent(account_id, now):
            is_on_page = topup.kind == TopUpKind.CHECKOUT and topup.status == TopUpStatus.CREATED
            if is_on_page or topup.status == TopUpStatus.REQUIRES_ACTION:
                self._change(topup, {"sweep_sk": sweep_sk(topup, format_instant(now))}, now)

    def record_shown(self, topup: TopUp, now: datetime) -> None:
        """Record that a request is answered with the unpaid end of this payment."""
        self._client.update_item(
            TableName=self._table_name,
            Key=topup_key(topup.account_id, topup.topup_id),
            UpdateExpression="SET shown_at = :now",
            ConditionExpression="attribute_exists(PK)",
            ExpressionAttributeValues={":now": to_attribute(format_instant(now))},
        )

    def nudge(self, account_id: str) -> None:
        """Make the stream report the balance again."""
        self._client.update_item(**nudge_action(self._table_name, account_id)["Update"])

    def reschedule_check(self, topup: TopUp, now: datetime) -> None:
        """Set the next check by the sweeper; older payments wait longer."""
        self._change(topup, {"sweep_sk": sweep_sk(topup, next_check(topup, now))}, now)

    def _change(
        self,
        topup: TopUp,
        change: dict[str, Any],
        now: datetime,
        condition: str = "attribute_exists(PK)",
        values: dict[str, Any] | None = None,
    ) -> TopUp | None:
        """Set attributes of an open top-up; None if the condition failed."""
        attributes = change | {"updated_at": format_instant(now)}
        to_set = {name: value for name, value in attributes.items() if value is not None}
        to_remove = [name for name, value in attributes.items() if value is None]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in to_set)
        if to_remove:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in to_remove)
        still_open = {f":open_{at}": status for at, status in enumerate(sorted(OPEN))}
        parameters = {f":{name}": value for name, value in to_set.items()} | still_open | (values or {})
        try:
            answer = self._client.update_item(
                TableName=self._table_name,
                Key=topup_key(topup.account_id, topup.topup_id),
                UpdateExpression=expression,
                ConditionExpression=f"#status IN ({', '.join(still_open)}) AND {condition}",
                ExpressionAttributeNames={"#status": "status"} | {f"#{name}": name for name in (*to_set, *to_remove)},
                ExpressionAttributeValues={name: to_attribute(value) for name, value in parameters.items()},
                ReturnValues="ALL_NEW",
            )
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
            return None
        return topup_from_item(answer["Attributes"])

    def _read_all(
        self, account_id: str, topup_ids: list[str], on_unreadable: OnUnreadable = raise_unreadable
    ) -> list[TopUp]:
        """The top-ups with these ids, in this order.

        Raises:
            UnreadableItem: one of them is missing or unreadable, and `on_unreadable` raises it.
        """
        item_keys = [(keys.account_pk(account_id), keys.topup_sk(topup_id)) for topup_id in topup_ids]
        items = read_many(self._client, self._table_name, item_keys)
        for pk, sort_key in item_keys:
            if (pk, sort_key) not in items:
                on_unreadable(unreadable({"PK": pk, "SK": sort_key}, "PK"))
        found = (items[key] for key in item_keys if key in items)
        return list(readable(found, topup_from_item, on_unreadable))

    def read_due(self, account_id: str, topup_id: str, now: datetime, on_unreadable: OnUnreadable) -> TopUp | None:
        """Read a top-up of the sweep index, which may lag behind; None if it has ended, is unreadable, or a worker
        holds its lease.
        """
        try:
            topup = self.read(account_id, topup_id)
        except UnreadableItem as error:
            on_unreadable(error)
            return None
        return None if topup is None or topup.is_finished or topup.is_leased(now) else topup


def _awaiting(topup: TopUp) -> dict[str, Any]:
    """The change that leaves a checkout to its customer until its page expires."""
    return {"lease_until": None, "sweep_sk": sweep_sk(topup, topup.page_expires_at or topup.created_at)}
