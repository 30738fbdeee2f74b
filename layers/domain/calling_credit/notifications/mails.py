"""The e-mails to an account's billing addresses: plain text, one e-mail for each event. Sends nothing.

An e-mail states what happened, the effect on calls, and what the customer can do. It contains no more than its event:
never a whole phone number, and only the brand and the last four digits of a card. Its sentences are its own: those of
the event are not printed (`mail_words`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from calling_credit.admission.reasons import DenialReason
from calling_credit.notifications import change_mails
from calling_credit.notifications import mail_words as words
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.reversal_mails import OUT_OF_CREDIT, paused_by_reversal
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.topups.declines import FailureCode

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mail:
    """Subject and text of an e-mail."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A link that confirms a waiting payment or freezes the account, and when it expires (RFC 3339, UTC)."""

    address: str
    expires_at: str


def mail_about(event: Data, page_url: str, confirmation: Confirmation | None = None) -> Mail | None:
    """Return the e-mail about an event of the bus (its `detail`); None if it does not concern customers.

    `confirmation` is the link that confirms a waiting recharge at the bank, or the link that freezes the account, where
    there is one.

    Raises:
        BadRequest: malformed_event, a field that the mail prints has another form than its event's.
    """
    writer = _WRITERS.get(event["type"])
    content = writer(event["data"], confirmation) if writer else None
    if content is None:
        return None
    subject, lines = content
    why = _WHY.get(event["type"], "it lists you as a billing address")
    signature = f"Account {words.account(event)}. You receive this e-mail because {why}."
    paragraphs = [*lines, f"Billing page: {page_url}", f"-- \n{signature}"]
    return Mail(subject, "\n\n".join(paragraphs) + "\n")


def needs_confirmation(event: Data) -> bool:
    """Whether the e-mail about an event needs the link that confirms the waiting payment."""
    return bool(
        event["type"] == EventType.AUTO_RECHARGE_SUSPENDED
        and event["data"]["reason"] == SuspensionReason.AUTHENTICATION
    )


def offers_freeze(event: Data) -> bool:
    """Whether the e-mail about an event needs the link that freezes the account."""
    if event["type"] == EventType.CALL_DENIED:
        return bool(event["data"]["reason"] != DenialReason.ACCOUNT_FROZEN)
    return event["type"] in WITH_FREEZE_LINK


WITH_FREEZE_LINK: Final = frozenset(
    {EventType.CALL_DENIED, EventType.LIMITS_LOOSENED, EventType.INTERNATIONAL_CALLING_ENABLED}
)
"""The types of event whose e-mail offers the link that freezes the account."""
_WHY: Final[Mapping[str, str]] = {
    EventType.ACCOUNT_CHANGED: "it listed you as a billing address",
    EventType.ADDRESS_CONFIRMATION_REQUESTED: "one of its users entered your address",
}
"""Why the e-mails about some events were sent."""
Content = tuple[str, list[str]] | None
"""Subject and paragraphs."""


def _top_up_succeeded(data: Data, _: Confirmation | None) -> Content:
    amount, card = words.payment(data)
    return f"Payment received: {amount}", [
        (f"We added your payment of {amount} with {card} to your prepaid balance for international calls."),
    ]


def _recharge_succeeded(data: Data, _: Confirmation | None) -> Content:
    amount, card = words.payment(data)
    return f"Automatic recharge: {amount}", [
        (
            f"Your balance fell below your threshold, so we charged {card} {amount} and added it to "
            "your prepaid balance for international calls."
        ),
        "To change the amount, threshold, or card, or to switch automatic recharge off, open the Billing page.",
    ]


def _top_up_failed(data: Data, _: Confirmation | None) -> Content:
    if data["failure"] and data["failure"]["code"] == FailureCode.PAYMENT_LOST:
        return _payment_lost(data, "Your payment")
    amount, card = words.payment(data)
    why = words.decline(data["failure"]) if data["failure"] else "It was canceled before your card was charged."
    return f"Payment failed: {amount}", [
        f"Your payment of {amount} with {card} failed, and nothing was charged.",
        why,
    ]


def _recharge_failed(data: Data, _: Confirmation | None) -> Content:
    if data["failure"] is None:
        return None  # Canceled because it was no longer needed; no person asked for it.
    if data["failure"]["code"] == FailureCode.PAYMENT_LOST:
        return _payment_lost(data, "An automatic recharge")
    amount, card = words.payment(data)
    return f"Automatic recharge declined: {amount}", [
        (
            f"An automatic recharge of {amount} with {card} was declined, and nothing was charged. "
            "We will try again later unless another e-mail asks you to act."
        ),
        words.decline(data["failure"]),
        "When your balance runs out, international calls are not connected. You can add funds on the Billing page.",
    ]


def _payment_lost(data: Data, subject: str) -> Content:
    amount, card = words.payment(data)
    return f"Payment not confirmed: {amount}", [
        f"{subject} of {amount} with {card} has no result, and it is not credited.",
        words.decline(data["failure"]),
    ]


def _recharge_suspended(data: Data, confirmation: Confirmation | None) -> Content:
    if data["reason"] == SuspensionReason.AUTHENTICATION and confirmation is not None:
        ends = datetime.fromisoformat(confirmation.expires_at)
        return "Confirm your automatic recharge", [
            (
                f"Your bank asks you to confirm an automatic recharge with {words.card(data)}. Automatic recharge is "
                "paused until you do."
            ),
            f"Confirm the payment by {ends:%Y-%m-%d %H:%M} UTC:\n{confirmation.address}",
            "The link opens your bank's own page. We never ask for a card number or a password by e-mail.",
        ]
    if data.get("payment"):
        return "Automatic recharge is paused", paused_by_reversal(data)
    return "Automatic recharge is paused", [
        f"Automatic recharge with {words.card(data)} is paused.",
        words.suspension(data),
        OUT_OF_CREDIT,
    ]


def _balance_low(data: Data, _: Confirmation | None) -> Content:
    balance = words.money(data, "balance")
    return f"Your balance is low: {balance}", [
        (
            f"Your prepaid balance for international calls fell below {words.money(data, 'low_balance')}. It is now "
            f"{balance}."
        ),
        "When it runs out, international calls are not connected. Calls within the US and Canada are not affected.",
    ]


def _credit_reversed(data: Data, _: Confirmation | None) -> Content:
    amount, card = words.payment(data)
    return f"Credit reversed: {amount}", [
        (
            f"A payment with {card} was refunded or disputed, so we took {amount} back from your "
            "prepaid balance. If the balance is now below zero, international calls are not connected until you add "
            "funds."
        ),
    ]


def _credit_returned(data: Data, _: Confirmation | None) -> Content:
    amount, card = words.payment(data)
    return f"Credit returned: {amount}", [
        (
            f"A refund to {card} failed, or a dispute was decided in our favor, so we returned "
            f"{amount} to your prepaid balance."
        ),
    ]


def _call_denied(data: Data, link: Confirmation | None) -> Content:
    lines = [
        f"A call from {words.line(data)} to {words.destination(data)} was not connected.",
        words.denial(data),
        "We report refused calls at most once an hour. Emergency and domestic calls are not affected.",
    ]
    if link is not None:
        ends = datetime.fromisoformat(link.expires_at)
        lines += [
            (
                "If no one in your company made this call, your phone system may be compromised. Until "
                f"{ends:%Y-%m-%d %H:%M} UTC, this link blocks all international calls and card payments:"
                f"\n{link.address}"
            )
        ]
    return "An international call was refused", lines


def _card_expiring(data: Data, _: Confirmation | None) -> Content:
    last_month = words.month(data, "expires")
    return "The card of your automatic recharge expires soon", [
        f"{words.card(data)} expires at the end of {last_month:%B %Y}. Automatic recharge uses this card.",
        (
            "If your bank sends you a new card, add it on the Billing page and choose it for automatic recharge. Many "
            "banks tell us the new date themselves; then you need not do anything."
        ),
        "When no card can be charged and your balance runs out, international calls are not connected.",
    ]


_WRITERS: Final[Mapping[EventType, Callable[[Data, Confirmation | None], Content]]] = {
    EventType.TOP_UP_SUCCEEDED: _top_up_succeeded,
    EventType.TOP_UP_FAILED: _top_up_failed,
    EventType.AUTO_RECHARGE_SUCCEEDED: _recharge_succeeded,
    EventType.AUTO_RECHARGE_FAILED: _recharge_failed,
    EventType.AUTO_RECHARGE_SUSPENDED: _recharge_suspended,
    EventType.BALANCE_LOW: _balance_low,
    EventType.CREDIT_REVERSED: _credit_reversed,
    EventType.CREDIT_RETURNED: _credit_returned,
    EventType.CALL_DENIED: _call_denied,
    EventType.ACCOUNT_FROZEN: change_mails.account_frozen,
    EventType.ACCOUNT_UNFROZEN: change_mails.account_unfrozen,
    EventType.CARD_EXPIRING: _card_expiring,
    EventType.ACCOUNT_CHANGED: change_mails.addresses_changed,
    EventType.ADDRESS_CONFIRMATION_REQUESTED: change_mails.address_confirmation,
    EventType.LIMITS_LOOSENED: change_mails.limits_loosened,
    EventType.INTERNATIONAL_CALLING_ENABLED: change_mails.international_calling_enabled,
}

MAILED: Final = tuple(_WRITERS)
"""The types of event that billing addresses receive an e-mail about."""
