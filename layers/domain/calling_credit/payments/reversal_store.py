"""Writes a reversal exactly once: entry, day, and balance change together with the top-up's reversed amount, on the
condition that this amount is still the one that was read. A refund or dispute that suspends automatic recharge does so
in this transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import Entry, EntryKind
from calling_credit.ledger.posting import posting_plan
from calling_credit.money import format_money
from calling_credit.payments.bought_money import reversal_actions
from calling_credit.payments.refund_ends import RefundEnd, end_actions, freed_micros
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.items import NO_RECHARGE, Recharge, suspend_action
from calling_credit.recharge.rule_changes import suspension_actions
from calling_credit.topups.items import topup_key
from calling_credit.topups.reversals import Losses
from calling_credit.topups.topup import TopUp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def write_reversal(
    client: "DynamoDBClient",
    table_name: str,
    topup: TopUp,
    target_micros: int,
    entry: Entry,
    now: datetime,
    actor: Actor,
    suspends: Sequence[SuspensionReason] = (),
    recharge: Recharge = NO_RECHARGE,
    ends: Sequence[RefundEnd] = (),
    losses: Losses | None = None,
) -> bool:
    """Write a reversal. Return False if the top-up's reversed amount has changed, so that it must be read again.

    Args:
        ends: refunds that end with the reversal. It releases the credit that they hold.
        losses: what Stripe says of the payment, to show with it.
        suspends: the reasons for which the same transaction suspends the account's rule of automatic recharge. The
            rule exists; its state does not matter.
        recharge: the account's rule and state as they were read, for the record of the suspension.

    Raises:
        Unavailable: the table did not answer in time; read again to learn whether the reversal was written.
    """
    values = {
        ":target": to_attribute(target_micros),
        ":count": to_attribute(topup.reversals + 1),
        ":before": to_attribute(topup.reversed_micros),
        ":counted": to_attribute(topup.reversals),
        ":succeeded": to_attribute("succeeded"),
        ":now": to_attribute(format_instant(now)),
    }
    expression = "SET reversed_micros = :target, reversals = :count, updated_at = :now"
    if SuspensionReason.REFUNDED in suspends:
        expression += ", suspended_recharge = :true"
        values[":true"] = to_attribute(True)
    if losses is not None:
        shown, more = _shown(losses, topup)
        expression, values = f"{expression}, {shown}", values | more
    freed = freed_micros(ends)
    if freed:
        expression += " ADD refunding_micros :less"
        values[":less"] = to_attribute(-freed)
    change = update(
        table_name,
        topup_key(topup.account_id, topup.topup_id),
        expression,
        "#status = :succeeded AND reversed_micros = :before AND reversals = :counted",
        values,
        {"#status": "status"},
    )
    plan = posting_plan(table_name, [entry], unarms=bool(suspends), freed_micros=freed)
    plan.add(("top_up", topup.topup_id), change)
    others = reversal_actions(table_name, topup, entry) | end_actions(table_name, ends, actor, now)
    for name, action in others.items():
        plan.add(name, action)
    plan.add(("change",), change_action(table_name, topup.account_id, _change(topup, target_micros, entry), actor, now))
    if suspends:
        plan.add(("recharge",), suspend_action(table_name, topup, *suspends))
    for record in suspension_actions(table_name, topup, suspends, recharge, actor, now) if suspends else ():
        plan.add(("suspension",), record)
    return not plan.write(client)


def _change(topup: TopUp, target_micros: int, entry: Entry) -> Change:
    """The recorded change: how much of the payment was taken back before and after."""
    action = ChangeAction.CREDIT_REVERSED if entry.kind == EntryKind.CREDIT_REVERSED else ChangeAction.CREDIT_RETURNED
    old, new = ({"reversed": format_money(micros)} for micros in (topup.reversed_micros, target_micros))
    new |= {"amount": format_money(entry.amount_micros)}
    return Change(action, f"top_up:{topup.topup_id}", entry.cause_id, old, new)


def show_losses(client: "DynamoDBClient", table_name: str, topup: TopUp, losses: Losses) -> bool:
    """Store what Stripe says of a payment whose credit stays as it is, if it is news. Return whether it is.

    A reversal since the read has stored its own.
    """
    refunded = min(losses.refunded_micros, topup.amount_micros)
    if (topup.shown_refund_micros, topup.is_disputed) == (refunded, bool(losses.signals)):
        return False
    expression, values = _shown(losses, topup)
    values[":counted"] = to_attribute(topup.reversals)
    action = update(
        table_name,
        topup_key(topup.account_id, topup.topup_id),
        f"SET {expression}",
        "attribute_exists(PK) AND reversals = :counted",
        values,
    )
    return not transact(client, [action])


def _shown(losses: Losses, topup: TopUp) -> tuple[str, dict[str, Any]]:
    values = {
        ":refunded": to_attribute(min(losses.refunded_micros, topup.amount_micros)),
        ":disputed": to_attribute(bool(losses.signals)),
    }
    return "refunded_micros = :refunded, is_disputed = :disputed", values


def mark_suspending_action(table_name: str, topup: TopUp) -> dict[str, Any]:
    """The action that records that a refund of a top-up suspends automatic recharge, once."""
    return update(
        table_name,
        topup_key(topup.account_id, topup.topup_id),
        "SET suspended_recharge = :true",
        "attribute_exists(PK) AND (attribute_not_exists(suspended_recharge) OR suspended_recharge <> :true)",
        {":true": to_attribute(True)},
    )
