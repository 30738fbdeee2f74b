"""A payment somebody makes by hand, once per Idempotency-Key: the same key finds the same payment, whatever became of
it. And one that waits for somebody, once they are there.
"""

from calling_credit.dynamodb.errors import AWS_ERRORS
from calling_credit.errors import Conflict, InProgress, ProblemCode, Unavailable
from calling_credit.payments import cards
from calling_credit.payments.intents import on_session_request, request_text
from calling_credit.payments.new_topup import manual_id, manual_topup, return_url
from calling_credit.payments.stripe_client import no_answer
from calling_credit.payments.topup_worker import Cashier
from calling_credit.recharge.store import Snapshot
from calling_credit.topups.topup import MANUAL_LEASE, TopUp


def add_funds(
    cashier: Cashier,
    account: Snapshot,
    asked: tuple[str, str],
    amount_micros: int,
    payment_method_id: str,
    page_url: str,
) -> TopUp:
    """The payment that `asked` (person, Idempotency-Key) stands for, carried as far as it goes now.

    Raises:
        Conflict: idempotency_key_reused, account_closed. InProgress: in_progress, the same request is being worked on.
        NotFound: unknown_payment_method. Unavailable: nothing was begun, or the same request finds what was.
    """
    topup_id = manual_id(account.account_id, *asked)
    standing = cashier.topups.read(account.account_id, topup_id)
    if standing is None:
        if account.is_closed:
            raise Conflict(
                ProblemCode.ACCOUNT_CLOSED, "This account is closed and takes no more funds; ask the operator."
            )
        card = cards.own_card(cashier.stripe, account.customer_id, payment_method_id)
        for waiting in cashier.topups.recent(account.account_id, cashier.now):
            if waiting.status == "requires_action":
                cashier.cancel(waiting)
        new = manual_topup(
            account.account_id,
            topup_id,
            f"user:{asked[0]}",
            amount_micros,
            card,
            account.customer_id or "",
            page_url,
            cashier.now,
        )
        standing = cashier.topups.create(new)
        if standing == new:
            return _carried(cashier, new)
    if (standing.amount_micros, standing.card.payment_method_id) != (amount_micros, payment_method_id):
        raise Conflict(
            ProblemCode.IDEMPOTENCY_KEY_REUSED,
            "This Idempotency-Key was used with another amount or card; use a new key for a new payment.",
        )
    return _found(cashier, standing)


def _found(cashier: Cashier, standing: TopUp) -> TopUp:
    """What stands already, or, when its first worker was lost halfway, carried on from there."""
    if standing.status not in ("created", "confirming"):
        return standing
    leased = cashier.topups.take_lease(standing, MANUAL_LEASE, cashier.now)
    if leased is None:
        raise InProgress(ProblemCode.IN_PROGRESS, "This payment is being worked on; ask again in a moment.", 5)
    return _carried(cashier, leased)


def _carried(cashier: Cashier, leased: TopUp) -> TopUp:
    """As far as it goes now. Without even an intent nothing can have been charged: the person is told to try again."""
    try:
        after = cashier.carry_on(leased)
    except (Unavailable, *AWS_ERRORS):
        after = cashier.topups.read(leased.account_id, leased.topup_id) or leased
        if after.status != "succeeded":
            raise
        return after  # Paid and credited; what that means for automatic recharge is seen to within a minute.
    if after.status == "created":
        cashier.topups.release(after, cashier.now)
        raise refused() if cashier.tally["stripe_refusals"] else no_answer()
    return after


def refused() -> Unavailable:
    """What is told where Stripe finds fault with our request; operators are told by an alarm."""
    return Unavailable(
        ProblemCode.PAYMENT_REFUSED,
        "Stripe does not take this payment the way we ask for it. Nothing was charged; try later.",
        60,
    )


def led_on(cashier: Cashier, topup: TopUp, page_url: str) -> TopUp:
    """A payment that waits for its customer, confirmed once more now that they are there, unless it is already.

    Raises:
        Unavailable: the table did not answer.
    """
    leased = cashier.topups.take_lease(topup, MANUAL_LEASE, cashier.now)
    if leased is None:
        return topup
    topup = cashier.carry_on(leased)
    if topup.status != "requires_action" or topup.next_action_url is not None:
        return topup
    request = on_session_request(topup.card, return_url(page_url, topup.topup_id))
    return cashier.confirm_on_session(topup, request_text(request))
