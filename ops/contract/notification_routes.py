"""Who receives an account's e-mails, and the level of a low balance (functions/change_settings)."""

from typing import Final

from calling_credit.accounts.account import MAX_BILLING_EMAILS
from calling_credit.accounts.bounces import Returned
from calling_credit.languages import LANGUAGES
from ops.contract.route import Access, Route, member_read, ok
from ops.contract.schemas import (
    DOLLARS,
    MADE_FROM,
    MONEY,
    TEXT,
    VERSION,
    body,
    described,
    list_of,
    one_of,
    or_null,
    record,
)

GROUP: Final = "Notifications"
LANGUAGE: Final = one_of(LANGUAGES)
RECIPIENT: Final = record(
    "Recipient",
    "An address that receives the account's e-mails, or waits until its holder follows the link in an e-mail.",
    {
        "address": TEXT,
        "language": LANGUAGE,
        "status": one_of(["confirmed", "waiting"]),
        "returned": described(
            or_null(one_of([Returned.PERMANENT, Returned.COMPLAINT])),
            "Why the address receives no ordinary e-mails: one came back, or its reader marked one as spam. Null: it "
            "receives them. Remove the address and enter it again to receive them again.",
        ),
    },
)
NOTIFICATIONS: Final = record(
    "Notifications",
    "Who receives the account's e-mails, and when a low balance is announced.",
    {
        "recipients": list_of(RECIPIENT, "The confirmed addresses, then the waiting ones."),
        "low_balance": described(or_null(MONEY), "A balance that falls below this level is announced; null: never."),
        "version": described(VERSION, "Grows with each change of the recipients or the level."),
    },
)
ASKED_RECIPIENT: Final = body(
    "RecipientSettings",
    "`language` of a known address stays as it is if it is absent. `status` and `returned` have no effect.",
    {"address": TEXT, "language": or_null(LANGUAGE), "status": TEXT, "returned": or_null(TEXT)},
    ["address"],
)
NOTIFICATIONS_CHANGE: Final = body(
    "NotificationsChange",
    "Absent fields keep their value. `recipients` is the whole list; a null `low_balance` announces none.",
    {
        "recipients": {**list_of(ASKED_RECIPIENT), "maxItems": MAX_BILLING_EMAILS},
        "low_balance": or_null(DOLLARS),
        "version": MADE_FROM,
    },
)
LANGUAGE_CHANGE: Final = body("LanguageChange", "A language.", {"language": LANGUAGE}, ["language"])
OWN_LANGUAGE: Final = record(
    "OwnLanguage",
    "The language of the e-mails to the caller.",
    {"language": described(or_null(LANGUAGE), "Null if the caller's address is no recipient.")},
)

ROUTES: Final = (
    member_read(
        "/notifications",
        "change_settings",
        GROUP,
        "Show who receives e-mails",
        ok(NOTIFICATIONS, "The recipients and the level."),
        ("unknown_account",),
    ),
    Route(
        "PUT",
        "/notifications",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Set who receives e-mails",
        {200: ok(NOTIFICATIONS, "The recipients and the level now.")},
        (
            "unknown_account",
            "invalid_field",
            "invalid_email",
            "invalid_amount",
            "amount_out_of_range",
            "too_many_confirmations",
            "changed_meanwhile",
            "busy",
        ),
        "A new address waits up to seven days until its holder follows the link in an e-mail. A removed address "
        "receives an e-mail about it.",
        body=NOTIFICATIONS_CHANGE,
    ),
    Route(
        "PUT",
        "/notifications/language",
        "change_settings",
        Access.MEMBER,
        GROUP,
        "Set the language of the own e-mails",
        {200: ok(OWN_LANGUAGE, "The language now.")},
        ("unknown_account", "signed_out", "missing_field", "invalid_field", "busy"),
        body=LANGUAGE_CHANGE,
    ),
)
