"""A top-up as customers see it. The caller passes the address of the next step."""

from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.topups.amounts import amounts_view
from calling_credit.topups.declines import WORDS, FailureCode, message_of, public_code
from calling_credit.topups.documents import documents_view
from calling_credit.topups.topup import Card, TopUp, TopUpKind, TopUpStatus

_PUBLIC_STATUS: Final = {TopUpStatus.CONFIRMING: TopUpStatus.PROCESSING}
"""Customers cannot act on the difference between confirming and processing."""


def topup_view(topup: TopUp, action_url: str | None) -> dict[str, Any]:
    """`{id, kind, status, amount, tax, total, refunded, disputed, created_at, payment_method, next_action_url?,
    failure?, receipt_url?, receipt, credit_notes}`; of a checkout also `{checkout_url, expires_at}`. `payment_method`
    is None until its page has one. `receipt_url` is Stripe's; for `receipt` and `credit_notes`, see `documents_view`.
    """
    view: dict[str, Any] = {
        "id": topup.topup_id,
        "kind": topup.kind,
        "status": _PUBLIC_STATUS.get(topup.status, topup.status),
        **amounts_view(topup),
        "refunded": format_money(topup.shown_refund_micros),
        "disputed": topup.is_disputed,
        "created_at": topup.created_at,
        "payment_method": method_view(topup.card) if topup.has_card else None,
    }
    if topup.status == TopUpStatus.REQUIRES_ACTION and action_url:
        view["next_action_url"] = action_url
    if topup.kind == TopUpKind.CHECKOUT:
        view |= {"checkout_url": action_url if topup.status == TopUpStatus.CREATED else None}
        view |= {"expires_at": topup.page_expires_at}
    if failure := failure_view(topup.kind, topup.status, topup.failure_code, topup.card.brand):
        view["failure"] = failure
    if topup.receipt_url:
        view["receipt_url"] = topup.receipt_url
    return view | documents_view(topup)


def method_view(card: Card) -> dict[str, str]:
    """`{brand, last4, type}` of what pays."""
    return {"brand": card.brand, "last4": card.last4, "type": card.type}


def failure_view(kind: str, status: str, failure_code: str | None, brand: str) -> dict[str, str] | None:
    """`{code, message}` of a payment that failed or waits for its bank; else None. A canceled automatic payment has
    none, because no customer started it.
    """
    if status == TopUpStatus.CANCELED and kind != TopUpKind.AUTOMATIC:
        return {"code": FailureCode.CANCELED, "message": WORDS[FailureCode.CANCELED]}
    if status in (TopUpStatus.FAILED, TopUpStatus.REQUIRES_ACTION) and failure_code:
        return {"code": public_code(failure_code), "message": message_of(failure_code, brand)}
    return None
