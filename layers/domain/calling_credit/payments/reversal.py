"""Brings the book up to what stands at Stripe against a payment: takes credit back for refunds and disputes, and gives
it back when they fail or are won. Whatever says that something happened, what is there now decides.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import stripe

from calling_credit.accounts.reader import AccountReader
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.payments.reversal_store import reverse
from calling_credit.payments.stripe_client import MICROS_PER_CENT, NoAnswer, Refused, judged, no_answer
from calling_credit.recharge.store import MAX_ROUNDS, busy
from calling_credit.topups.reversals import Losses, reversal_entry, target
from calling_credit.topups.store import TopUps

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def losses_of(client: stripe.StripeClient, intent_id: str) -> Losses | NoAnswer | Refused:
    """Refunds and disputes of the intent's charges. Refunds that failed or were canceled took nothing."""
    try:
        return dated_losses(client, intent_id)[0]
    except stripe.StripeError as error:
        return judged(error)


def dated_losses(client: stripe.StripeClient, intent_id: str) -> tuple[Losses, datetime | None]:
    """The same, and when the latest of it was made; None if there is nothing.

    Raises:
        stripe.StripeError: Stripe did not answer, or refused.
    """
    refunds = list(client.v1.refunds.list({"payment_intent": intent_id, "limit": 100}).auto_paging_iter())
    refunded = sum(refund.amount for refund in refunds if refund.status not in ("failed", "canceled"))
    disputes = client.v1.disputes.list({"payment_intent": intent_id, "limit": 100}).auto_paging_iter()
    lines = [line for dispute in disputes for line in dispute.balance_transactions]
    disputed = sum(line.amount for line in lines)
    made = [*(refund.created for refund in refunds), *(line.created for line in lines)]
    latest = datetime.fromtimestamp(max(made), UTC) if made else None
    return Losses(refunded * MICROS_PER_CENT, disputed * MICROS_PER_CENT), latest


def take_back(
    client: "DynamoDBClient",
    table_name: str,
    stripe_client: stripe.StripeClient,
    account_id: str,
    topup_id: str,
    now: datetime,
) -> str:
    """reversed, returned, or unchanged; not_paid where the payment has not succeeded, so that nothing can be taken
    back.

    The top-up is read before Stripe is asked: if its sum is still the same when the entry is written, nobody who asked
    Stripe later has written before. But somebody who asked later may have found nothing to write, so Stripe is asked
    once more after each entry: whoever writes last has asked since.

    Raises:
        Unavailable: payments_unavailable or busy; the same call is safe again.
    """
    topups, done = TopUps(client, table_name), "unchanged"
    for _ in range(MAX_ROUNDS):
        topup = topups.read(account_id, topup_id)
        if topup is None or topup.status != "succeeded" or topup.intent_id is None:
            return "not_paid"
        losses = losses_of(stripe_client, topup.intent_id)
        if isinstance(losses, NoAnswer):
            raise no_answer()
        if isinstance(losses, Refused):
            raise Unavailable(
                ProblemCode.PAYMENTS_UNAVAILABLE, "Stripe does not show what stands against a payment of ours."
            )
        goal = target(topup.amount_micros, losses)
        time_zone = AccountReader(client, table_name, account_id).settings()["time_zone"]
        entry = reversal_entry(topup, goal, losses, time_zone, now)
        if entry is None:
            return done
        if reverse(client, table_name, topup, goal, entry, now):
            done = "reversed" if entry.amount_micros < 0 else "returned"
    raise busy()
