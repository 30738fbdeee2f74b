"""What an account's billing addresses are mailed when something happens to its credit: plain text, one mail for each
event. Knows neither addresses nor how mail is sent.

A mail says what happened, what it means for calls, and the one thing to do, if there is any. It holds no more than the
event does: no whole phone number, of a card brand and last four digits.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from calling_credit.admission.reasons import DenialReason
from calling_credit.recharge.attempts import SuspensionReason

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mail:
    """Subject and text."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The link that finishes a payment which waits for its customer, or freezes the account, and when it ends (RFC
    3339, UTC).
    """

    address: str
    expires_at: str


def mail_about(event: Data, page_url: str, confirmation: Confirmation | None = None) -> Mail | None:
    """The mail about an event of the bus (its `detail`); None if it is no news to a customer.

    `confirmation` is the link of a recharge that waits for the bank's confirmation, or the one that freezes the
    account, where there is one.
    """
    told = _TELLERS.get(event["type"])
    told_now = told(event["data"], confirmation) if told else None
    if told_now is None:
        return None
    subject, lines = told_now
    signature = f"Account {event['account_id']}. You get this mail because your address is a billing address of it."
    paragraphs = [*lines, f"Billing page: {page_url}", f"-- \n{signature}"]
    return Mail(subject, "\n\n".join(paragraphs) + "\n")


def waits_for_confirmation(event: Data) -> bool:
    """Whether the mail about an event needs the link of the payment that waits."""
    return bool(event["type"] == "AutoRechargeSuspended" and event["data"]["reason"] == SuspensionReason.AUTHENTICATION)


def may_freeze(event: Data) -> bool:
    """Whether the mail about an event needs the link that freezes the account."""
    return bool(event["type"] == "CallDenied" and event["data"]["reason"] != DenialReason.ACCOUNT_FROZEN)


Told = tuple[str, list[str]] | None


def _paid(data: Data, _: Confirmation | None) -> Told:
    return f"Payment received: ${data['amount']}", [
        f"Your payment of ${data['amount']} with {_card(data)} is in your prepaid balance for international calls.",
    ]


def _recharged(data: Data, _: Confirmation | None) -> Told:
    return f"Automatic recharge: ${data['amount']}", [
        (
            f"Your balance fell below the threshold you set, so {_card(data)} was charged ${data['amount']}, which is "
            "in your prepaid balance for international calls."
        ),
        "To change the amount, the threshold or the card, or to switch automatic recharge off, open the Billing page.",
    ]


def _not_paid(data: Data, _: Confirmation | None) -> Told:
    why = data["failure"]["message"] if data["failure"] else "It was canceled before it was made."
    return f"Payment not made: ${data['amount']}", [
        f"Your payment of ${data['amount']} with {_card(data)} was not made, and nothing was charged.",
        why,
    ]


def _not_recharged(data: Data, _: Confirmation | None) -> Told:
    if data["failure"] is None:
        return None  # Canceled because it was not needed any more: nobody pressed anything.
    return f"Automatic recharge declined: ${data['amount']}", [
        (
            f"An automatic recharge of ${data['amount']} with {_card(data)} was declined, and nothing was charged. "
            "It is tried again later, unless a mail says that it waits for you."
        ),
        data["failure"]["message"],
        "When your balance is used up, calls abroad are not connected. Add funds on the Billing page.",
    ]


def _suspended(data: Data, confirmation: Confirmation | None) -> Told:
    if data["reason"] == SuspensionReason.AUTHENTICATION and confirmation is not None:
        ends = datetime.fromisoformat(confirmation.expires_at)
        return "Confirm your automatic recharge", [
            (
                f"Your bank asks you to confirm an automatic recharge with {_card(data)}. Until you do, your balance "
                "is not recharged."
            ),
            f"Confirm the payment (until {ends:%Y-%m-%d %H:%M} UTC):\n{confirmation.address}",
            "The link leads to your bank's own page. We never ask for a card number or a password by mail.",
        ]
    return "Automatic recharge is paused", [
        f"Automatic recharge with {_card(data)} does not go on by itself.",
        data["message"],
        "When your balance is used up, calls abroad are not connected.",
    ]


def _low(data: Data, _: Confirmation | None) -> Told:
    return f"Your balance is low: ${data['balance']}", [
        f"Your prepaid balance for international calls fell below ${data['low_balance']}; it is ${data['balance']}.",
        "When it is used up, calls abroad are not connected. Calls within the US and Canada go on as always.",
    ]


def _taken_back(data: Data, _: Confirmation | None) -> Told:
    return f"Credit taken back: ${data['amount']}", [
        (
            f"A payment with {_card(data)} was refunded or is disputed, so ${data['amount']} of it was taken back from "
            "your prepaid balance. If the balance is below zero now, calls abroad are not connected until it is paid."
        ),
    ]


def _given_back(data: Data, _: Confirmation | None) -> Told:
    return f"Credit given back: ${data['amount']}", [
        (
            f"A refund to {_card(data)} did not come about, or a dispute ended in our favor, so ${data['amount']} is "
            "in your prepaid balance again."
        ),
    ]


def _denied(data: Data, link: Confirmation | None) -> Told:
    country, ending = data["to"].split("…")
    lines = [
        f"A call from line {data['line_id']} to a number in {country} ending {ending} was not connected.",
        data["message"],
        "You hear of this once an hour, however many calls are refused. Emergency and domestic calls go on as always.",
    ]
    if link is not None:
        ends = datetime.fromisoformat(link.expires_at)
        lines += [
            (
                "If nobody of yours made this call, your phone system may have been broken into. This link refuses "
                "every new call abroad and pauses automatic recharge at once (until "
                f"{ends:%Y-%m-%d %H:%M} UTC):\n{link.address}"
            )
        ]
    return "A call abroad was refused", lines


def _frozen(_: Data, __: Confirmation | None) -> Told:
    return "Your account is frozen", [
        "New calls abroad are refused and your card is not charged by itself, until your phone company lets it go on.",
        "Emergency and domestic calls go on as always, and your balance stays as it is.",
    ]


def _unfrozen(_: Data, __: Confirmation | None) -> Told:
    return "Your account is not frozen any more", ["Calls abroad are connected again, and automatic recharge goes on."]


def _card(data: Data) -> str:
    card = data["payment_method"]
    return f"{card['brand'].replace('_', ' ').title()} ending {card['last4']}"


_TELLERS: Final[Mapping[str, Callable[[Data, Confirmation | None], Told]]] = {
    "TopUpSucceeded": _paid,
    "TopUpFailed": _not_paid,
    "AutoRechargeSucceeded": _recharged,
    "AutoRechargeFailed": _not_recharged,
    "AutoRechargeSuspended": _suspended,
    "BalanceLow": _low,
    "CreditReversed": _taken_back,
    "CreditReturned": _given_back,
    "CallDenied": _denied,
    "AccountFrozen": _frozen,
    "AccountUnfrozen": _unfrozen,
}

MAILED: Final = tuple(_TELLERS)
"""The types of event that billing addresses are mailed about."""
