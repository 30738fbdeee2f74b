"""Accounts, for the operator's systems (functions/manage_accounts)."""

from typing import Final

from calling_credit.accounts import account, email_address
from calling_credit.calls import MAX_DURATION_SECONDS
from calling_credit.charging import corrections
from calling_credit.ledger import adjustments
from ops.contract.route import IDEMPOTENCY_KEY, Access, Route, ok, path
from ops.contract.schemas import (
    CALL_KEY,
    COUNT,
    DOLLARS,
    FLAG,
    ID,
    INSTANT,
    MADE_FROM,
    MONEY,
    PHONE_NUMBER,
    TEXT,
    Schema,
    body,
    described,
    list_of,
    one_of,
    or_null,
    record,
)
from ops.contract.settings_routes import LIMIT_CODES, LINE, OPERATORS_LIMITS, OPERATORS_LIMITS_CHANGE

EMAILS: Final[Schema] = {
    "maxItems": account.MAX_BILLING_EMAILS,
    "description": "Where e-mails about payments and limits go.",
}
ADDRESS: Final[Schema] = {
    "type": "string",
    "pattern": f"^{email_address.PATTERN}$",
    "maxLength": email_address.MAX_ADDRESS_CHARACTERS,
    "description": "A plain address, without a name, quotes, or brackets.",
}
TIME_ZONE: Final = described(TEXT, "The IANA time zone of the account's dates.", examples=["America/Denver"])
LOW_BALANCE: Final = "A balance that falls below this amount is announced."
ACCOUNT_NAME: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": account.MAX_NAME_CHARACTERS}
ACCOUNT: Final = record(
    "Account",
    "An account's settings.",
    {
        "account_id": ID,
        "currency": one_of([account.CURRENCY]),
        "time_zone": TIME_ZONE,
        "status": one_of(list(account.Status)),
        "billing_emails": list_of(TEXT) | EMAILS,
        "admission": described(FLAG, "Whether credit is held for calls that the switch asks about."),
        "frozen": FLAG,
        "limits": OPERATORS_LIMITS,
        "low_balance": described(MONEY, LOW_BALANCE),
        "name": described(ACCOUNT_NAME, "By which the operator finds the account."),
    },
    optional=("low_balance", "name"),
)
ACCOUNT_CHANGE: Final = body(
    "AccountChange",
    "Absent fields keep their value, or take their default in a new account. A new account needs `time_zone`.",
    {
        "currency": one_of([account.CURRENCY]),
        "time_zone": TIME_ZONE,
        "status": one_of(list(account.Status)),
        "billing_emails": list_of(ADDRESS) | EMAILS,
        "admission": FLAG,
        "frozen": FLAG,
        "limits": OPERATORS_LIMITS_CHANGE,
        "low_balance": described(or_null(DOLLARS), f"{LOW_BALANCE} Null removes it."),
        "name": described(or_null(ACCOUNT_NAME), "By which the operator finds the account. Null removes it."),
    },
)
NEW_LINE: Final = body(
    "LineSettings",
    "Absent fields keep their value. A new line needs `number` and `user_id`.",
    {
        "number": PHONE_NUMBER,
        "user_id": ID,
        "international_calling": FLAG,
        "version": MADE_FROM,
        "move_from": body(
            "MoveFrom",
            "The line that has `number` now, of any account. It is closed when the move takes effect, in two minutes.",
            {"account_id": ID, "line_id": ID},
            ["account_id", "line_id"],
        ),
    },
)
USER: Final = record("User", "A user of an account.", {"user_id": ID, "name": TEXT})
NEW_USER: Final = body("UserSettings", "The user.", {"name": ACCOUNT_NAME}, ["name"])
ADJUSTMENT: Final = record(
    "Adjustment",
    "A posted adjustment.",
    {"id": TEXT, "amount": MONEY, "balance": described(MONEY, "The account's balance now.")},
)
NEW_ADJUSTMENT: Final = body(
    "NewAdjustment",
    "The adjustment to post.",
    {
        "amount": {
            "type": "string",
            "pattern": r"^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?$",
            "description": "Positive gives credit, negative takes credit.",
            "examples": ["-2.50"],
        },
        "reason": {"type": "string", "minLength": 1, "maxLength": adjustments.MAX_REASON_CHARACTERS},
    },
    ["amount", "reason"],
)

FIGURES: Final = record(
    "CallFigures", "The duration of a call, and its price.", {"duration_seconds": COUNT, "price": MONEY}
)
CORRECTION: Final = record(
    "Correction",
    "A posted correction of a call.",
    {
        "call_key": CALL_KEY,
        "started_at": INSTANT,
        "before": FIGURES,
        "after": FIGURES,
        "difference": described(MONEY, "The change of the balance: positive gives credit back."),
        "balance": described(MONEY, "The account's balance now."),
    },
)
STARTED_AT: Final[Schema] = {"type": "string", "format": "date-time", "description": "As GET /usage shows it."}
REASON: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": corrections.MAX_REASON_CHARACTERS}
SECONDS: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": MAX_DURATION_SECONDS}
NEW_CORRECTION: Final = body(
    "NewCorrection",
    "The true duration of the call, or `waive: true` to charge nothing.",
    {
        "started_at": STARTED_AT,
        "duration_seconds": described(SECONDS, "The true duration."),
        "waive": {"const": True, "description": "Charge nothing for the call."},
        "reason": REASON,
    },
    ["started_at", "reason"],
) | {"oneOf": [{"required": ["duration_seconds"]}, {"required": ["waive"]}]}

GROUP: Final = "Operator"
ACCOUNT_ID: Final = path("account_id", ID, "The account.")

ROUTES: Final = (
    Route(
        "PUT",
        "/accounts/{account_id}",
        "manage_accounts",
        Access.OPERATOR,
        GROUP,
        "Create or change an account",
        {200: ok(ACCOUNT, "The account is changed."), 201: ok(ACCOUNT, "The account is created.")},
        (
            "invalid_id",
            "unsupported_currency",
            "invalid_time_zone",
            "invalid_status",
            "invalid_email",
            "invalid_field",
            "unknown_account",
            "busy",
            *LIMIT_CODES,
        ),
        "Only a body with `time_zone` creates an account. Accounts are closed, never deleted.",
        (ACCOUNT_ID,),
        ACCOUNT_CHANGE,
    ),
    Route(
        "PUT",
        "/accounts/{account_id}/lines/{line_id}",
        "manage_accounts",
        Access.OPERATOR,
        GROUP,
        "Create or change a line",
        {200: ok(LINE, "The line is changed."), 201: ok(LINE, "The line is created.")},
        (
            "unknown_account",
            "unknown_user",
            "invalid_id",
            "missing_field",
            "invalid_field",
            "invalid_number",
            "foreign_number",
            "busy",
            "changed_meanwhile",
            "number_taken",
            "unknown_line",
        ),
        "A number belongs to one line. `move_from` moves it from another one.",
        parameters=(ACCOUNT_ID, path("line_id", ID, "The line.")),
        body=NEW_LINE,
    ),
    Route(
        "PUT",
        "/accounts/{account_id}/users/{user_id}",
        "manage_accounts",
        Access.OPERATOR,
        GROUP,
        "Create or rename a user",
        {200: ok(USER, "The user is renamed."), 201: ok(USER, "The user is created.")},
        ("unknown_account", "invalid_id", "missing_field", "invalid_field"),
        parameters=(ACCOUNT_ID, path("user_id", ID, "The user.")),
        body=NEW_USER,
    ),
    Route(
        "POST",
        "/accounts/{account_id}/adjustments",
        "manage_accounts",
        Access.CREDIT,
        GROUP,
        "Give or take credit",
        {201: ok(ADJUSTMENT, "The adjustment is posted.")},
        (
            "unknown_account",
            "idempotency_key_reused",
            "invalid_id",
            "missing_field",
            "invalid_field",
            "invalid_amount",
            "amount_out_of_range",
        ),
        parameters=(ACCOUNT_ID, IDEMPOTENCY_KEY),
        body=NEW_ADJUSTMENT,
    ),
    Route(
        "POST",
        "/accounts/{account_id}/calls/{call_key}/corrections",
        "manage_accounts",
        Access.CREDIT,
        GROUP,
        "Correct or waive a charged call",
        {201: ok(CORRECTION, "The call has the stated duration, or costs nothing.")},
        (
            "unknown_account",
            "unknown_call",
            "idempotency_key_reused",
            "price_not_stored",
            "invalid_id",
            "missing_field",
            "invalid_field",
            "invalid_timestamp",
            "invalid_duration",
            "busy",
            "unusable_deck",
        ),
        "Takes back the current charge and charges the call again, by the price that it was charged by.",
        parameters=(ACCOUNT_ID, path("call_key", CALL_KEY, "The call, as GET /usage shows it."), IDEMPOTENCY_KEY),
        body=NEW_CORRECTION,
        body_example={"started_at": "2026-11-23T10:00:00.000Z", "duration_seconds": 65, "reason": "The switch hung"},
    ),
)
