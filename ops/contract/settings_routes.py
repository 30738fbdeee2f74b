"""Settings of customers: lines and limits (functions/change_settings, functions/list_usage)."""

from typing import Final

from calling_credit.accounts import limits, places
from calling_credit.usage.call_filter import MAX_FIND_CHARACTERS
from ops.contract.budget_schemas import with_budgets
from ops.contract.bundle_schemas import BUNDLES, BUNDLES_CHANGE
from ops.contract.route import PAGE, PAGE_CODES, Access, Route, member_read, ok, path, query
from ops.contract.schemas import (
    FLAG,
    ID,
    INSTANT,
    MADE_FROM,
    MONEY,
    PHONE_NUMBER,
    TEXT,
    USER,
    VERSION,
    Schema,
    body,
    described,
    list_of,
    or_null,
    page_of,
    record,
)

LINE: Final = record(
    "Line",
    "A phone line.",
    {
        "line_id": ID,
        "number": PHONE_NUMBER,
        "user": USER,
        "international_calling": FLAG,
        "version": VERSION,
        "bundles": described(BUNDLES, "The included minutes of the line, which come before those of its account."),
    },
    optional=("bundles",),
)
NEW_LINE: Final = body(
    "LineSettings",
    "Absent fields keep their value. A new line needs `number` and `user_id`.",
    {
        "number": PHONE_NUMBER,
        "user_id": ID,
        "international_calling": FLAG,
        "bundles": BUNDLES_CHANGE,
        "version": MADE_FROM,
        "move_from": body(
            "MoveFrom",
            "The line that has `number` now, of any account. It is closed when the move takes effect, in two minutes.",
            {"account_id": ID, "line_id": ID},
            ["account_id", "line_id"],
        ),
    },
)
LINE_WITH_BUDGETS: Final = with_budgets("LineWithBudgets", LINE)
LINES: Final = page_of("Lines", "A page of lines, by id.", LINE_WITH_BUDGETS)
LINE_SWITCH: Final = body(
    "LineSwitch",
    "Turns international calling on or off.",
    {"international_calling": FLAG, "version": MADE_FROM},
    ["international_calling"],
)
LINE_CHANGE: Final = record(
    "LineChange",
    "One change of a line's international calling.",
    {
        "changed_at": INSTANT,
        "international_calling": FLAG,
        "changed_by": described(TEXT, "`user:`, `staff:`, `client:`, or (until version 1.0.0) `operator:` and an id."),
        "changed_from": described(TEXT, "The IP address of the request."),
    },
)
LINE_CHANGES: Final = page_of("LineChanges", "A page of changes, newest first.", LINE_CHANGE)

LIMIT_MONEY: Final[Schema] = {
    "type": "string",
    "pattern": r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?$",
    "description": "US dollars as a decimal string with at most four decimals.",
}
CALLS_AT_ONCE: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": limits.MAX_SIMULTANEOUS_CALLS}
PLACES: Final = {
    **list_of({"type": "string", "pattern": r"^([A-Z]{2}|001|\+[1-9][0-9]{0,14})$"}),
    "maxItems": places.MAX_PLACES,
    "description": 'Countries such as "CU" or prefixes such as "+1900".',
}
ALLOWED_PLACES: Final = {
    **list_of({"type": "string", "pattern": r"^([A-Z]{2}|\+[1-9][0-9]{2,14})$"}),
    "maxItems": places.MAX_ALLOWED_PLACES,
    "description": 'Countries such as "CU", or prefixes such as "+8816" inside one country or one global network.',
}
SHOWN_LIMITS: Final = {
    "daily_spend": described(MONEY, "What calls may cost in a day."),
    "call_price": described(MONEY, "The highest price of one call."),
    "simultaneous_calls": described(CALLS_AT_ONCE, "How many calls may run at once."),
    "high_cost": described(MONEY, "Destinations whose first minute costs more must be allowed."),
    "blocked": described(PLACES, "Places that are never called."),
    "high_cost_allowed": described(PLACES, "High-cost places that may be called."),
}
_DAILY_TOP_UP: Final = "What the account may pay by hand in a day."
_CAPS: Final = {
    "first_country_cap": "The most that calls to an unknown country may cost in a day; null: off.",
    "young_money_cap": "The most that high-cost calls may take in a day from credit bought with a new card; null: off.",
}
LIMIT_CAP: Final[Schema] = {"oneOf": [LIMIT_MONEY, {"const": True}, {"type": "null"}]}
OPERATORS_LIMITS: Final = record(
    "OperatorsLimits",
    "The limits that the operator set.",
    {
        **SHOWN_LIMITS,
        "daily_top_up": described(MONEY, _DAILY_TOP_UP),
        **{name: described(or_null(MONEY), words) for name, words in _CAPS.items()},
    },
)
OWN_LIMITS: Final = record("OwnLimits", "The limits that the customer set.", SHOWN_LIMITS, optional=SHOWN_LIMITS)
ACCOUNT_LIMITS: Final = record(
    "AccountLimits",
    "The limits in effect: the stricter of the operator's and the customer's.",
    {
        **SHOWN_LIMITS,
        "own": OWN_LIMITS,
        "operator": described(
            OPERATORS_LIMITS,
            "The customer's numbers may not exceed these, and these places apply too.",
        ),
        "frozen": described(FLAG, "True while the account is frozen."),
        "version": described(VERSION, "Grows with each change of the customer's limits."),
    },
)
LIMITS_OF_ACCOUNT: Final = record(
    "LimitsOfAccount",
    "The limits that apply, the operator's, and the customer's own.",
    {
        "effective": record("EffectiveLimits", "The stricter of both.", SHOWN_LIMITS),
        "operator": OPERATORS_LIMITS,
        "own": OWN_LIMITS,
        "own_version": VERSION,
    },
)
_ASKED: Final = {
    "daily_spend": or_null(LIMIT_MONEY),
    "call_price": or_null(LIMIT_MONEY),
    "simultaneous_calls": or_null(CALLS_AT_ONCE),
    "high_cost": or_null(LIMIT_MONEY),
    "blocked": or_null(PLACES),
    "high_cost_allowed": or_null(ALLOWED_PLACES),
    "version": MADE_FROM,
}
LIMITS_CHANGE: Final = body(
    "LimitsChange",
    "Absent fields keep their value; null restores the default.",
    _ASKED,
) | {"additionalProperties": False}
OPERATORS_LIMITS_CHANGE: Final = body(
    "OperatorsLimitsChange",
    "Absent fields keep their value; null restores the default.",
    {
        **_ASKED,
        "daily_top_up": described(or_null(LIMIT_MONEY), _DAILY_TOP_UP),
        **{name: described(LIMIT_CAP, f"{words} true: the default.") for name, words in _CAPS.items()},
    },
) | {"additionalProperties": False}

GROUP: Final = "Lines and limits"
LINE_ID: Final = path("line_id", ID, "The line.")
LIMIT_CODES: Final = ("invalid_limits", "invalid_amount", "amount_out_of_range", "invalid_place")

ROUTES: Final = (
    member_read(
        "/lines",
        "list_usage",
        GROUP,
        "List lines",
        ok(LINES, "The lines, by number."),
        ("unknown_account", "invalid_query", *PAGE_CODES),
        parameters=(
            query(
                "find",
                {"type": "string", "maxLength": MAX_FIND_CHARACTERS},
                "Only lines with this part of a number, or of their user's name.",
            ),
            *PAGE,
        ),
    ),
    Route(
        "PUT",
        "/lines/{line_id}",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Turn international calling of a line on or off",
        {200: ok(LINE_WITH_BUDGETS, "The current line.")},
        (
            "account_frozen",
            "unknown_line",
            "invalid_id",
            "missing_field",
            "invalid_field",
            "changed_meanwhile",
            "busy",
        ),
        parameters=(LINE_ID,),
        body=LINE_SWITCH,
    ),
    member_read(
        "/lines/{line_id}/changes",
        "list_usage",
        GROUP,
        "List the changes of a line",
        ok(LINE_CHANGES, "The changes, newest first."),
        ("unknown_line", "invalid_id", *PAGE_CODES),
        parameters=(LINE_ID, *PAGE),
    ),
    member_read(
        "/limits",
        "change_settings",
        GROUP,
        "Show the limits",
        ok(ACCOUNT_LIMITS, "The limits in effect."),
        ("unknown_account",),
    ),
    Route(
        "PUT",
        "/limits",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Tighten the limits",
        {200: ok(ACCOUNT_LIMITS, "The limits in effect now.")},
        (
            "unknown_account",
            "account_frozen",
            "above_operators_limit",
            "invalid_field",
            "changed_meanwhile",
            "busy",
            *LIMIT_CODES,
        ),
        "A customer can lower the operator's limits, block any place, and allow high-cost places. While the account is "
        "frozen, limits only tighten.",
        body=LIMITS_CHANGE,
    ),
)
