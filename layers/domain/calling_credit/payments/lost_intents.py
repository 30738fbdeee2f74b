"""Finds top-ups whose intent Stripe no longer knows. Whether the card was charged cannot be found out, so operators get
an issue, automatic recharge is suspended, and nothing is charged again before a person acts.
"""

import stripe

from calling_credit.payments import intents
from calling_credit.payments.intents import StripeResult
from calling_credit.payments.issues import Issue, IssueCode
from calling_credit.payments.stripe_account import StripeAccountGuard
from calling_credit.payments.stripe_client import MISSING, Refused
from calling_credit.topups.topup import TopUp


def retrieve_intent(client: stripe.StripeClient, guard: StripeAccountGuard, intent_id: str) -> StripeResult | None:
    """Retrieve an intent; None if the stack's Stripe account twice does not know it.

    Raises:
        Unavailable: stripe_account_changed, another Stripe account may know it; payments_unavailable.
    """
    for _ in range(2):
        result = intents.retrieve(client, intent_id)
        if not isinstance(result, Refused) or result.code != MISSING:
            return result
    guard.require_same(ask_stripe=True)
    return None


def lost_payment_issue(topup: TopUp) -> Issue:
    """The issue about a top-up whose intent is lost. It has its own key, because an event about the same intent may
    later report an unknown object.
    """
    details = f"top-up {topup.topup_id} ({topup.status}): Stripe does not know its intent; it may have been charged"
    return Issue(
        topup.intent_id or topup.topup_id, IssueCode.PAYMENT_LOST, topup.account_id, details, f"lost {topup.topup_id}"
    )
