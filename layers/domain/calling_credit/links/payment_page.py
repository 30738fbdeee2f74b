"""The pages of the link that confirms a payment, and the page of a link that cannot act."""

from collections.abc import Callable

from aws_lambda_powertools.event_handler import Response

from calling_credit.accounts.account import Account
from calling_credit.api.pages import page
from calling_credit.errors import CallingCreditError, Conflict, Forbidden, NotFound, TooManyRequests, Unavailable
from calling_credit.money import format_money
from calling_credit.topups.topup import TopUp, TopUpStatus


def halt_since(account: Account | None, topup: TopUp) -> str | None:
    """Return what happened to the account since a payment began to wait for its customer: it "is closed", "is frozen",
    or "was frozen". None if the payment may be confirmed.
    """
    if account is None or account.is_closed:
        return "is closed"
    if account.was_frozen_since(topup.created_at):
        return "is frozen" if account.is_frozen else "was frozen"
    return None


def payment_page(topup: TopUp, halt_of: Callable[[TopUp], str | None]) -> Response[str]:
    """Return the page of a payment link: the waiting payment, or its outcome.

    Args:
        halt_of: calls `halt_since` with the account; only for a payment that waits.
    """
    amount = f"${format_money(topup.amount_micros)} with {topup.card.brand.title()} ending {topup.card.last4}"
    if topup.status == TopUpStatus.SUCCEEDED:
        return page(200, "Paid", f"Your payment of {amount} succeeded. The credit is in your balance.")
    if topup.status == TopUpStatus.REQUIRES_ACTION:
        if halt := halt_of(topup):
            text = f"The account {halt}. The payment of {amount} will not be charged."
            return page(200, "Nothing to confirm", text)
        text = f"Your bank asks you to confirm the automatic recharge of {amount}. Continue to your bank's page."
        return page(200, "Confirm payment", text, button="Confirm payment")
    if topup.is_open:
        return page(200, "One moment", f"Your payment of {amount} is being processed. No action is needed.")
    return page(200, "Nothing to confirm", f"The payment of {amount} has ended. Your card will not be charged.")


def error_page(error: CallingCreditError) -> Response[str]:
    """Return the page of an invalid link, or of a link that cannot act at the moment."""
    if isinstance(error, NotFound):
        return page(404, "Link not valid", error.detail)
    if isinstance(error, TooManyRequests):
        return page(429, "Too many requests", error.detail, retry_after_seconds=error.retry_after_seconds)
    if isinstance(error, Conflict | Forbidden):
        return page(409, "Payment not possible", error.detail)
    seconds = error.retry_after_seconds if isinstance(error, Unavailable) else None
    return page(503, "Try again later", error.detail, retry_after_seconds=seconds)
