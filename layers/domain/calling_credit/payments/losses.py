"""What stands at Stripe against a payment: its refunds and its disputes, as they are now."""

from datetime import UTC, datetime

import stripe

from calling_credit.payments.stripe_client import MICROS_PER_CENT, NoAnswer, Refused, judged
from calling_credit.topups.reversals import Losses


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
