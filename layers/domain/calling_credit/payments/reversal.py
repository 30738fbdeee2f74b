"""Reverses credit for refunds and disputes, and returns it when they fail or are won. The current state at Stripe
decides, not the event that caused the check.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import stripe

from calling_credit.accounts.reader import AccountReader
from calling_credit.changes.actor import Actor, stripe_actor
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.ledger.entries import Entry
from calling_credit.payments.fraud import FraudGuard
from calling_credit.payments.refund_ends import refund_ends, write_refund_ends
from calling_credit.payments.refund_store import RefundStore
from calling_credit.payments.reversal_store import mark_suspending_action, show_losses, write_reversal
from calling_credit.payments.stripe_client import (
    MICROS_PER_CENT,
    NoAnswer,
    Refused,
    classify_error,
    payments_unavailable,
)
from calling_credit.receipts.issuing import issue_at_once
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.items import NO_RECHARGE
from calling_credit.recharge.store import RechargeStore
from calling_credit.recharge.suspending import suspend_rule
from calling_credit.recharge.suspensions import end_refund
from calling_credit.topups.reversals import Losses, dispute_signal, reversal_entry, reversal_target
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUp, TopUpKind, TopUpStatus

SUSPEND_METADATA: Final = "suspend_recharge"
"""The key in a refund's metadata whose value "true" asks to suspend automatic recharge, for any payment."""

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def read_losses(client: stripe.StripeClient, intent_id: str) -> Losses | NoAnswer | Refused:
    """Read the refunds and disputes of an intent's charges. Failed and canceled refunds do not count."""
    try:
        return read_dated_losses(client, intent_id)[0]
    except stripe.StripeError as error:
        return classify_error(error)


def read_dated_losses(client: stripe.StripeClient, intent_id: str) -> tuple[Losses, datetime | None]:
    """Read the losses, and the time of the latest one; None without any.

    Raises:
        stripe.StripeError: Stripe did not answer, or refused.
    """
    refunds = list(client.v1.refunds.list({"payment_intent": intent_id, "limit": 100}).auto_paging_iter())
    standing = [refund for refund in refunds if refund.status not in ("failed", "canceled")]
    refunded = sum(refund.amount for refund in standing)
    disputes = list(client.v1.disputes.list({"payment_intent": intent_id, "limit": 100}).auto_paging_iter())
    lines = [line for dispute in disputes for line in dispute.balance_transactions]
    signals = [
        dispute_signal(dispute.id, dispute.status, sum(line.amount for line in dispute.balance_transactions))
        for dispute in disputes
    ]
    disputed = sum(line.amount for line in lines)
    times = [*(refund.created for refund in refunds), *(line.created for line in lines)]
    ids = [*((one.created, one.id) for one in refunds), *((one.created, one.id) for one in disputes)]
    latest = datetime.fromtimestamp(max(times), UTC) if times else None
    losses = Losses(
        refunded * MICROS_PER_CENT,
        disputed * MICROS_PER_CENT,
        tuple(signal for signal in signals if signal is not None),
        any(_asks_to_suspend(refund) for refund in standing),
        {name: refund in standing for refund in refunds if (name := refund_id_of(refund))},
        max(ids, default=(0, ""))[1],
    )
    return losses, latest


def refund_id_of(refund: stripe.Refund) -> str:
    """The id of the refund that our staff asked for; "" if it was made at Stripe."""
    return "" if refund.metadata is None else str(refund.metadata.to_dict().get("refund_id", ""))


def _asks_to_suspend(refund: stripe.Refund) -> bool:
    """Whether the operator who made a refund at Stripe asks in its metadata to suspend automatic recharge."""
    return refund.metadata is not None and refund.metadata.to_dict().get(SUSPEND_METADATA) == "true"


def reverse_topup(
    client: "DynamoDBClient",
    table_name: str,
    stripe_client: stripe.StripeClient,
    account_id: str,
    topup_id: str,
    now: datetime,
    tally: Counter[str] | None = None,
) -> str:
    """Bring a top-up's reversed amount up to date. Return reversed, returned, or unchanged; not_paid if the top-up has
    not succeeded, or is not credited. A new dispute also blocks the card, credited or not, and a dispute or the refund
    of a recharge suspends the rule.

    Read the top-up before asking Stripe: if its reversed amount is unchanged when the entry is written, no reader with
    newer data has written in between. Because a newer reader may have found nothing to write, ask Stripe again after
    every write.

    Raises:
        Unavailable: payments_unavailable or busy; the same call is safe again.
    """
    guard, outcome = FraudGuard(client, table_name, stripe_client, now), "unchanged"

    def attempt() -> str | None:
        nonlocal outcome
        topup = TopUpStore(client, table_name).read(account_id, topup_id)
        if topup is None or topup.intent_id is None:
            return "not_paid"
        losses = _losses_or_error(stripe_client, topup.intent_id)
        if topup.status != TopUpStatus.SUCCEEDED:
            guard.answer(topup, losses.signals)
            return "not_paid"
        time_zone = AccountReader(client, table_name, account_id).account().time_zone
        target = reversal_target(topup.amount_micros, topup.gross_micros, losses)
        entry = reversal_entry(topup, target.net_micros, losses, time_zone, now)
        signals = guard.unanswered(losses.signals)
        guard.block(topup, signals)
        refunds = RefundStore(client, table_name).named(account_id, topup_id, list(losses.refunds))
        ends = refund_ends(refunds, losses)
        actor = _actor(topup, losses)
        if entry is None and ends:
            write_refund_ends(client, table_name, ends, actor, now)
            return None
        if entry is None:
            show_losses(client, table_name, topup, losses)
            guard.suspend(topup, signals)
            _apply_refunds(client, table_name, topup, losses, now)
            guard.report(topup, signals)
            issue_at_once(client, table_name, topup, now, guard.tally)
            return outcome
        reasons = _suspends(topup, losses, entry, is_suspected=bool(signals))
        recharge = guard.recharge(account_id) if reasons else NO_RECHARGE
        suspended = [] if recharge.rule is None else reasons, recharge
        if write_reversal(client, table_name, topup, target, entry, now, actor, losses, *suspended, ends):
            outcome = "reversed" if entry.amount_micros < 0 else "returned"
        return None

    try:
        return retry_on_race("The payment is", attempt)
    finally:
        if tally is not None:
            tally.update(guard.tally)


def _actor(topup: TopUp, losses: Losses) -> Actor:
    """What takes credit back or returns it: the latest refund or dispute, else the payment."""
    return stripe_actor(losses.latest or topup.intent_id or topup.topup_id)


def _suspends(topup: TopUp, losses: Losses, entry: Entry, *, is_suspected: bool) -> list[SuspensionReason]:
    """Why the reversal suspends automatic recharge. Beside a new dispute, only a refund that did not suspend it before
    does, because an admin may have armed the rule since.
    """
    if entry.amount_micros >= 0:
        return []
    is_own = topup.kind == TopUpKind.AUTOMATIC or losses.asks_to_suspend
    is_refunded = is_own and losses.refunded_micros > 0
    if not is_suspected:
        return [SuspensionReason.REFUNDED] if is_refunded else []
    is_new_refund = is_refunded and not topup.suspended_recharge
    return [SuspensionReason.DISPUTED, *([SuspensionReason.REFUNDED] if is_new_refund else [])]


def _apply_refunds(client: "DynamoDBClient", table_name: str, topup: TopUp, losses: Losses, now: datetime) -> None:
    """Apply refunds that change no credit now: end the suspension once none stands, or suspend if an operator asked for
    it after the refund was taken back.
    """
    if losses.refunded_micros == 0:
        if topup.suspended_recharge:
            RechargeStore(client, table_name).change_rule(
                topup.account_id,
                lambda rule, state: (rule, end_refund(state, topup.topup_id)),
                _actor(topup, losses),
                now,
            )
    elif losses.asks_to_suspend and not topup.suspended_recharge:
        mark = mark_suspending_action(table_name, topup)
        recharge = RechargeStore(client, table_name).recharge(topup.account_id)
        recorded = recharge, _actor(topup, losses), now
        suspend_rule(client, table_name, topup, SuspensionReason.REFUNDED, recorded, mark)


def _losses_or_error(client: stripe.StripeClient, intent_id: str) -> Losses:
    losses = read_losses(client, intent_id)
    if isinstance(losses, NoAnswer):
        raise payments_unavailable()
    if isinstance(losses, Refused):
        raise Unavailable(
            ProblemCode.PAYMENTS_UNAVAILABLE, "Stripe does not return the refunds and disputes of a payment."
        )
    return losses
