"""Payments on Stripe's page, one per Idempotency-Key. The page also saves the card, or bank account, for later.

The top-up is stored before its session is created. Only the stored session's address is ever shown, so no other
session of the top-up can be paid, however often creating one is repeated.
"""

import secrets
from datetime import datetime

from calling_credit.errors import Conflict, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.payments.checkout_progress import advance_checkout, give_up_checkout
from calling_credit.payments.checkout_sessions import PageResult, create_session, session_request
from calling_credit.payments.intents import format_request, parse_request
from calling_credit.payments.keyed_payments import (
    acquire_again,
    daily_limit,
    find_or_create,
    payment_refused,
    require_active,
    store_in_place_of,
)
from calling_credit.payments.lost_customers import CardSaver
from calling_credit.payments.new_topup import checkout_id, return_url
from calling_credit.payments.setup_pages import count_cards
from calling_credit.payments.stripe_client import TIMEOUT_SECONDS, NoAnswer, Refused, payments_unavailable
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.tax.calculation import NO_TAX, Taxation
from calling_credit.topups.checkout import CHECKOUT_LIFETIME, CheckoutPage, CheckoutRequest, is_page_over
from calling_credit.topups.topup import MANUAL_LEASE, NO_CARD, TopUp, TopUpKind, TopUpStatus


def open_checkout(
    worker: TopUpWorker,
    saver: CardSaver,
    account: Snapshot,
    user_and_key: tuple[str, str],
    wanted: CheckoutRequest,
    page_url: str,
    tax: Taxation = NO_TAX,
) -> TopUp:
    """Create or find the top-up of a user and Idempotency-Key, and open its page. `tax` is that on a new one; a stored
    one keeps its own.

    Raises:
        Conflict: idempotency_key_reused, account_closed, tax_unavailable. Forbidden: account_frozen.
        InProgress: in_progress, another worker has the same request.
        TooManyRequests: too_many_declines, daily_top_up, too_many_setup_pages, too_many_cards. A replay of a stored
            payment is never limited.
        Unavailable: repeat the request; it returns the page if there is one.
    """
    topup_id = checkout_id(account.account_id, *user_and_key)

    def create() -> tuple[TopUp, TopUp]:
        new, saved = _check_new(worker, saver, account, user_and_key, wanted, page_url, tax)
        recent = worker.topups.recent(new.account_id, worker.now)
        left = [topup for topup in recent if _is_left_by(topup, new, worker.now)]
        daily = daily_limit(account, worker.now)
        return new, store_in_place_of(worker, left, lambda topup: give_up_checkout(worker, topup), new, daily, saved)

    existing, is_new = find_or_create(worker, account.account_id, topup_id, create)
    if is_new:
        return _open_page(worker, existing)
    methods = parse_request(existing.create_request)["allowed_payment_method_types"]
    if (existing.amount_micros, methods) != (wanted.amount_micros, list(wanted.methods)):
        raise Conflict(
            ProblemCode.IDEMPOTENCY_KEY_REUSED,
            "This Idempotency-Key was used with another amount or other methods; use a new key for a new payment.",
        )
    return _resume(worker, account, existing)


def new_checkout(
    account_id: str,
    topup_id: str,
    created_by: str,
    wanted: CheckoutRequest,
    customer_id: str,
    page_url: str,
    now: datetime,
    tax: Taxation = NO_TAX,
) -> TopUp:
    """A new payment on Stripe's page. Its card is not known before its customer pays.

    Raises:
        Conflict: `tax_unavailable`.
    """
    request = session_request(account_id, topup_id, wanted, customer_id, return_url(page_url, topup_id), now, tax)
    return TopUp(
        account_id=account_id,
        topup_id=topup_id,
        kind=TopUpKind.CHECKOUT,
        status=TopUpStatus.CREATED,
        amount_micros=wanted.amount_micros,
        created_at=format_instant(now),
        created_by=created_by,
        card=NO_CARD,
        customer_id=customer_id,
        create_request=format_request(request),
        confirm_request="",
        lease_until=format_instant(now + MANUAL_LEASE),
        page_expires_at=format_instant(now + CHECKOUT_LIFETIME),
        tax_micros=tax.tax_micros(wanted.amount_micros),
        tax_percent=tax.percent,
        billing=tax.billing,
    )


def _check_new(
    worker: TopUpWorker,
    saver: CardSaver,
    account: Snapshot,
    user_and_key: tuple[str, str],
    wanted: CheckoutRequest,
    page_url: str,
    tax: Taxation,
) -> tuple[TopUp, int]:
    """Check a new payment before anything is stored. Return its top-up, and the number of saved cards."""
    require_active(account)
    tax.require()
    worker.guard.require_same()
    customer_id = saver.customer(account.account_id, worker.now)
    saved = count_cards(worker.stripe, customer_id)
    account_id, created_by = account.account_id, f"user:{user_and_key[0]}"
    topup_id = checkout_id(account_id, *user_and_key)
    new = new_checkout(account_id, topup_id, created_by, wanted, customer_id, page_url, worker.now, tax)
    return new, saved


def _is_left_by(topup: TopUp, new: TopUp, now: datetime) -> bool:
    """Whether a page is left open by the person who starts a new payment."""
    is_open = topup.kind == TopUpKind.CHECKOUT and topup.status == TopUpStatus.CREATED
    return is_open and topup.created_by == new.created_by and not topup.is_leased(now)


def _resume(worker: TopUpWorker, account: Snapshot, existing: TopUp) -> TopUp:
    """Return an existing payment, or open its page if its first worker was lost."""
    if existing.status != TopUpStatus.CREATED or existing.session_id is not None:
        return existing
    if is_page_over(existing, worker.now):
        return advance_checkout(worker, existing)
    require_active(account)
    return _open_page(worker, acquire_again(worker, existing))


def _open_page(worker: TopUpWorker, leased: TopUp) -> TopUp:
    """Create the session of a leased payment, and store it before its address is shown.

    Raises:
        Unavailable: payments_unavailable, the same request is safe again; payment_refused, the payment was canceled.
    """
    try:
        worker.guard.require_same()
        result = _create(worker, leased)
    except Unavailable:
        worker.topups.await_page(leased, worker.now)
        raise
    if isinstance(result, CheckoutPage):
        stored = worker.topups.store_page(leased, result.session_id, result.url, worker.now)
        return stored or worker.reload(leased)
    worker.record_no_answer(leased, result)
    if isinstance(result, Refused):
        worker.end_canceled(leased)
        raise payment_refused()
    worker.topups.await_page(leased, worker.now)
    raise payments_unavailable()


def _create(worker: TopUpWorker, topup: TopUp) -> PageResult:
    """Create the session. Without an answer, ask once more: under the same key, or, because Stripe repeats a server
    fault for as long as it keeps the key, under another one. A second session does no harm, because no one sees it.
    """
    request, key = parse_request(topup.create_request), f"{topup.topup_id}:checkout"
    result = create_session(worker.stripe, request, key)
    if isinstance(result, NoAnswer) and worker.seconds_left() > 2 * TIMEOUT_SECONDS:
        again = f"{key}:{secrets.token_hex(8)}" if result.is_fault else key
        result = create_session(worker.stripe, request, again)
    return result
