"""Writes docs/emails.md: a sample of each mail in each language, made from the texts that are sent (`make mails`)."""

from collections.abc import Iterator
from typing import Any, Final

from calling_credit.admission.reasons import DenialReason
from calling_credit.admission.request import WORDS as REFUSALS
from calling_credit.languages import DEFAULT_LANGUAGE, LANGUAGES
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mail_link import Confirmation
from calling_credit.notifications.mails import Mail, mail_about
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.words import WORDS
from calling_credit.topups.declines import message_of

PAGE_URL: Final = "https://billing.phone.example/"
CONFIRMATION: Final = Confirmation(f"{PAGE_URL}links/Zm9yZXhhbXBsZQ", "2026-11-24T12:00:00.000Z")
CARD: Final = {"brand": "visa", "last4": "4242"}
PAYMENT: Final = {"topup_id": "tu_5c1d9e", "payment_method": CARD}
UNTAXED: Final = {"amount": "25.00", "tax": "0.00", "total": "25.00"}
TAXED: Final = {"amount": "50.00", "tax": "7.50", "total": "57.50"}
REVERSED: Final = {"topup_id": "tu_5c1d9e", "amount": "50.00", "created_at": "2026-11-21T09:30:00.000Z"}
DECLINED: Final = {"code": "insufficient_funds", "message": message_of("insufficient_funds")}
MOVED: Final = {"entry_id": "tu_5c1d9e#rev#1", "topup_id": "tu_5c1d9e", "payment_method": CARD}
GRANTED: Final = {"lot_id": "adj_5c1d9e", "amount": "10.00"}

RISES: Final = [
    {
        "country": "GB",
        "starts_at": "2026-12-01T00:00:00.000Z",
        "call_seconds": 60,
        "price": "0.03",
        "next_price": "0.05",
        "destinations": 2,
    },
    {
        "country": "FR",
        "starts_at": "2026-12-15T00:00:00.000Z",
        "call_seconds": 600,
        "price": "0.20",
        "next_price": "0.22",
        "destinations": 1,
    },
]
DOCUMENT: Final = {
    "topup_id": PAYMENT["topup_id"],
    "number": "2026-000001",
    "net": "86.96",
    "tax": "13.04",
    "total": "100.00",
    "payment_method": CARD,
}
NEGATIVE: Final = {"net": "-86.96", "tax": "-13.04", "total": "-100.00"}
BUDGET: Final = {
    "budget": "line",
    "line_id": "line_front_desk",
    "line_number": "US…01",
    "user_id": None,
    "month": "2026-11",
    "limit": "20.00",
}
"""A budget of an event, with the number that mails add."""
SAMPLES: Final[tuple[tuple[EventType, dict[str, Any]], ...]] = (
    (EventType.TOP_UP_SUCCEEDED, PAYMENT | UNTAXED),
    (EventType.TOP_UP_FAILED, PAYMENT | UNTAXED | {"status": "failed", "failure": DECLINED}),
    (EventType.AUTO_RECHARGE_SUCCEEDED, PAYMENT | UNTAXED),
    (EventType.AUTO_RECHARGE_FAILED, PAYMENT | UNTAXED | {"status": "failed", "failure": DECLINED}),
    (
        EventType.AUTO_RECHARGE_SUSPENDED,
        {
            "reason": SuspensionReason.AUTHENTICATION,
            "message": WORDS[SuspensionReason.AUTHENTICATION],
            "payment_method": CARD,
        },
    ),
    (
        EventType.AUTO_RECHARGE_SUSPENDED,
        {"reason": SuspensionReason.REPEATEDLY, "message": WORDS[SuspensionReason.REPEATEDLY], "payment_method": CARD},
    ),
    *(
        (
            EventType.AUTO_RECHARGE_SUSPENDED,
            {"reason": reason, "message": WORDS[reason], "payment_method": CARD, "payment": REVERSED},
        )
        for reason in (SuspensionReason.REFUNDED, SuspensionReason.DISPUTED)
    ),
    (EventType.BALANCE_LOW, {"balance": "4.7215", "low_balance": "5.00"}),
    (EventType.CREDIT_REVERSED, MOVED | {"amount": "25.00"}),
    (EventType.CREDIT_RETURNED, MOVED | {"amount": "25.00"}),
    (EventType.RECEIPT_ISSUED, DOCUMENT),
    (EventType.CREDIT_NOTE_ISSUED, DOCUMENT | {"receipt": "2026-000001", "cause": "refund"}),
    (EventType.CREDIT_NOTE_ISSUED, DOCUMENT | NEGATIVE | {"receipt": "2026-000001", "cause": "returned"}),
    (EventType.CREDIT_EXPIRING, GRANTED | {"expires_at": "2026-11-30T12:00:00.000Z", "days": 7}),
    (EventType.CREDIT_EXPIRED, GRANTED | {"entry_id": "adj_5c1d9e#1", "expired_at": "2026-11-30T12:00:00.000Z"}),
    (
        EventType.CALL_DENIED,
        {
            "call_id": "c_9f2c1d7e",
            "line_id": "line_front_desk",
            "to": "GB…50",
            "reason": DenialReason.DAILY_SPEND,
            "message": REFUSALS[DenialReason.DAILY_SPEND],
        },
    ),
    (EventType.ACCOUNT_FROZEN, {"by": "link"}),
    (EventType.ACCOUNT_UNFROZEN, {"by": "staff:ops"}),
    (
        EventType.RATE_CHANGE_ANNOUNCED,
        {"change_id": "rates-deck-1", "by": "sweep:rate_changes", "changes": RISES, "more": 0},
    ),
    (EventType.TOP_UP_SUCCEEDED, PAYMENT | TAXED),
    (EventType.AUTO_RECHARGE_SUCCEEDED, PAYMENT | TAXED),
    (
        EventType.TAX_STARTING,
        {
            "payment_method": CARD,
            "starts_at": "2026-12-07T12:00:00.000Z",
            "amount": "25.00",
            "percent": "15",
            "tax": "3.75",
            "total": "28.75",
        },
    ),
    (
        EventType.TAX_STARTING,
        {
            "payment_method": CARD,
            "starts_at": "2026-12-07T12:00:00.000Z",
            "amount": "25.00",
            "percent": None,
            "tax": None,
            "total": None,
        },
    ),
    (EventType.CARD_EXPIRING, {"payment_method": CARD, "expires": "2026-12"}),
    (EventType.ACCOUNT_CHANGED, {"change_id": "account-000002", "by": "staff:ops", "fields": ["billing_emails"]}),
    (EventType.ADDRESS_CONFIRMATION_REQUESTED, {"request_id": "000003-1", "by": "user:ada"}),
    (
        EventType.LIMITS_LOOSENED,
        {
            "change_id": "limits-000003",
            "by": "user:ada",
            "set_by": "customer",
            "limits": ["daily_spend", "high_cost_allowed"],
        },
    ),
    (
        EventType.INTERNATIONAL_CALLING_ENABLED,
        {"change_id": "line_front_desk-000002", "by": "user:ada", "line_id": "line_front_desk"},
    ),
    *(
        (
            EventType.BUDGET_REACHED,
            BUDGET | {"percent": percent, "spent": spent, "at": at},
        )
        for percent, spent, at in ((80, "16.40", "refuse"), (100, "20.0312", "refuse"), (100, "20.0312", "tell"))
    ),
    (
        EventType.BUDGET_INCREASE_REQUESTED,
        {
            "request_id": "line_front_desk-2026-11-1",
            "by": "user:ada",
            "line_id": "line_front_desk",
            "line_number": "US…01",
            "month": "2026-11",
            "increases": [
                {"budget": "line", "amount": "20.00", "limit": "20.00"},
                {"budget": "user", "amount": "50.00", "limit": "50.00"},
            ],
        },
    ),
)


def samples(language: str = DEFAULT_LANGUAGE) -> Iterator[tuple[EventType, Mail]]:
    """Each mail in a language, with the type of the event it is about."""
    for kind, data in SAMPLES:
        event = {"type": kind, "account_id": "acct_meridian", "data": data}
        mail = mail_about(event, PAGE_URL, CONFIRMATION, language=language)
        assert mail is not None, kind
        yield kind, mail


INTRODUCTION: Final = """# E-mails

<!-- Written by `make mails`; do not edit. -->

`send_mail` sends one plain-text mail to each billing address of an account for each event below. It is deployed only if
the parameter `MailFrom` names a sender ([deploy.md](deploy.md)). Addresses and names in these samples are made up.
[events.md](events.md) lists the events.

Each address receives its mails in its own language: English, or French (`fr`) if it has chosen so. The mails name the
parameter `BrandName` and link `HelpUrl`. Their words are in `layers/domain/calling_credit/messages/`.

The first mail of a kind is sent at once; then none of that kind goes to the same account and address for an hour.
Mails about payments, reversals, lost payments, credit that expires, budgets, freezes, changed addresses, and rises of
prices, and links that confirm a payment, are always sent. Receipts and credit notes are mailed only if the billing
details ask for it. The mail about changed addresses goes to the former ones, and the mail that asks for a confirmation
to the new one. A failed payment is not mailed if the answer to its own request showed the failure
([decision 0113](decisions/0113-mails-of-one-kind-are-limited-to-one-an-hour.md)).
"""


NAMES: Final = {"en": "English", "fr": "Français"}
"""The languages, each by its own name."""


def as_markdown() -> str:
    """The document: all samples, each under the type of its event, and in each language."""
    shown = [INTRODUCTION]
    for same in zip(*(samples(language) for language in LANGUAGES), strict=True):
        shown.append(f"## {same[0][0]}\n")
        for language, (_, mail) in zip(LANGUAGES, same, strict=True):
            shown.append(f"{NAMES[language]}:\n\n```text\nSubject: {mail.subject}\n\n{mail.text}```\n")
    return "\n".join(shown)


if __name__ == "__main__":
    print(as_markdown(), end="")
