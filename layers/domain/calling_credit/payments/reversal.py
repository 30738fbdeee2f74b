"""Reverses credit for refunds and disputes, and returns it when they fail or are won. The current state at Stripe
decides, not the event that caused the check.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import stripe

from calling_credit.accounts.reader import AccountReader
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.payments.reversal_store import write_reversal
from calling_credit.payments.stripe_client import (
    MICROS_PER_CENT,
    NoAnswer,
    Refused,
    classify_error,
    payments_unavailable,
)
from calling_credit.topups.reversals import Losses, reversal_entry, reversal_target
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUpStatus

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
    refunded = sum(refund.amount for refund in refunds if refund.status not in ("failed", "canceled"))
    disputes = client.v1.disputes.list({"payment_intent": intent_id, "limit": 100}).auto_paging_iter()
    lines = [line for dispute in disputes for line in dispute.balance_transactions]
    disputed = sum(line.amount for line in lines)
    times = [*(refund.created for refund in refunds), *(line.created for line in lines)]
    latest = datetime.fromtimestamp(max(times), UTC) if times else None
    return Losses(refunded * MICROS_PER_CENT, disputed * MICROS_PER_CENT), latest


def reverse_topup(
    client: "DynamoDBClient",
    table_name: str,
    stripe_client: stripe.StripeClient,
    account_id: str,
    topup_id: str,
    now: datetime,
) -> str:
    """Bring a top-up's reversed amount up to date. Return reversed, returned, or unchanged; not_paid if the top-up has
    not succeeded.

    Read the top-up before asking Stripe: if its reversed amount is unchanged when the entry is written, no reader with
    newer data has written in between. Because a newer reader may have found nothing to write, ask Stripe again after
    every write.

    Raises:
        Unavailable: payments_unavailable or busy; the same call is safe again.
    """
    topups, outcome = TopUpStore(client, table_name), "unchanged"

    def attempt() -> str | None:
        nonlocal outcome
        topup = topups.read(account_id, topup_id)
        if topup is None or topup.status != TopUpStatus.SUCCEEDED or topup.intent_id is None:
            return "not_paid"
        losses = _losses_or_error(stripe_client, topup.intent_id)
        target = reversal_target(topup.amount_micros, losses)
        time_zone = AccountReader(client, table_name, account_id).account().time_zone
        entry = reversal_entry(topup, target, losses, time_zone, now)
        if entry is None:
            return outcome
        if write_reversal(client, table_name, topup, target, entry, now):
            outcome = "reversed" if entry.amount_micros < 0 else "returned"
        return None

    return retry_on_race("The payment is", attempt)


def _losses_or_error(client: stripe.StripeClient, intent_id: str) -> Losses:
    losses = read_losses(client, intent_id)
    if isinstance(losses, NoAnswer):
        raise payments_unavailable()
    if isinstance(losses, Refused):
        raise Unavailable(
            ProblemCode.PAYMENTS_UNAVAILABLE, "Stripe does not return the refunds and disputes of a payment."
        )
    return losses
