"""What Stripe has taken for us: the payments that succeeded and name one of ours, and what stands against each.
Objects of other systems that share the Stripe account are passed over.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import stripe

from calling_credit.audit.proof import Payment
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.payments.reversal import read_dated_losses
from calling_credit.payments.stripe_client import MICROS_PER_CENT, NoAnswer, classify_error, payments_unavailable
from calling_credit.topups.reversals import Losses

if TYPE_CHECKING:
    from stripe.params import PaymentIntentListParams


def taken_between(client: stripe.StripeClient, since: datetime, until: datetime) -> list[Payment]:
    """Of the payments begun from `since` up to, not including, `until`, those that succeeded.

    Raises:
        Unavailable: payments_unavailable, Stripe does not answer; payments_not_shown, it refuses.
    """
    return _taken(client, {"created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())}})


def taken_from(client: stripe.StripeClient, customer_id: str) -> list[Payment]:
    """Every payment of a customer that succeeded.

    Raises:
        Unavailable: payments_unavailable, Stripe does not answer; payments_not_shown, it refuses.
    """
    return _taken(client, {"customer": customer_id})


def _taken(client: stripe.StripeClient, of_whom: dict[str, Any]) -> list[Payment]:
    params: PaymentIntentListParams = {**of_whom, "limit": 100, "expand": ["data.latest_charge"]}  # type: ignore[typeddict-item]
    try:
        return list(_ours(client, client.v1.payment_intents.list(params).auto_paging_iter()))
    except stripe.StripeError as error:
        if isinstance(classify_error(error), NoAnswer):
            raise payments_unavailable() from error
        raise Unavailable(ProblemCode.PAYMENTS_NOT_SHOWN, "Stripe refuses to show payments of ours.") from error


def _ours(client: stripe.StripeClient, intents: Iterator[stripe.PaymentIntent]) -> Iterator[Payment]:
    for intent in intents:
        named = intent.metadata.to_dict()
        account_id, topup_id = str(named.get("account_id", "")), str(named.get("topup_id", ""))
        if intent.status != "succeeded" or not account_id or not topup_id:
            continue
        charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
        losses, lost_at = Losses(0, 0), None
        if charge is None or charge.amount_refunded or charge.disputed:
            losses, lost_at = read_dated_losses(client, intent.id)
        taken_at = charge.created if charge is not None else intent.created
        yield Payment(
            intent.id,
            topup_id,
            account_id,
            intent.amount_received * MICROS_PER_CENT,
            datetime.fromtimestamp(taken_at, UTC),
            losses,
            lost_at,
        )
