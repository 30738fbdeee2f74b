"""The e-mails to an account's billing addresses: plain text, one e-mail for each event. Sends nothing.

An e-mail states what happened, the effect on calls, and what the customer can do. It contains no more than its event:
never a whole phone number, and only the brand and the last four digits of a card. Its sentences are its own: those of
the event are not printed (`mail_words`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from calling_credit.admission.reasons import DenialReason
from calling_credit.brand import OWN_BRAND, Brand
from calling_credit.languages import DEFAULT_LANGUAGE
from calling_credit.notifications import budget_mails, change_mails, receipt_mails
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mail_fields import Data, account, payment_id
from calling_credit.notifications.mail_link import Confirmation
from calling_credit.notifications.mail_words import Content, MailWords
from calling_credit.recharge.suspension_reasons import SuspensionReason
from calling_credit.topups.declines import FailureCode


@dataclass(frozen=True, slots=True)
class Mail:
    """Subject and text of an e-mail."""

    subject: str
    text: str


def mail_about(
    event: Data,
    page_url: str,
    confirmation: Confirmation | None = None,
    *,
    language: str = DEFAULT_LANGUAGE,
    brand: Brand = OWN_BRAND,
) -> Mail | None:
    """Return the e-mail about an event of the bus (its `detail`); None if it does not concern customers.

    Args:
        confirmation: the link that confirms a waiting recharge at the bank, or the link that freezes the account, where
            there is one.
        language: the recipient's.
        brand: the operator's name and help.

    Raises:
        BadRequest: malformed_event, a field that the mail prints has another form than its event's.
    """
    writer, words = _WRITERS.get(event["type"]), MailWords(language)
    content = writer(event["data"], confirmation, words) if writer else None
    if content is None:
        return None
    subject, lines = content
    signature = words.text(_SIGNATURES.get(event["type"], "signature"), account=account(event))
    addresses = [words.text("billing_page", address=page_url)]
    if brand.help:
        addresses.append(words.text("help", address=brand.help))
    return Mail(subject, "\n\n".join([*lines, "\n".join(addresses), f"-- \n{brand.name}\n{signature}"]) + "\n")


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
_SIGNATURES: Final[Mapping[str, str]] = {
    EventType.ACCOUNT_CHANGED: "signature_former",
    EventType.ADDRESS_CONFIRMATION_REQUESTED: "signature_entered",
}
"""Why the e-mails about some events were sent."""


def _top_up_succeeded(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    return words.paid("top_up_succeeded", "top_up_succeeded_taxed", data)


def _recharge_succeeded(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    return words.paid("recharge_succeeded", "recharge_succeeded_taxed", data)


def _top_up_failed(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    reason = words.decline(data) if data["failure"] else words.text("top_up_failed.canceled")
    return words.mail("top_up_lost" if _is_lost(data) else "top_up_failed", reason=reason, **words.payment(data))


def _recharge_failed(data: Data, _: Confirmation | None, words: MailWords) -> Content | None:
    if data["failure"] is None:
        return None  # Canceled because it was no longer needed; no person asked for it.
    reason = words.decline(data)
    return words.mail("recharge_lost" if _is_lost(data) else "recharge_failed", reason=reason, **words.payment(data))


def _is_lost(data: Data) -> bool:
    return bool(data["failure"] and data["failure"]["code"] == FailureCode.PAYMENT_LOST)


def _recharge_suspended(data: Data, confirmation: Confirmation | None, words: MailWords) -> Content:
    if data["reason"] == SuspensionReason.AUTHENTICATION and confirmation is not None:
        link, ends = confirmation.address_in(words.language), words.instant(confirmation.expires_at)
        return words.mail("recharge_confirm", card=words.card(data), link=link, time=ends)
    payment = data.get("payment")
    if payment:
        name = "recharge_refunded" if data["reason"] == SuspensionReason.REFUNDED else "recharge_disputed"
        amount, created = words.money(payment, "amount"), words.day(payment, "created_at")
        return words.mail(name, amount=amount, day=created, payment=payment_id(payment))
    return words.mail("recharge_paused", card=words.card(data), reason=words.suspension(data))


def _balance_low(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    balance, level = words.money(data, "balance"), words.money(data, "low_balance")
    return words.mail("balance_low", balance=balance, low_balance=level)


def _credit_reversed(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    return words.mail("credit_reversed", **words.payment(data))


def _credit_returned(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    return words.mail("credit_returned", **words.payment(data))


def _credit_expiring(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    return words.mail("credit_expiring", amount=words.money(data, "amount"), time=words.moment(data, "expires_at"))


def _credit_expired(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    return words.mail("credit_expired", amount=words.money(data, "amount"), time=words.moment(data, "expired_at"))


def _call_denied(data: Data, link: Confirmation | None, words: MailWords) -> Content:
    values = {"line": words.line(data), "destination": words.destination(data), "reason": words.denial(data)}
    return change_mails.with_link(words.mail("call_denied", **values), "call_denied.link", link, words)


def _card_expiring(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    return words.mail("card_expiring", card=words.card(data), month=words.month(data, "expires"))


def _tax_starting(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    day, card, amount = words.day(data, "starts_at"), words.card(data), words.money(data, "amount")
    if data["total"] is None:
        return words.mail("tax_unknown", day=day, card=card, amount=amount)
    total, tax = words.money(data, "total"), words.money(data, "tax")
    return words.mail("tax_starting", day=day, card=card, amount=amount, tax=tax, total=total)


def _rates_announced(data: Data, _: Confirmation | None, words: MailWords) -> Content:
    lines = words.rises(data)
    if data["more"]:
        lines.append(words.text("rates_announced.more", count=words.count(data, "more")))
    subject, paragraphs = words.mail("rates_announced")
    return subject, [paragraphs[0], "\n".join(lines), *paragraphs[1:]]


_WRITERS: Final[Mapping[EventType, Callable[[Data, Confirmation | None, MailWords], Content | None]]] = {
    EventType.TOP_UP_SUCCEEDED: _top_up_succeeded,
    EventType.TOP_UP_FAILED: _top_up_failed,
    EventType.AUTO_RECHARGE_SUCCEEDED: _recharge_succeeded,
    EventType.AUTO_RECHARGE_FAILED: _recharge_failed,
    EventType.AUTO_RECHARGE_SUSPENDED: _recharge_suspended,
    EventType.BALANCE_LOW: _balance_low,
    EventType.CREDIT_REVERSED: _credit_reversed,
    EventType.CREDIT_RETURNED: _credit_returned,
    EventType.RECEIPT_ISSUED: receipt_mails.receipt_issued,
    EventType.CREDIT_NOTE_ISSUED: receipt_mails.credit_note_issued,
    EventType.CREDIT_EXPIRING: _credit_expiring,
    EventType.CREDIT_EXPIRED: _credit_expired,
    EventType.CALL_DENIED: _call_denied,
    EventType.ACCOUNT_FROZEN: change_mails.account_frozen,
    EventType.ACCOUNT_UNFROZEN: change_mails.account_unfrozen,
    EventType.CARD_EXPIRING: _card_expiring,
    EventType.TAX_STARTING: _tax_starting,
    EventType.RATE_CHANGE_ANNOUNCED: _rates_announced,
    EventType.ACCOUNT_CHANGED: change_mails.addresses_changed,
    EventType.ADDRESS_CONFIRMATION_REQUESTED: change_mails.address_confirmation,
    EventType.LIMITS_LOOSENED: change_mails.limits_loosened,
    EventType.INTERNATIONAL_CALLING_ENABLED: change_mails.international_calling_enabled,
    EventType.BUDGET_REACHED: budget_mails.budget_reached,
    EventType.BUDGET_INCREASE_REQUESTED: budget_mails.increase_requested,
}

MAILED: Final = tuple(_WRITERS)
"""The types of event that billing addresses receive an e-mail about."""
