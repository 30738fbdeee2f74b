"""What staff do with an account without moving money (functions/keep_accounts), and the operator's limits."""

from typing import Final

from calling_credit.accounts import account
from calling_credit.topups import topup
from ops.contract.account_routes import ACCOUNT_ID, REASON
from ops.contract.amounts import AMOUNTS
from ops.contract.own_account_routes import CONFIRMED_COUNTRY
from ops.contract.payment_routes import TOP_UP_ID
from ops.contract.route import IDEMPOTENCY_KEY, Access, Answer, Parameter, Route, ok, path
from ops.contract.schemas import (
    CALL_KEY,
    COUNT,
    COUNTRY,
    DATE,
    FLAG,
    ID,
    INSTANT,
    MONEY,
    PHONE_NUMBER,
    TEXT,
    URL,
    Schema,
    body,
    described,
    list_of,
    one_of,
    or_null,
    record,
)
from ops.contract.settings_routes import LIMIT_CODES, LIMITS_OF_ACCOUNT, OPERATORS_LIMITS_CHANGE

OPEN_PAYMENT: Final = record(
    "OpenPayment",
    "A payment that has not ended.",
    {
        "id": TOP_UP_ID,
        "kind": one_of(topup.TopUpKind),
        "status": one_of(topup.TopUpStatus),
        **AMOUNTS,
        "created_at": INSTANT,
    },
)
CLOSING: Final = record(
    "ClosingReport",
    "What closing the account leaves, or would leave.",
    {
        "account_id": ID,
        "status": one_of(list(account.Status)),
        "closed_at": or_null(INSTANT),
        "closed_by": or_null(TEXT),
        "reason": or_null(TEXT),
        "balance": MONEY,
        "held": MONEY,
        "calls_in_progress": COUNT,
        "auto_recharge_enabled": FLAG,
        "open_payments": list_of(OPEN_PAYMENT),
        "can_close": FLAG,
    },
)
NEW_CLOSING: Final = body(
    "NewClosing",
    "Why to close the account.",
    {
        "reason": REASON,
        "balance": described(MONEY, "The balance that was confirmed. If it has moved, nothing is closed."),
    },
    ["reason"],
)
WITHDRAWN: Final = record("WithdrawnLinks", "The withdrawn links.", {"withdrawn": COUNT})
RESENT: Final = record("ResentMail", "The mail was sent again.", {"mail_id": TEXT, "address": TEXT, "sent": FLAG})
NEW_EXPORT: Final = body(
    "NewExport",
    "What to export. Without dates, everything up to today.",
    {"reason": REASON, "from": DATE, "to": DATE},
    ["reason"],
)
EXPORT: Final = record(
    "AccountExport",
    "An export: a zip with settings, entries, calls, and payments, each as JSON and CSV.",
    {
        "id": TEXT,
        "url": described(URL, "Downloads the zip without a sign-in until `expires_at`. Keep it secret."),
        "expires_at": INSTANT,
        "entries": COUNT,
        "calls": COUNT,
        "payments": COUNT,
        "is_complete": FLAG,
        "from": DATE,
        "to": DATE,
        "continue_from": or_null(described(DATE, "If there are too many entries: where to begin the next export.")),
    },
)
ERASURE: Final = record(
    "Erasure",
    "The items that no longer show the number. Lines that still have it are not changed.",
    {"number": described(TEXT, "What they show instead."), "erased": COUNT, "lines": list_of(ID)}
    | {"archive": described(TEXT, "The command that names the objects of the raw archive that still hold the number.")},
)
NEW_ERASURE: Final = body("NewErasure", "The number to erase.", {"number": PHONE_NUMBER}, ["number"])
CONFIRMED: Final = record(
    "ConfirmedCall",
    "A confirmed call. `counted_at` is null if the call costs nothing.",
    {
        "call_key": CALL_KEY,
        "started_at": INSTANT,
        "confirmed_at": INSTANT,
        "confirmed_by": TEXT,
        "counted_at": or_null(INSTANT),
    },
)
NOTHING: Final = body("Nothing", "An empty object.", {})

GROUP: Final = "Desk"


def _act(
    address: str,
    summary: str,
    answers: dict[int, Answer],
    codes: tuple[str, ...] = (),
    content: Schema | None = None,
    parameters: tuple[Parameter, ...] = (),
    description: str = "",
) -> Route:
    at = f"/operator/accounts/{{account_id}}{address}"
    codes = ("invalid_id", "unknown_account", *codes)
    of_account = (ACCOUNT_ID, *parameters)
    return Route(
        "POST", at, "keep_accounts", Access.DESK, GROUP, summary, answers, codes, description, of_account, content
    )


ROUTES: Final = (
    _act(
        "/close",
        "Close an account",
        {200: ok(CLOSING, "The account is closed; what it leaves.")},
        ("missing_field", "invalid_field", "invalid_amount", "changed_meanwhile", "payments_in_flight", "busy"),
        NEW_CLOSING,
        description="Also switches automatic recharge off. Finished calls are still charged.",
    ),
    _act(
        "/links/withdraw",
        "Withdraw all links",
        {200: ok(WITHDRAWN, "Links of earlier e-mails no longer act.")},
        ("busy",),
    ),
    _act(
        "/mails/{mail_id}/resend",
        "Send a mail again",
        {200: ok(RESENT, "The mail was sent.")},
        ("unknown_mail", "address_removed", "mail_not_set_up"),
        parameters=(path("mail_id", TEXT, "The mail, as the list of mails shows it."), IDEMPOTENCY_KEY),
        description="The mail is written again from its event, and sent to the same address.",
    ),
    _act(
        "/exports",
        "Export an account",
        {201: ok(EXPORT, "The export.")},
        (
            "missing_field",
            "invalid_field",
            "invalid_date",
            "invalid_date_range",
            "idempotency_key_reused",
            "busy",
        ),
        NEW_EXPORT,
        (IDEMPOTENCY_KEY,),
    ),
    _act(
        "/numbers/erase",
        "Erase a number",
        {200: ok(ERASURE, "The number is erased.")},
        ("missing_field", "invalid_number", "busy"),
        NEW_ERASURE,
        description="Masks the number in calls, changes, and names. Amounts do not change.",
    ),
    _act(
        "/calls/{call_key}/confirm",
        "Confirm a suspicious call",
        {200: ok(CONFIRMED, "The call counts toward automatic recharge.")},
        ("unknown_call", "call_corrected", "busy"),
        parameters=(path("call_key", CALL_KEY, "The call, as the usage shows it."),),
    ),
    _act(
        "/countries/{country}/confirm",
        "Confirm a country for an account",
        {200: ok(CONFIRMED_COUNTRY, "The country is confirmed, now or since earlier.")},
        ("account_frozen", "invalid_place", "busy"),
        parameters=(path("country", COUNTRY, "The country, or `001` for global networks."),),
        description="The account's calls to the country are no longer capped by `first_country_cap`.",
    ),
    Route(
        "PUT",
        "/operator/accounts/{account_id}/limits",
        "manage_accounts",
        Access.DESK,
        GROUP,
        "Change the operator's limits",
        {200: ok(LIMITS_OF_ACCOUNT, "The limits.")},
        ("invalid_id", "unknown_account", "countries_not_indexed", "busy", *LIMIT_CODES),
        parameters=(ACCOUNT_ID,),
        body=OPERATORS_LIMITS_CHANGE,
    ),
)
