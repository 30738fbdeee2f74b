"""Stores refunds, and ends them.

The law: the hold of a refund stands exactly while the refund is `asking`. The transaction that stores the refund holds
its amount in the balance and reserves it in the payment; the transaction that ends it gives both back. A reversal that
covers the refund is that transaction too, so a refund and its reversal never take the credit twice.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import change_action
from calling_credit.dynamodb import keys, move_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attribute
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.dynamodb.unreadable import OnUnreadable, UnreadableItem
from calling_credit.errors import Conflict, NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.ledger.allowances import allowance_of
from calling_credit.ledger.balance import balance_from_item
from calling_credit.ledger.balance_update import hold_credit_action
from calling_credit.ledger.claims import check_same
from calling_credit.ledger.permits import Permit, add_permit, check_permitted
from calling_credit.ledger.posting_plan import Plan
from calling_credit.money import format_money
from calling_credit.payments.refund_ends import RefundEnd, refund_change, refund_key, write_refund_ends
from calling_credit.payments.refunds import (
    Refund,
    RefundRequest,
    RefundStatus,
    check_refundable,
    credit_of,
    refund_from_item,
    refund_item,
    refund_sweep_sk,
)
from calling_credit.topups.items import topup_from_item, topup_key
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAYMENT: Final = "The payment is"
"""The subject of the error after losing every race with concurrent changes."""
MAX_WAIT: Final = timedelta(hours=1)
MIN_WAIT: Final = timedelta(minutes=2)


class RefundStore:
    """The refunds in the table."""

    def __init__(self, client: "DynamoDBClient", table_name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table_name = table_name
        self._sleep = sleep

    def read(self, account_id: str, refund_id: str) -> Refund | None:
        """Read a refund; None if the account has none with this id."""
        key = move_keys.item_key(account_id, move_keys.refund_sk(refund_id))
        item = self._client.get_item(TableName=self._table_name, Key=key, ConsistentRead=True).get("Item")
        return refund_from_item(item) if item else None

    def stored(self, request: RefundRequest, refund_id: str) -> Refund | None:
        """The refund that an earlier request with the same key stored; None without one.

        Raises:
            Conflict: `idempotency_key_reused`.
        """
        refund = self.read(request.account_id, refund_id)
        if refund is not None:
            check_same(refund.request.facts, request.facts)
        return refund

    def start(self, request: RefundRequest, refund_id: str, actor: Actor, permit: Permit, now: datetime) -> Refund:
        """Store a refund and hold its amount, unless an earlier request with the same key has. Nothing was sent to
        Stripe yet.

        Raises:
            NotFound: `unknown_top_up`. InvalidValue: `amount_out_of_range`.
            Conflict: `top_up_not_paid`, `insufficient_credit`, `idempotency_key_reused`.
            NotPermitted: the permit does not hold.
            Unavailable: `busy`, or the table did not answer in time; the same request is safe again.
        """

        def attempt() -> Refund | None:
            stored = self.stored(request, refund_id)
            if stored is not None:
                return stored
            topup, refunding, available = self._read_payment(request)
            check_refundable(topup, request.amount_micros, refunding)
            credit = credit_of(topup, request.amount_micros, refunding)
            if available < credit and not request.override:
                raise _insufficient_credit(available, credit, request.amount_micros)
            refund = _new_refund(request, refund_id, topup, actor, now)
            refund = replace(refund, held_micros=credit if topup.tax_micros else None)
            plan = self._start_plan(refund, topup, refunding, now)
            add_permit(plan, permit, request.amount_micros)
            failed = plan.write(self._client, sleep=self._sleep)
            check_permitted(failed, request.amount_micros)
            return None if failed else replace(refund, is_new=True)

        return retry_on_race(PAYMENT, attempt)

    def posted_micros(self, account_id: str) -> int:
        """The posted balance of an account."""
        item = self._client.get_item(TableName=self._table_name, Key=keys.balance_key(account_id), ConsistentRead=True)[
            "Item"
        ]
        return balance_from_item(from_attributes(item)).posted_micros

    def fail(self, refund: Refund, code: str, actor: Actor, now: datetime) -> bool:
        """End a live refund that Stripe refused, and release its hold. Return whether this call did."""
        end = RefundEnd(refund, RefundStatus.FAILED, code)
        return write_refund_ends(self._client, self._table_name, [end], actor, now)

    def reschedule(self, refund: Refund, now: datetime) -> None:
        """Set the next check by the sweep; older refunds wait longer."""
        age = now - datetime.fromisoformat(refund.created_at)
        check_at = format_instant(now + min(max(MIN_WAIT, age // 4), MAX_WAIT))
        values = {":at": to_attribute(refund_sweep_sk(refund, check_at)), ":live": to_attribute(RefundStatus.ASKING)}
        action = update(
            self._table_name, refund_key(refund), "SET sweep_sk = :at", "#status = :live", values, {"#status": "status"}
        )
        transact(self._client, [action], sleep=self._sleep)

    def read_due(self, account_id: str, refund_id: str, on_unreadable: OnUnreadable) -> Refund | None:
        """Read a refund of the sweep index, which may lag behind; None if it has ended or is unreadable."""
        try:
            refund = self.read(account_id, refund_id)
        except UnreadableItem as error:
            on_unreadable(error)
            return None
        return refund if refund is not None and refund.is_live else None

    def named(self, account_id: str, topup_id: str, refund_ids: Sequence[str]) -> list[Refund]:
        """The refunds of a payment with these ids. Anyone who refunds at Stripe can write another payment's there."""
        wanted = [(keys.account_pk(account_id), move_keys.refund_sk(refund_id)) for refund_id in refund_ids]
        items = read_many(self._client, self._table_name, wanted) if wanted else {}
        refunds = [refund_from_item(items[key]) for key in wanted if key in items]
        return [refund for refund in refunds if refund.request.topup_id == topup_id]

    def _read_payment(self, request: RefundRequest) -> tuple[TopUp, int, int]:
        """The payment, what live refunds of it hold, and the account's available credit."""
        pk = keys.account_pk(request.account_id)
        wanted = [(pk, keys.topup_sk(request.topup_id)), (pk, keys.balance_sk())]
        items = read_many(self._client, self._table_name, wanted)
        topup, balance = (items.get(key) for key in wanted)
        if topup is None or balance is None:
            raise NotFound(
                ProblemCode.UNKNOWN_TOP_UP, "This account has no payment with this id; the account's page lists them."
            )
        refunding = int(topup.get("refunding_micros", {"N": "0"})["N"])
        return topup_from_item(topup), refunding, balance_from_item(from_attributes(balance)).available_micros

    def _start_plan(self, refund: Refund, topup: TopUp, refunding: int, now: datetime) -> Plan:
        request, at = refund.request, format_instant(now)
        plan = Plan()
        plan.add(("refund",), put(self._table_name, refund_item(refund)))
        values = {
            ":amount": to_attribute(request.amount_micros),
            ":reversed": to_attribute(topup.reversed_micros),
            ":reversals": to_attribute(topup.reversals),
            ":refunding": to_attribute(refunding),
            ":succeeded": to_attribute("succeeded"),
        }
        condition = (
            "#status = :succeeded AND reversed_micros = :reversed AND reversals = :reversals "
            "AND (refunding_micros = :refunding"
        )
        condition += ")" if refunding else " OR attribute_not_exists(refunding_micros))"
        key = topup_key(request.account_id, request.topup_id)
        reserve = update(
            self._table_name, key, "ADD refunding_micros :amount", condition, values, {"#status": "status"}
        )
        plan.add(("top_up",), reserve)
        must = not request.override
        hold = hold_credit_action(
            self._table_name, request.account_id, refund.credit_micros, at, must_be_available=must
        )
        plan.add(("balance",), hold)
        change = refund_change(
            refund, ChangeAction.REFUND_STARTED, {"reason": request.reason, "override": request.override or None}
        )
        plan.add(("change",), change_action(self._table_name, request.account_id, change, refund.actor, now))
        return plan


def _new_refund(request: RefundRequest, refund_id: str, topup: TopUp, actor: Actor, now: datetime) -> Refund:
    counted = allowance_of(actor, 0, now)
    return Refund(
        request,
        refund_id,
        RefundStatus.ASKING,
        topup.intent_id or "",
        format_instant(now),
        actor.by,
        actor.name,
        actor.address,
        counted.holder_pk,
        counted.day,
    )


def _insufficient_credit(available_micros: int, credit_micros: int, amount_micros: int) -> Conflict:
    available = format_money(max(0, available_micros))
    if credit_micros == amount_micros:
        return Conflict(
            ProblemCode.INSUFFICIENT_CREDIT,
            f"{available} of credit is available; refund at most that amount, or send override: true with the reason.",
        )
    return Conflict(
        ProblemCode.INSUFFICIENT_CREDIT,
        f"{available} of credit is available, but this refund takes back {format_money(credit_micros)} of credit and "
        "the tax on it; refund less, or send override: true with the reason.",
    )
