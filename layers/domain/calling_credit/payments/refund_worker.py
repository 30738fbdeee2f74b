"""Carries a stored refund out at Stripe, from any state in which a crash may have left it.

Stripe is asked under the idempotency key `refund:<id>`, so a repeated request refunds once. Stripe keeps the key for a
day; before each repetition the refund is looked for among those of the payment, and an older one is never sent again.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, cast

import stripe

from calling_credit.changes.actor import Actor, ActorKind
from calling_credit.payments.refund_store import RefundStore
from calling_credit.payments.refunds import Refund
from calling_credit.payments.reversal import SUSPEND_METADATA, reverse_topup
from calling_credit.payments.stripe_client import NoAnswer, cents, classify_error
from calling_credit.topups.topup import KEY_LIFETIME

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from stripe.params import RefundCreateParams

NOT_FOUND: Final = "no_answer"
"""The failure of a refund that Stripe has not made within the life of its idempotency key."""
SWEEP: Final = Actor(ActorKind.SWEEP, "refunds")


class RefundWorker:
    """Carries refunds out for the length of one invocation."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, stripe_client: stripe.StripeClient, now: datetime
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._stripe = stripe_client
        self._now = now
        self._refunds = RefundStore(client, table_name)

    def advance(self, refund: Refund, *, is_new: bool) -> Refund:
        """Ask Stripe for a live refund, and take its credit back once Stripe has made it. Return the refund.

        Args:
            is_new: whether nothing can have been sent to Stripe yet.

        Raises:
            Unavailable: Stripe or the table did not answer; the same call is safe again, and the sweep repeats it.
        """
        if refund.is_live and not is_new:
            refund = self._reverse(refund)
        if not refund.is_live:
            return refund
        if self._now - datetime.fromisoformat(refund.created_at) > KEY_LIFETIME:
            return self._fail(refund, NOT_FOUND)
        answer = self._ask(refund)
        if isinstance(answer, NoAnswer):
            self._refunds.reschedule(refund, self._now)
            return refund
        return self._reverse(refund) if answer is None else self._fail(refund, answer)

    def _ask(self, refund: Refund) -> NoAnswer | str | None:
        """Ask Stripe. Return None if it has made the refund, or the code of its refusal."""
        try:
            self._stripe.v1.refunds.create(
                cast("RefundCreateParams", refund_request(refund)), {"idempotency_key": f"refund:{refund.refund_id}"}
            )
        except stripe.StripeError as error:
            result = classify_error(error)
            return result if isinstance(result, NoAnswer) else result.code
        return None

    def _reverse(self, refund: Refund) -> Refund:
        """Take back what was refunded of the payment, which ends the refunds that Stripe shows."""
        request = refund.request
        reverse_topup(self._client, self._table_name, self._stripe, request.account_id, request.topup_id, self._now)
        return self._refunds.read(request.account_id, refund.refund_id) or refund

    def _fail(self, refund: Refund, code: str) -> Refund:
        self._refunds.fail(refund, code, SWEEP if code == NOT_FOUND else refund.actor, self._now)
        return self._refunds.read(refund.request.account_id, refund.refund_id) or refund


def refund_request(refund: Refund) -> dict[str, Any]:
    """The complete request for a refund, with our ids in its metadata. It depends on the stored refund only."""
    request = refund.request
    metadata = {
        "account_id": request.account_id,
        "topup_id": request.topup_id,
        "refund_id": refund.refund_id,
    }
    if request.suspends:
        metadata[SUSPEND_METADATA] = "true"
    return {
        "payment_intent": refund.intent_id,
        "amount": cents(request.amount_micros),
        "reason": "requested_by_customer",
        "metadata": metadata,
    }
