"""Stores promotion codes, and lists them.

The law: a code is created once, in the transaction that contains the permission of its creator. Its total counts
as credit that is given on that day.
"""

import time
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_item
from calling_credit.dynamodb import lot_keys, sweep_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.pages import query_pages
from calling_credit.dynamodb.retries import busy
from calling_credit.dynamodb.sweep import FIRST
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.dynamodb.unreadable import OnUnreadable, decode_item, ignore_unreadable, readable
from calling_credit.errors import Conflict, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.credit_terms import check_ahead
from calling_credit.ledger.permits import Permit, add_permit, check_permitted
from calling_credit.ledger.posting_plan import ActionName, Plan
from calling_credit.lots.promotion import (
    LIST,
    PROMOTION_KIND,
    Promotion,
    PromotionRequest,
    Withdrawal,
    promotion_from_item,
    promotion_item,
    unknown_promotion,
)
from calling_credit.money import format_money

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEW: Final[ActionName] = ("promotion",)
"""The action that stores the code."""


class PromotionStore:
    """The promotion codes in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table_name = table_name
        self._sleep = sleep

    def read(self, code: str) -> Promotion | None:
        """Read a code, strongly consistent; None if there is none."""
        key = lot_keys.promotion_key(code)
        item = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True).get("Item")
        return None if item is None else _decode(item)

    def stored(self, request: PromotionRequest) -> Promotion | None:
        """The code of a request that was carried out; None without one.

        Raises:
            Conflict: `promotion_exists`, the code has other terms.
        """
        promotion = self.read(request.code)
        if promotion is not None and not promotion.has_same_terms(request):
            raise Conflict(ProblemCode.PROMOTION_EXISTS, "This code exists with other terms; choose another code.")
        return promotion

    def create(self, request: PromotionRequest, actor: Actor, permit: Permit, now: datetime) -> Promotion:
        """Create a code, unless it exists with these terms.

        Raises:
            InvalidValue: `invalid_timestamp`, the code would expire at once, or in more than five years.
            Conflict: `promotion_exists`. NotPermitted: the permit of the total does not hold.
            Unavailable: `busy`, or the table did not answer in time; the same request is safe again.
        """
        check_ahead(request.expires_at, now)
        plan = Plan({NEW: put(self._table_name, promotion_item(request, actor, now))})
        add_permit(plan, permit, request.total_micros)
        amounts = {"amount": request.amount_micros, "total": request.total_micros}
        new = {name: format_money(micros) for name, micros in amounts.items()} | {"expires_at": request.expires_at}
        change = Change(ChangeAction.PROMOTION_CREATED, f"promotion:{request.code}", f"created-{request.code}", new=new)
        recorded = change_item("", change, actor, now) | {"PK": {"S": lot_keys.promotion_pk(request.code)}}
        plan.add(("change",), put(self._table_name, recorded))
        failed = plan.write(self._client, sleep=self._sleep)
        if NEW not in failed:
            check_permitted(failed, request.total_micros)
        promotion = self.stored(request)
        if promotion is None:
            raise busy("The code is")
        return promotion

    def withdraw(self, request: Withdrawal, actor: Actor, now: datetime) -> Promotion:
        """Withdraw a code: it redeems nothing from then on, and redeemed credit stays. Return it, also if it was
        withdrawn before.

        Raises:
            NotFound: `unknown_promotion`.
            Unavailable: the table did not answer in time; the same request is safe again.
        """
        at, pk = format_instant(now), lot_keys.promotion_pk(request.code)
        condition = "attribute_exists(PK) AND attribute_not_exists(withdrawn_at)"
        key, values = lot_keys.promotion_key(request.code), to_attributes({":at": at})
        new = {"withdrawn_at": at, "reason": request.reason}
        change = Change(
            ChangeAction.PROMOTION_WITHDRAWN, f"promotion:{request.code}", f"withdrawn-{request.code}", new=new
        )
        actions = [
            update(self._table_name, key, "SET withdrawn_at = :at", condition, values),
            put(self._table_name, change_item("", change, actor, now) | {"PK": {"S": pk}}),
        ]
        transact(self._client, actions, sleep=self._sleep)
        promotion = self.read(request.code)
        if promotion is None:
            raise unknown_promotion()
        if promotion.withdrawn_at is None:
            raise busy("The code is")
        return promotion

    def page(
        self, after: str | None, limit: int, on_unreadable: OnUnreadable = ignore_unreadable
    ) -> tuple[list[Promotion], str | None]:
        """A page of codes, the latest first, after a position, and the position of the next page; None at the end."""
        query: dict[str, Any] = {
            "IndexName": sweep_keys.SWEEP_INDEX,
            "KeyConditionExpression": "sweep_pk = :kind AND sweep_sk BETWEEN :first AND :last",
            "ExpressionAttributeValues": {
                ":kind": {"S": sweep_keys.sweep_pk(PROMOTION_KIND, LIST)},
                ":first": {"S": FIRST},
                ":last": {"S": f"{after}" if after else "~"},
            },
            "ScanIndexForward": False,
            "Limit": limit + 2,
        }
        found = (item for item in query_pages(self._client, self._table_name, query) if item["sweep_sk"]["S"] != after)
        items = list(islice(found, limit + 1))
        position = str(items[limit - 1]["sweep_sk"]["S"]) if len(items) > limit else None
        return list(readable(items[:limit], _decode, on_unreadable)), position


def _decode(attributes: dict[str, Any]) -> Promotion:
    return decode_item(attributes, lambda item: promotion_from_item(from_attributes(item)))
