"""What payments by a person share, whether with a saved card or on Stripe's page: each is one top-up for an
Idempotency-Key, made only for an open, unfrozen account, and takes the place of payments that the person left.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta

from calling_credit.accounts.freezing import account_frozen
from calling_credit.errors import Conflict, Forbidden, InProgress, ProblemCode, TooManyRequests, Unavailable
from calling_credit.instants import zone
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.topups.payment_limits import DailyLimit
from calling_credit.topups.refusals import account_closed
from calling_credit.topups.topup import MANUAL_LEASE, TopUp


def require_active(account: Snapshot) -> None:
    """Refuse a payment of a closed or frozen account.

    Raises:
        Conflict: account_closed. Forbidden: account_frozen.
    """
    if account.is_closed:
        raise account_closed()
    if account.is_frozen:
        raise account_frozen()


def find_or_create(
    worker: TopUpWorker, account_id: str, topup_id: str, create: Callable[[], tuple[TopUp, TopUp]]
) -> tuple[TopUp, bool]:
    """Return the top-up of a key, and whether this request created it.

    Args:
        create: checks and stores a new top-up; returns it, and the one that is stored now. It is called only if there
            is none, so a replay is never limited or refused.

    Raises:
        Conflict, Forbidden, TooManyRequests: those of `create`, unless another request has stored the top-up meanwhile.
    """
    existing = worker.topups.read(account_id, topup_id)
    if existing is not None:
        return existing, False
    try:
        new, stored = create()
    except (Conflict, Forbidden, TooManyRequests):
        existing = worker.topups.read(account_id, topup_id)
        if existing is None:
            raise
        return existing, False
    return stored, stored == new


def store_in_place_of(
    worker: TopUpWorker,
    left: Iterable[TopUp],
    end: Callable[[TopUp], object],
    new: TopUp,
    daily: DailyLimit,
    cards: int | None = None,
) -> TopUp:
    """End the payments that the person left, store the new one with its claims, and return it. A payment that the
    limits refuse although the left ones give back their claims ends none of them.

    Args:
        cards: the number of saved cards if the payment saves another one.

    Raises:
        TooManyRequests: too_many_declines, daily_top_up; with `cards` too_many_setup_pages, too_many_cards.
    """
    limits, ended = worker.gate.limits(new.account_id), list(left)
    limits.check(new, daily, worker.now, [topup.topup_id for topup in ended], cards=cards)
    for topup in ended:
        end(topup)
    return limits.create(worker.topups, new, daily, worker.now, cards=cards)


def acquire_again(worker: TopUpWorker, existing: TopUp) -> TopUp:
    """Acquire the lease of a payment whose first worker may be lost.

    Raises:
        InProgress: in_progress, another worker holds it.
    """
    leased = worker.topups.acquire_lease(existing, MANUAL_LEASE, worker.now)
    if leased is None:
        raise InProgress(
            ProblemCode.IN_PROGRESS, "This payment is in progress. Send the request again in a few seconds.", 5
        )
    return leased


def daily_limit(account: Snapshot, now: datetime) -> DailyLimit:
    """What an account may pay by hand today."""
    today = now.astimezone(zone(account.time_zone)).date()
    midnight = datetime.combine(today + timedelta(days=1), time(), zone(account.time_zone))
    return DailyLimit(account.daily_top_up_micros, today.isoformat(), midnight)


def payment_refused() -> Unavailable:
    """The error after Stripe refused our request. An alarm tells operators."""
    return Unavailable(
        ProblemCode.PAYMENT_REFUSED,
        "Stripe refused the payment request. Nothing was charged. Try again later.",
        60,
    )
