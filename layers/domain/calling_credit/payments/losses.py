"""What stands at Stripe against a payment: its refunds and its disputes, as they are now."""

import stripe

from calling_credit.payments.client import MICROS_PER_CENT, NoAnswer, Refused, judged
from calling_credit.reversals import Losses


def losses_of(client: stripe.StripeClient, intent_id: str) -> Losses | NoAnswer | Refused:
    """Refunds and disputes of the intent's charges. Refunds that failed or were canceled took nothing."""
    try:
        refunds = client.v1.refunds.list({"payment_intent": intent_id, "limit": 100}).auto_paging_iter()
        refunded = sum(refund.amount for refund in refunds if refund.status not in ("failed", "canceled"))
        disputes = client.v1.disputes.list({"payment_intent": intent_id, "limit": 100}).auto_paging_iter()
        disputed = sum(line.amount for dispute in disputes for line in dispute.balance_transactions)
    except stripe.StripeError as error:
        return judged(error)
    return Losses(refunded * MICROS_PER_CENT, disputed * MICROS_PER_CENT)
