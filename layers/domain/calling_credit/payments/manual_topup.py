"""Manual top-ups, one per Idempotency-Key, and payments that wait for their customer's authentication."""

from contextlib import suppress

from calling_credit.dynamodb.errors import AWS_ERRORS
from calling_credit.errors import Conflict, ProblemCode, Unavailable
from calling_credit.payments import cards
from calling_credit.payments.intents import format_request, on_session_request
from calling_credit.payments.keyed_payments import (
    acquire_again,
    daily_limit,
    find_or_create,
    payment_refused,
    require_active,
    store_in_place_of,
)
from calling_credit.payments.new_topup import manual_id, manual_topup, return_url
from calling_credit.payments.safe_retries import confirm_present
from calling_credit.payments.shown_totals import check_total
from calling_credit.payments.stripe_client import payments_unavailable
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.tax.calculation import NO_TAX, Taxation
from calling_credit.topups.parsing import TopUpRequest
from calling_credit.topups.payment_limits import DailyLimit
from calling_credit.topups.refusals import card_blocked, card_error
from calling_credit.topups.topup import MANUAL_LEASE, Intent, TopUp, TopUpStatus


def add_funds(
    worker: TopUpWorker,
    account: Snapshot,
    user_and_key: tuple[str, str],
    request: TopUpRequest,
    page_url: str,
    tax: Taxation = NO_TAX,
) -> TopUp:
    """Create or find the top-up of a user and Idempotency-Key, and advance it. `tax` is that on a new one; a stored one
    keeps its own.

    Raises:
        Conflict: idempotency_key_reused, account_closed, tax_unavailable, total_changed, card_blocked,
            card_declined_too_often.
        InProgress: in_progress, another worker has the same request. Forbidden: account_frozen.
        TooManyRequests: too_many_declines, daily_top_up. A replay of a stored payment is never limited.
        NotFound: unknown_payment_method. Unavailable: repeat the request; it returns the payment if there is one.
    """
    topup_id = manual_id(account.account_id, *user_and_key)

    def create() -> tuple[TopUp, TopUp]:
        new, daily = _check_new(worker, account, user_and_key, request, page_url, tax)
        waiting = [topup for topup in worker.topups.recent(new.account_id, worker.now) if topup.waits_for_challenge]
        return new, store_in_place_of(worker, waiting, worker.cancel, new, daily)

    existing, is_new = find_or_create(worker, account.account_id, topup_id, create)
    if is_new:
        return _advance(worker, existing)
    if not _is_for(existing, request):
        raise Conflict(
            ProblemCode.IDEMPOTENCY_KEY_REUSED,
            "This Idempotency-Key was used with another amount, total, or card; use a new key for a new payment.",
        )
    return _resume(worker, existing)


def _is_for(existing: TopUp, request: TopUpRequest) -> bool:
    """Whether a stored payment is the one that a request asks for."""
    is_same_total = request.total_micros in (None, existing.gross_micros)
    facts = (existing.amount_micros, existing.card.payment_method_id)
    return is_same_total and facts == (request.amount_micros, request.payment_method_id)


def _check_new(
    worker: TopUpWorker,
    account: Snapshot,
    user_and_key: tuple[str, str],
    request: TopUpRequest,
    page_url: str,
    tax: Taxation,
) -> tuple[TopUp, DailyLimit]:
    """Check a new payment before anything is stored. Return its top-up, and the limit to claim it from."""
    require_active(account)
    tax.require()
    check_total(request, tax)
    worker.guard.require_same()
    card = cards.read_own_card(worker.stripe, account.customer_id, request.payment_method_id)
    history = worker.gate.cards.state(card, worker.now)
    if refusal := history.refusal(is_manual=True):
        raise card_error(refusal, history, card.type)
    topup_id = manual_id(account.account_id, *user_and_key)
    daily = daily_limit(account, worker.now)
    customer_id, created_by = account.customer_id or "", f"user:{user_and_key[0]}"
    new = manual_topup(
        account.account_id, topup_id, created_by, request.amount_micros, card, customer_id, page_url, worker.now, tax
    )
    return new, daily


def _resume(worker: TopUpWorker, existing: TopUp) -> TopUp:
    """Return an existing top-up, or resume it if its first worker was lost."""
    if existing.status not in (TopUpStatus.CREATED, TopUpStatus.CONFIRMING):
        return existing
    return _advance(worker, acquire_again(worker, existing))


def _advance(worker: TopUpWorker, leased: TopUp) -> TopUp:
    """Advance a leased top-up. Without an intent nothing was charged, so the customer may try again."""
    try:
        after = worker.advance(leased)
    except (Unavailable, *AWS_ERRORS):
        after = worker.topups.read(leased.account_id, leased.topup_id) or leased
        if after.status != TopUpStatus.SUCCEEDED:
            raise
        return after  # Paid and credited. The sweeper applies it to automatic recharge within a minute.
    raise_refusal(worker, after)
    if after.status == TopUpStatus.CREATED:
        worker.topups.release(after, worker.now)
        raise payment_refused() if worker.tally["stripe_refusals"] else payments_unavailable()
    return after


def raise_refusal(worker: TopUpWorker, topup: TopUp) -> None:
    """Raise the error of a payment that the gate refused, unless it was paid after all.

    Raises:
        Forbidden: account_frozen. Conflict: account_closed, card_blocked, card_declined_too_often.
    """
    refusal = worker.gate.refusals.get(topup.topup_id)
    if refusal is not None and refusal.error is not None and topup.status != TopUpStatus.SUCCEEDED:
        with suppress(*AWS_ERRORS):  # Without the record, a mail says the same.
            worker.topups.record_shown(topup, worker.now)
        raise refusal.error


def resume_challenge(worker: TopUpWorker, topup: TopUp, page_url: str) -> TopUp:
    """Confirm a waiting payment again, now that its customer is present, unless its bank already waits for them.

    Raises:
        Forbidden: account_frozen. Conflict: account_closed, card_blocked, card_declined_too_often: it was canceled.
        Unavailable: the table did not answer.
    """
    leased = worker.topups.acquire_lease(topup, MANUAL_LEASE, worker.now)
    if leased is None:
        return topup
    topup = worker.advance(leased)
    if topup.status == TopUpStatus.CANCELED and worker.gate.cards.is_blocked(topup.card):
        raise card_blocked()
    if topup.status != TopUpStatus.REQUIRES_ACTION or topup.next_action_url is not None:
        return topup
    request = on_session_request(topup.card, return_url(page_url, topup.topup_id))
    stored = worker.topups.store_confirmation(topup, format_request(request), worker.now)
    if stored is None or stored.intent_id is None:
        return worker.reload(topup)
    result = confirm_present(worker.stripe, worker.gate, stored, worker.now)
    topup = worker.advance(stored, result if isinstance(result, Intent) else None)
    raise_refusal(worker, topup)
    return topup
