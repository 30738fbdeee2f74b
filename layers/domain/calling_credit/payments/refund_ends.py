"""The ends of refunds: with a reversal that takes their credit, or because Stripe refused them or they failed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import move_keys
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import update
from calling_credit.instants import format_instant
from calling_credit.ledger.allowances import RETENTION, Allowance, return_action
from calling_credit.ledger.balance_update import hold_credit_action
from calling_credit.ledger.posting_plan import BALANCE, ActionName, Plan
from calling_credit.money import format_money
from calling_credit.payments.refunds import Refund, RefundStatus
from calling_credit.topups.items import topup_key
from calling_credit.topups.reversals import Losses

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FAILED_AT_BANK: Final = "failed_at_bank"
"""The failure of a refund that Stripe made, and that the bank returned."""
MAX_ENDS: Final = 30
"""The refunds that one transaction ends. It has at most 100 actions: three for each refund, and those of a reversal."""


@dataclass(frozen=True, slots=True)
class RefundEnd:
    """A refund, and the status in which it ends. `code`: why it failed."""

    refund: Refund
    status: RefundStatus
    code: str = ""

    @property
    def held_micros(self) -> int:
        """The credit that the refund holds until this end."""
        return self.refund.credit_micros if self.refund.is_live else 0

    @property
    def ended_micros(self) -> int:
        """What of the payment is no longer under way after this end."""
        return self.refund.request.amount_micros if self.refund.is_live else 0


def refund_ends(refunds: Iterable[Refund], losses: Losses) -> list[RefundEnd]:
    """The ends that refunds have reached at Stripe and not in the table, as many as fit one transaction. The caller
    repeats until there are none.
    """
    ends = []
    for refund in refunds:
        status = RefundStatus.REFUNDED if losses.refunds[refund.refund_id] else RefundStatus.FAILED
        if refund.status is not status:
            ends.append(RefundEnd(refund, status, "" if status is RefundStatus.REFUNDED else FAILED_AT_BANK))
    return ends[:MAX_ENDS]


def held_micros(ends: Iterable[RefundEnd]) -> int:
    """The credit that refunds hold until these ends."""
    return sum(end.held_micros for end in ends)


def ended_micros(ends: Iterable[RefundEnd]) -> int:
    """What of the payment is no longer under way after these ends."""
    return sum(end.ended_micros for end in ends)


def end_actions(table_name: str, ends: Sequence[RefundEnd], actor: Actor, now: datetime) -> dict[ActionName, Any]:
    """The actions that end refunds of one payment, except those on the balance and on the payment. The amount of one
    that failed while it was live returns to its day's limit.
    """
    actions: dict[ActionName, Any] = {}
    returned: dict[tuple[str, str], int] = defaultdict(int)
    for end in ends:
        refund = end.refund
        actions["refund", refund.refund_id] = _end_action(table_name, end, now)
        action = ChangeAction.REFUND_FAILED if end.status is RefundStatus.FAILED else ChangeAction.REFUND_MADE
        change = refund_change(refund, action, {"code": end.code or None})
        account_id = refund.request.account_id
        actions["refund_change", refund.refund_id] = change_action(table_name, account_id, change, actor, now)
        if end.ended_micros and end.status is RefundStatus.FAILED:
            returned[refund.counted_pk, refund.counted_day] += end.ended_micros
    for (holder_pk, day), amount in returned.items():
        allowance = Allowance(holder_pk, day, 0, int((now + RETENTION).timestamp()))
        actions["allowance", holder_pk, day] = return_action(table_name, allowance, amount)
    return actions


def write_refund_ends(
    client: "DynamoDBClient", table_name: str, ends: Sequence[RefundEnd], actor: Actor, now: datetime
) -> bool:
    """End refunds of one payment without a reversal. Return whether this call did.

    Raises:
        Unavailable: the table did not answer in time; the same call is safe again.
    """
    plan = Plan(dict(end_actions(table_name, ends, actor, now)))
    request, ended = ends[0].refund.request, ended_micros(ends)
    if ended:
        at, held = format_instant(now), held_micros(ends)
        release = hold_credit_action(table_name, request.account_id, -held, at, must_be_available=False)
        plan.add(BALANCE, release)
        values = {":less": to_attribute(-ended)}
        key = topup_key(request.account_id, request.topup_id)
        unreserve = update(table_name, key, "ADD refunding_micros :less", "attribute_exists(PK)", values)
        plan.add(("top_up", request.topup_id), unreserve)
    return not plan.write(client)


def refund_change(refund: Refund, action: ChangeAction, more: dict[str, Any]) -> Change:
    """A change of a refund. Its id tells the steps of one refund apart."""
    new = {"amount": format_money(refund.request.amount_micros), "refund_id": refund.refund_id, **more}
    return Change(
        action,
        f"top_up:{refund.request.topup_id}",
        f"{refund.refund_id}.{action}",
        new={name: value for name, value in new.items() if value is not None},
    )


def refund_key(refund: Refund) -> dict[str, Any]:
    """The item key of a refund."""
    return move_keys.item_key(refund.request.account_id, move_keys.refund_sk(refund.refund_id))


def _end_action(table_name: str, end: RefundEnd, now: datetime) -> dict[str, Any]:
    values = {
        ":before": to_attribute(end.refund.status),
        ":status": to_attribute(end.status),
        ":at": to_attribute(format_instant(now)),
    }
    expression = "SET #status = :status, ended_at = :at"
    if end.code:
        expression += ", failure_code = :code"
        values[":code"] = to_attribute(end.code)
    expression += " REMOVE sweep_pk, sweep_sk"
    return update(table_name, refund_key(end.refund), expression, "#status = :before", values, {"#status": "status"})
