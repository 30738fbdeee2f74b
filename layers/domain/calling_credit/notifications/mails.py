"""The e-mails to an account's billing addresses: plain text, one e-mail for each event. Sends nothing.

An e-mail states what happened, the effect on calls, and what the customer can do. It contains no more than its event:
never a whole phone number, and only the brand and the last four digits of a card.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from calling_credit.admission.reasons import DenialReason
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
    """
    writer = _WRITERS.get(event["type"])
    content = writer(event["data"], confirmation) if writer else None
    if content is None:
        return None
    subject, lines = content
    signature = f"Account {event['account_id']}. You receive this e-mail because it lists you as a billing address."
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
    return bool(event["type"] == EventType.CALL_DENIED and event["data"]["reason"] != DenialReason.ACCOUNT_FROZEN)


Content = tuple[str, list[str]] | None
"""Subject and paragraphs."""


def _top_up_succeeded(data: Data, _: Confirmation | None) -> Content:
    return f"Payment received: ${data['amount']}", [
        (
            f"We added your payment of ${data['amount']} with {_card(data)} to your prepaid balance for international "
            "calls."
        ),
    ]


def _recharge_succeeded(data: Data, _: Confirmation | None) -> Content:
    return f"Automatic recharge: ${data['amount']}", [
        (
            f"Your balance fell below your threshold, so we charged {_card(data)} ${data['amount']} and added it to "
            "your prepaid balance for international calls."
        ),
        "To change the amount, threshold, or card, or to switch automatic recharge off, open the Billing page.",
    ]


def _top_up_failed(data: Data, _: Confirmation | None) -> Content:
    if data["failure"] and data["failure"]["code"] == FailureCode.PAYMENT_LOST:
        return _payment_lost(data, "Your payment")
    why = data["failure"]["message"] if data["failure"] else "It was canceled before your card was charged."
    return f"Payment failed: ${data['amount']}", [
        f"Your payment of ${data['amount']} with {_card(data)} failed, and nothing was charged.",
        why,
    ]


def _recharge_failed(data: Data, _: Confirmation | None) -> Content:
    if data["failure"] is None:
        return None  # Canceled because it was no longer needed; no person asked for it.
    if data["failure"]["code"] == FailureCode.PAYMENT_LOST:
        return _payment_lost(data, "An automatic recharge")
    return f"Automatic recharge declined: ${data['amount']}", [
        (
            f"An automatic recharge of ${data['amount']} with {_card(data)} was declined, and nothing was charged. "
            "We will try again later unless another e-mail asks you to act."
        ),
        data["failure"]["message"],
        "When your balance runs out, international calls are not connected. You can add funds on the Billing page.",
    ]


def _payment_lost(data: Data, subject: str) -> Content:
    return f"Payment not confirmed: ${data['amount']}", [
        f"{subject} of ${data['amount']} with {_card(data)} has no result, and it is not credited.",
        data["failure"]["message"],
    ]


def _recharge_suspended(data: Data, confirmation: Confirmation | None) -> Content:
    if data["reason"] == SuspensionReason.AUTHENTICATION and confirmation is not None:
        ends = datetime.fromisoformat(confirmation.expires_at)
        return "Confirm your automatic recharge", [
            (
                f"Your bank asks you to confirm an automatic recharge with {_card(data)}. Automatic recharge is paused "
                "until you do."
            ),
            f"Confirm the payment by {ends:%Y-%m-%d %H:%M} UTC:\n{confirmation.address}",
            "The link opens your bank's own page. We never ask for a card number or a password by e-mail.",
        ]
    if data.get("payment"):
        return "Automatic recharge is paused", paused_by_reversal(data)
    return "Automatic recharge is paused", [
        f"Automatic recharge with {_card(data)} is paused.",
        data["message"],
        OUT_OF_CREDIT,
    ]


def _balance_low(data: Data, _: Confirmation | None) -> Content:
    return f"Your balance is low: ${data['balance']}", [
        (
            f"Your prepaid balance for international calls fell below ${data['low_balance']}. It is now "
            f"${data['balance']}."
        ),
        "When it runs out, international calls are not connected. Calls within the US and Canada are not affected.",
    ]


def _credit_reversed(data: Data, _: Confirmation | None) -> Content:
    return f"Credit reversed: ${data['amount']}", [
        (
            f"A payment with {_card(data)} was refunded or disputed, so we took ${data['amount']} back from your "
            "prepaid balance. If the balance is now below zero, international calls are not connected until you add "
            "funds."
        ),
    ]


def _credit_returned(data: Data, _: Confirmation | None) -> Content:
    return f"Credit returned: ${data['amount']}", [
        (
            f"A refund to {_card(data)} failed, or a dispute was decided in our favor, so we returned "
            f"${data['amount']} to your prepaid balance."
        ),
    ]


def _call_denied(data: Data, link: Confirmation | None) -> Content:
    country, ending = data["to"].split("…")
    lines = [
        f"A call from line {data['line_id']} to a number in {country} ending in {ending} was not connected.",
        data["message"],
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


def _account_frozen(_: Data, __: Confirmation | None) -> Content:
    return "Your account is frozen", [
        "New international calls are refused, and no card is charged, until your phone company unfreezes it.",
        (
            "Emergency and domestic calls are not affected. Your balance is unchanged. You can still switch lines and "
            "automatic recharge off, lower limits, and remove cards."
        ),
    ]


def _account_unfrozen(_: Data, __: Confirmation | None) -> Content:
    return "Your account is no longer frozen", [
        "International calls and automatic recharge have resumed, and you can add funds again.",
        "Links in earlier e-mails that freeze the account no longer work.",
    ]


def _card_expiring(data: Data, _: Confirmation | None) -> Content:
    last_month = datetime.strptime(data["expires"], "%Y-%m").replace(tzinfo=UTC)
    return "The card of your automatic recharge expires soon", [
        f"{_card(data)} expires at the end of {last_month:%B %Y}. Automatic recharge uses this card.",
        (
            "If your bank sends you a new card, add it on the Billing page and choose it for automatic recharge. Many "
            "banks tell us the new date themselves; then you need not do anything."
        ),
        "When no card can be charged and your balance runs out, international calls are not connected.",
    ]


def _card(data: Data) -> str:
    card = data["payment_method"]
    return f"{card['brand'].replace('_', ' ').title()} ending {card['last4']}"


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
    EventType.ACCOUNT_FROZEN: _account_frozen,
    EventType.ACCOUNT_UNFROZEN: _account_unfrozen,
    EventType.CARD_EXPIRING: _card_expiring,
}

MAILED: Final = tuple(_WRITERS)
"""The types of event that billing addresses receive an e-mail about."""
