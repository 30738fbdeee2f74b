"""The pages of the link that confirms a payment, and the page of a link that cannot act."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from aws_lambda_powertools.event_handler import Response

from calling_credit.accounts.account import Account
from calling_credit.api.pages import page
from calling_credit.errors import CallingCreditError, Conflict, Forbidden, NotFound, TooManyRequests, Unavailable
from calling_credit.messages import formats
from calling_credit.messages.catalog import messages
from calling_credit.money import format_money
from calling_credit.topups.topup import TopUp, TopUpStatus


class Halt(StrEnum):
    """What happened to an account since a payment began to wait for its customer. Each ends the waiting."""

    CLOSED = "closed"
    FROZEN = "frozen"
    WAS_FROZEN = "was_frozen"


def halt_since(account: Account | None, topup: TopUp) -> Halt | None:
    """Return what ended the waiting of a payment; None if the payment may be confirmed."""
    if account is None or account.is_closed:
        return Halt.CLOSED
    if account.was_frozen_since(topup.created_at):
        return Halt.FROZEN if account.is_frozen else Halt.WAS_FROZEN
    return None


def payment_page(topup: TopUp, halt_of: Callable[[TopUp], Halt | None], language: str) -> Response[str]:
    """Return the page of a payment link: the waiting payment, or its outcome.

    Args:
        halt_of: calls `halt_since` with the account; only for a payment that waits.
    """
    words, payment = messages("links", language), _payment(topup, language)

    def shown(name: str, text: str = "text", button: str | None = None) -> Response[str]:
        sentence = words.text(text if "." in text else f"{name}.{text}", payment=payment)
        return page(200, words.text(f"{name}.title"), sentence, button, language=language)

    if topup.status == TopUpStatus.SUCCEEDED:
        return shown("paid")
    if topup.status == TopUpStatus.REQUIRES_ACTION:
        if halt := halt_of(topup):
            return shown("nothing", f"halted.{halt}")
        return shown("confirm", button=words.text("confirm.button"))
    return shown("processing" if topup.is_open else "nothing")


def _payment(topup: TopUp, language: str) -> str:
    """What the card pays, and the card, in words."""
    amount = formats.money(format_money(topup.gross_micros), language)
    is_bank = topup.card.brand == formats.BANK_ACCOUNT
    brand = formats.BRANDS.get(topup.card.brand, topup.card.brand.title())
    words = messages("links", language)
    return words.text("payment.bank" if is_bank else "payment.card", amount=amount, brand=brand, last4=topup.card.last4)


_PAGES: Final = (
    (NotFound, 404, "link"),
    (TooManyRequests, 429, "too_many"),
    (Conflict, 409, "impossible"),
    (Forbidden, 409, "impossible"),
)


def error_page(error: CallingCreditError, language: str) -> Response[str]:
    """Return the page of an invalid link, or of a link that cannot act at the moment."""
    words = messages("links", language)
    status, name = next(((status, name) for kind, status, name in _PAGES if isinstance(error, kind)), (503, "later"))
    retry_after = error.retry_after_seconds if isinstance(error, TooManyRequests | Unavailable) else None
    text = words.coded(name, error.code)
    return page(status, words.text(f"{name}.title"), text, language=language, retry_after_seconds=retry_after)
