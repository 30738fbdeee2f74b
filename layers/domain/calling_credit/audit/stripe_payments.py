"""Reads the successful payments at Stripe whose metadata names a top-up, with their refunds and disputes.

It skips objects of other systems that share the Stripe account.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import stripe

from calling_credit.audit.proof import Payment
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.payments.reversal import read_dated_losses
from calling_credit.payments.stripe_client import (
    MICROS_PER_CENT,
    NoAnswer,
    classify_error,
    is_missing,
    payments_unavailable,
)
from calling_credit.topups.reversals import Losses

if TYPE_CHECKING:
    from stripe.params import PaymentIntentListParams


def read_payments_between(client: stripe.StripeClient, since: datetime, until: datetime) -> list[Payment]:
    """Return the successful payments that were created from `since` (inclusive) to `until` (exclusive).

    Raises:
        Unavailable: payments_unavailable, Stripe does not answer; payments_not_shown, it refuses.
    """
    return _read_payments(client, {"created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())}})


def read_customer_payments(
    client: stripe.StripeClient, customer_id: str, intent_ids: Iterable[str] = ()
) -> list[Payment]:
    """Return all successful payments of a customer; of one that Stripe has deleted, those with the given intents.

    Raises:
        Unavailable: payments_unavailable, Stripe does not answer; payments_not_shown, it refuses.
    """
    try:
        return _read_payments(client, {"customer": customer_id})
    except Unavailable as error:
        if not isinstance(error.__cause__, stripe.StripeError) or not is_missing(error.__cause__):
            raise
    return _read_each(client, intent_ids)


def _read_each(client: stripe.StripeClient, intent_ids: Iterable[str]) -> list[Payment]:
    payments: list[Payment] = []
    for intent_id in intent_ids:
        try:
            intent = client.v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]})
            payments += _own_payments(client, iter([intent]))
        except stripe.StripeError as error:
            if isinstance(classify_error(error), NoAnswer):
                raise payments_unavailable() from error
            if not is_missing(error):
                raise Unavailable(ProblemCode.PAYMENTS_NOT_SHOWN, "Stripe refuses to show our payments.") from error
    return payments


def _read_payments(client: stripe.StripeClient, filters: dict[str, Any]) -> list[Payment]:
    params: PaymentIntentListParams = {**filters, "limit": 100, "expand": ["data.latest_charge"]}  # type: ignore[typeddict-item]
    try:
        return list(_own_payments(client, client.v1.payment_intents.list(params).auto_paging_iter()))
    except stripe.StripeError as error:
        if isinstance(classify_error(error), NoAnswer):
            raise payments_unavailable() from error
        raise Unavailable(ProblemCode.PAYMENTS_NOT_SHOWN, "Stripe refuses to list our payments.") from error


def _own_payments(client: stripe.StripeClient, intents: Iterator[stripe.PaymentIntent]) -> Iterator[Payment]:
    for intent in intents:
        metadata = intent.metadata.to_dict()
        account_id, topup_id = str(metadata.get("account_id", "")), str(metadata.get("topup_id", ""))
        if intent.status != "succeeded" or not account_id or not topup_id:
            continue
        charge = intent.latest_charge if isinstance(intent.latest_charge, stripe.Charge) else None
        losses, last_reversed_at = Losses(0, 0), None
        if charge is None or charge.amount_refunded or charge.disputed:
            losses, last_reversed_at = read_dated_losses(client, intent.id)
        paid_at = charge.created if charge is not None else intent.created
        yield Payment(
            intent.id,
            topup_id,
            account_id,
            intent.amount_received * MICROS_PER_CENT,
            datetime.fromtimestamp(paid_at, UTC),
            losses,
            last_reversed_at,
        )
