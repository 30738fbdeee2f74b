"""Posts refunds of payments: stores the refund, asks Stripe, and takes the credit back."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from calling_credit.changes.actor import Actor
from calling_credit.errors import Unavailable
from calling_credit.ledger.permits import Permit
from calling_credit.moves.move import Move
from calling_credit.payments.refund_ends import FAILED_AT_BANK
from calling_credit.payments.refund_store import RefundStore
from calling_credit.payments.refund_worker import RefundWorker
from calling_credit.payments.refunds import Refund, RefundRequest, RefundStatus, refund_refused, refund_view

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class RefundPoster:
    """Refunds payments. `worker` returns who asks Stripe, or raises what the configuration of Stripe lacks."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, now: datetime, worker: Callable[[], RefundWorker]
    ) -> None:
        self._now = now
        self._worker = worker
        self._refunds = RefundStore(client, table_name)

    def posted(self, move: Move) -> dict[str, Any] | None:
        """The answer to a repeated request. It continues a refund that an interrupted one has left."""
        refund = self._refunds.stored(cast("RefundRequest", move.request), move.move_id)
        return None if refund is None else self._carry_out(refund, is_new=False)

    def post(self, move: Move, actor: Actor, permit: Permit) -> dict[str, Any]:
        """Refund a payment. `status` is `processing` while Stripe has not answered; the sweep continues it.

        Raises:
            Conflict: `refund_refused`, Stripe refused it, and nothing was refunded; and those of RefundStore.start.
        """
        self._worker()  # Nothing is stored if Stripe is not configured.
        refund = self._refunds.start(cast("RefundRequest", move.request), move.move_id, actor, permit, self._now)
        return self._carry_out(refund, is_new=refund.is_new)

    def _carry_out(self, refund: Refund, *, is_new: bool) -> dict[str, Any]:
        if refund.is_live:
            with suppress(Unavailable):  # The refund is stored, and the sweep continues it.
                refund = self._worker().advance(refund, is_new=is_new)
        if refund.status is RefundStatus.FAILED and refund.failure_code != FAILED_AT_BANK:
            raise refund_refused(refund.failure_code)
        return refund_view(refund, self._refunds.posted_micros(refund.request.account_id))
