"""Budgets of lines and users (functions/change_settings)."""

from typing import Final

from ops.contract.budget_schemas import ASKED, BUDGET_CHANGE, BUDGET_NOW, BUDGET_REQUEST
from ops.contract.route import Access, Route, ok, path
from ops.contract.schemas import ID
from ops.contract.settings_routes import GROUP, LINE_ID

_CODES: Final = (
    "unknown_account",
    "account_frozen",
    "invalid_id",
    "missing_field",
    "invalid_field",
    "invalid_amount",
    "amount_out_of_range",
    "busy",
)
_EXPLANATION: Final = (
    "All calls of the running month count, also earlier ones. While the account is frozen, budgets only tighten. A "
    "monthly amount of 0 refuses every call that costs something."
)

ROUTES: Final = (
    Route(
        "PUT",
        "/lines/{line_id}/budget",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Set or end the budget of a line",
        {200: ok(BUDGET_NOW, "The budget now.")},
        ("unknown_line", *_CODES),
        f"{_EXPLANATION} The change raises the line's `version`.",
        parameters=(LINE_ID,),
        body=BUDGET_CHANGE,
    ),
    Route(
        "PUT",
        "/users/{user_id}/budget",
        "change_settings",
        Access.ADMIN,
        GROUP,
        "Set or end the budget of a user",
        {200: ok(BUDGET_NOW, "The budget now.")},
        ("no_such_user", *_CODES),
        f"The budget is for all lines of the user together. {_EXPLANATION}",
        parameters=(path("user_id", ID, "The user."),),
        body=BUDGET_CHANGE,
    ),
    Route(
        "POST",
        "/lines/{line_id}/budget/requests",
        "change_settings",
        Access.MEMBER,
        GROUP,
        "Ask for a higher budget of a line",
        {
            200: ok(BUDGET_NOW, "The raised budget: the line's, or its user's if only that was raised."),
            201: ok(ASKED, "The billing admins are asked."),
        },
        (
            "unknown_account",
            "unknown_line",
            "account_frozen",
            "account_closed",
            "signed_out",
            "billing_admin_required",
            "already_asked",
            "budget_not_reached",
            "no_open_request",
            "invalid_id",
            "missing_field",
            "invalid_field",
            "busy",
        ),
        "Every user may ask, once a day for each line, once a budget that refuses calls has refused one or is spent or "
        "held to 80 percent. The billing addresses get an e-mail with a link that adds the monthly amount to the "
        "budget until the month ends. `raise` does the same for a signed-in billing admin. A request raises once.",
        parameters=(LINE_ID,),
        body=BUDGET_REQUEST,
    ),
)
