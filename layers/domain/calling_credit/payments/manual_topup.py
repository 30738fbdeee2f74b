"""Manual top-ups, one per Idempotency-Key, and payments that wait for their customer's authentication."""

from calling_credit.accounts.freezing import account_frozen
from calling_credit.dynamodb.errors import AWS_ERRORS
from calling_credit.errors import Conflict, InProgress, ProblemCode, Unavailable
from calling_credit.payments import cards
from calling_credit.payments.intents import format_request, on_session_request
from calling_credit.payments.new_topup import manual_id, manual_topup, return_url
from calling_credit.payments.stripe_client import payments_unavailable
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.recharge.store import Snapshot
from calling_credit.topups.topup import MANUAL_LEASE, TopUp, TopUpStatus


def add_funds(
    worker: TopUpWorker,
    account: Snapshot,
    user_and_key: tuple[str, str],
    amount_micros: int,
    payment_method_id: str,
    page_url: str,
) -> TopUp:
    """Create or find the top-up of a user and Idempotency-Key, and advance it.

    Raises:
        Conflict: idempotency_key_reused, account_closed. InProgress: in_progress, another worker has the same request.
        Forbidden: account_frozen. NotFound: unknown_payment_method.
        Unavailable: repeat the request; it returns the payment if there is one.
    """
    topup_id = manual_id(account.account_id, *user_and_key)
    existing = worker.topups.read(account.account_id, topup_id)
    if existing is None:
        if account.is_closed:
            raise Conflict(
                ProblemCode.ACCOUNT_CLOSED, "This account is closed and accepts no funds. Contact your provider."
            )
        if account.is_frozen:
            raise account_frozen()
        card = cards.read_own_card(worker.stripe, account.customer_id, payment_method_id)
        for waiting in worker.topups.recent(account.account_id, worker.now):
            if waiting.status == TopUpStatus.REQUIRES_ACTION:
                worker.cancel(waiting)
        new = manual_topup(
            account.account_id,
            topup_id,
            f"user:{user_and_key[0]}",
            amount_micros,
            card,
            account.customer_id or "",
            page_url,
            worker.now,
        )
        existing = worker.topups.create(new)
        if existing == new:
            return _advance(worker, new)
    if (existing.amount_micros, existing.card.payment_method_id) != (amount_micros, payment_method_id):
        raise Conflict(
            ProblemCode.IDEMPOTENCY_KEY_REUSED,
            "This Idempotency-Key was used with another amount or card; use a new key for a new payment.",
        )
    return _resume(worker, existing)


def _resume(worker: TopUpWorker, existing: TopUp) -> TopUp:
    """Return an existing top-up, or resume it if its first worker was lost."""
    if existing.status not in (TopUpStatus.CREATED, TopUpStatus.CONFIRMING):
        return existing
    leased = worker.topups.acquire_lease(existing, MANUAL_LEASE, worker.now)
    if leased is None:
        raise InProgress(
            ProblemCode.IN_PROGRESS, "This payment is in progress. Send the request again in a few seconds.", 5
        )
    return _advance(worker, leased)


def _advance(worker: TopUpWorker, leased: TopUp) -> TopUp:
    """Advance a leased top-up. Without an intent nothing was charged, so the customer may try again."""
    try:
        after = worker.advance(leased)
    except (Unavailable, *AWS_ERRORS):
        after = worker.topups.read(leased.account_id, leased.topup_id) or leased
        if after.status != TopUpStatus.SUCCEEDED:
            raise
        return after  # Paid and credited. The sweeper applies it to automatic recharge within a minute.
    if after.status == TopUpStatus.CREATED:
        worker.topups.release(after, worker.now)
        raise payment_refused() if worker.tally["stripe_refusals"] else payments_unavailable()
    return after


def payment_refused() -> Unavailable:
    """The error after Stripe refused our request. An alarm tells operators."""
    return Unavailable(
        ProblemCode.PAYMENT_REFUSED,
        "Stripe refused the payment request. Nothing was charged. Try again later.",
        60,
    )


def resume_challenge(worker: TopUpWorker, topup: TopUp, page_url: str) -> TopUp:
    """Confirm a waiting payment again, now that its customer is present, unless its bank already waits for them.

    Raises:
        Unavailable: the table did not answer.
    """
    leased = worker.topups.acquire_lease(topup, MANUAL_LEASE, worker.now)
    if leased is None:
        return topup
    topup = worker.advance(leased)
    if topup.status != TopUpStatus.REQUIRES_ACTION or topup.next_action_url is not None:
        return topup
    request = on_session_request(topup.card, return_url(page_url, topup.topup_id))
    return worker.confirm_on_session(topup, format_request(request))
