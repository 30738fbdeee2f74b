"""Accounts, for the operator's systems (functions/manage_accounts)."""

from typing import Final

from calling_credit.accounts import account, email_address
from calling_credit.charging import corrections
from calling_credit.ledger import adjustments
from calling_credit.rates import price_terms
from ops.contract.bundle_schemas import BUNDLES, BUNDLES_CHANGE
from ops.contract.lot_schemas import TERMS
from ops.contract.route import IDEMPOTENCY_KEY, Access, Route, ok, path
from ops.contract.schemas import (
    DOLLARS,
    FLAG,
    ID,
    MONEY,
    TEXT,
    Schema,
    body,
    described,
    list_of,
    one_of,
    or_null,
    record,
)
from ops.contract.settings_routes import (
    LIMIT_CODES,
    LINE_WITH_BUDGETS,
    NEW_LINE,
    OPERATORS_LIMITS,
    OPERATORS_LIMITS_CHANGE,
)

EMAILS: Final[Schema] = {"maxItems": account.MAX_BILLING_EMAILS, "description": "Where e-mails about the account go."}
ADDRESS: Final[Schema] = {
    "type": "string",
    "pattern": f"^{email_address.PATTERN}$",
    "maxLength": email_address.MAX_ADDRESS_CHARACTERS,
    "description": "A plain address, without a name, quotes, or brackets.",
}
TIME_ZONE: Final = described(TEXT, "The IANA time zone of the account's dates.", examples=["America/Denver"])
LOW_BALANCE: Final = "A balance that falls below this amount is announced."
ACCOUNT_NAME: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": account.MAX_NAME_CHARACTERS}
PRICE_LIST: Final[Schema] = {"type": "string", "pattern": f"^{price_terms.LIST_NAME.pattern}$", "examples": ["gold"]}
PRICE_LIST_WORDS: Final = "The price list whose rows come before those of the deck."
MARKUP: Final[Schema] = {
    "type": "string",
    "pattern": r"^-?[0-9]{1,4}(\.[0-9]{1,2})?$",
    "description": "The markup on the rates and fees of the deck, from -50.00 to 1000.00 percent.",
    "examples": ["12.50"],
}
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
        "breakdown": described(FLAG, "Whether posting keeps daily sums by user, line, and country; off by default."),
        "frozen": FLAG,
        "limits": OPERATORS_LIMITS,
        "price_list": described(or_null(PRICE_LIST), f"{PRICE_LIST_WORDS} Null without one."),
        "markup_percent": MARKUP,
        "low_balance": described(MONEY, LOW_BALANCE),
        "name": described(ACCOUNT_NAME, "By which the operator finds the account."),
        "bundles": described(BUNDLES, "The included minutes for calls of all lines."),
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
        "breakdown": FLAG,
        "frozen": FLAG,
        "limits": OPERATORS_LIMITS_CHANGE,
        "price_list": described(or_null(PRICE_LIST), f"{PRICE_LIST_WORDS} Null removes it."),
        "markup_percent": MARKUP,
        "low_balance": described(or_null(DOLLARS), f"{LOW_BALANCE} Null removes it."),
        "name": described(or_null(ACCOUNT_NAME), "By which the operator finds the account. Null removes it."),
        "bundles": BUNDLES_CHANGE,
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
        **TERMS,
    },
    ["amount", "reason"],
)

REASON: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": corrections.MAX_REASON_CHARACTERS}

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
            "invalid_bundles",
            "invalid_price_list",
            "reserved_price_list",
            "unknown_price_list",
            "invalid_markup",
            "too_many_price_terms",
            "unknown_account",
            "payments_in_flight",
            "busy",
            "countries_not_indexed",
            *LIMIT_CODES,
        ),
        "Only a body with `time_zone` creates an account. Accounts are closed, never deleted. Closing switches "
        "automatic recharge off, and is refused until every payment has ended. A new price list or markup prices the "
        "calls that begin at least two minutes later.",
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
        {200: ok(LINE_WITH_BUDGETS, "The line is changed."), 201: ok(LINE_WITH_BUDGETS, "The line is created.")},
        (
            "unknown_account",
            "unknown_user",
            "invalid_id",
            "missing_field",
            "invalid_field",
            "invalid_number",
            "invalid_bundles",
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
        ("unknown_account", "invalid_id", "missing_field", "invalid_field", "busy"),
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
            "unknown_lot",
            "lot_used",
            "idempotency_key_reused",
            "invalid_id",
            "missing_field",
            "invalid_field",
            "invalid_amount",
            "invalid_timestamp",
            "amount_out_of_range",
            "daily_adjustments",
            "busy",
        ),
        parameters=(ACCOUNT_ID, IDEMPOTENCY_KEY),
        body=NEW_ADJUSTMENT,
    ),
)
