"""The forms of budgets and of requests for more, in answers and requests."""

from typing import Any, Final

from calling_credit.accounts.budget_requests import MAX_NOTE_CHARACTERS
from ops.contract.schemas import FLAG, ID, INSTANT, MONEY, TEXT, Schema, body, described, one_of, or_null, record

MONTH: Final[Schema] = {
    "type": "string",
    "pattern": r"^[0-9]{4}-(0[1-9]|1[0-2])$",
    "description": "Year and month in the account's time zone.",
    "examples": ["2026-11"],
}
AT: Final = one_of(("refuse", "tell"), "Whether calls beyond the budget are refused, or only announced.")
BUDGET: Final = record(
    "Budget",
    "What calls of a line or a user may cost in a month, and what they have cost in the running one.",
    {
        "monthly": described(MONEY, "The amount of each month."),
        "at": AT,
        "state": one_of(
            ("counting", "counted"),
            "`counting` until the earlier calls of the running month are counted. Until then it refuses nothing.",
        ),
        "month": MONTH,
        "limit": described(MONEY, "The amount of this month, with what was raised until it ends."),
        "spent": described(MONEY, "What the month's calls have cost."),
        "held": described(MONEY, "What running calls have reserved."),
        "left": described(MONEY, "`limit` less `spent` and `held`. Calls without a hold can make it negative."),
        "refused": described(FLAG, "True if it refused a call since `limit` changed last; else absent."),
    },
    optional=("refused",),
)
BUDGET_NOW: Final[Schema] = {
    "anyOf": [BUDGET, record("NoBudget", "There is no budget.", {"monthly": {"type": "null"}})],
}
BUDGET_CHANGE: Final = body(
    "BudgetChange",
    "Sets a budget; a `monthly` of null ends it.",
    {
        "monthly": or_null(
            {
                "type": "string",
                "pattern": r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?$",
                "description": "US dollars as a decimal string with at most two decimals.",
            }
        ),
        "at": AT | {"default": "refuse"},
    },
    ["monthly"],
) | {"additionalProperties": False}
BUDGET_REQUEST: Final = body(
    "BudgetRequest",
    "Asks for more budget, or with `raise` grants the open request.",
    {
        "note": or_null(
            {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_NOTE_CHARACTERS,
                "description": "A note for the billing admins.",
            }
        ),
        "raise": described(FLAG, "Raises the budgets until the month ends; only for a billing admin."),
    },
)
ASKED: Final = record(
    "BudgetAsked", "A request for more budget.", {"id": TEXT, "at": INSTANT, "state": one_of(("open",))}
)
OPEN_REQUEST: Final = record(
    "OpenBudgetRequest",
    "A request for more budget that no one has granted yet.",
    {
        "id": TEXT,
        "at": INSTANT,
        "by": record("Asker", "Who asked; the name is an e-mail address.", {"id": TEXT, "name": or_null(TEXT)}),
        "note": or_null(TEXT),
    },
)


def with_budgets(title: str, line: Schema) -> dict[str, Any]:
    """The form of a line that also shows budgets: its own, its user's, and the open requests for more."""
    user = record(
        "UserWithBudget",
        "The user of a line, the name that the operator gave them, and their budget for all their lines together.",
        {"id": ID, "name": or_null(TEXT), "budget": or_null(BUDGET)},
    )
    fields = {**line["properties"], "user": user, "budget": or_null(BUDGET)}
    fields |= {"budget_requests": {"type": "array", "items": OPEN_REQUEST, "maxItems": 1}}
    return record(title, f"{line['description'].rstrip('.')}, with budgets.", fields, optional=("bundles",))
