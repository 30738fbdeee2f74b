"""Spending by user, line, country, and day for customers (functions/list_usage)."""

from typing import Final

from calling_credit.usage.spending import MAX_CALLS, Source
from ops.contract.route import CURSOR, Route, member_read, ok, query
from ops.contract.schemas import (
    CATEGORY_CODE,
    DATE,
    FLAG,
    MONEY,
    NEXT_CURSOR,
    TEXT,
    described,
    list_of,
    one_of,
    or_null,
    record,
)
from ops.contract.usage_routes import FILTER_CODES, FILTERS, GROUP, PERIOD, PERIOD_CODES, READ

WHOLE: Final = {"type": "integer", "description": "Negative if a part holds only the reversal of a charge."}
GROUP_SUMS: Final = record(
    "SpendingGroup",
    "The spending of one user, line, country, or day.",
    {
        "id": or_null(described(TEXT, "The id, country code, or date; null: calls without a user; `other`: the rest.")),
        "label": or_null(described(TEXT, "The user's name or the line's number, otherwise as `id`.")),
        "calls": WHOLE,
        "billed_seconds": WHOLE,
        "total": MONEY,
    },
)
SPENDING: Final = record(
    "Spending",
    "A part of the spending on calls. The parts of one period add up: follow `next_cursor` until it is null.",
    {
        "from": DATE,
        "to": DATE,
        "source": described(one_of(list(Source)), "`daily_sums` if nothing was read from entries."),
        "daily_sums_since": or_null(described(DATE, "The first day that was read from daily sums; null: none was.")),
        "totals": record(
            "SpendingTotals",
            "The totals of this part. Those of all parts are the totals of `GET /usage`.",
            {"calls": WHOLE, "billed_seconds": WHOLE, "total": MONEY},
        ),
        "groups": record(
            "SpendingGroups",
            "The same calls in four ways, the highest total first, days by date.",
            {name: list_of(GROUP_SUMS) for name in ("user", "line", "country", "day")},
        ),
        "next_cursor": NEXT_CURSOR,
        "read": READ,
        "limit_reached": described(
            FLAG,
            f"Whether the period has more than {MAX_CALLS:,} calls outside daily sums. Then only about that "
            "many, the latest, are summed up.",
        ),
    },
)

ROUTES: Final[tuple[Route, ...]] = (
    member_read(
        "/spending",
        "list_usage",
        GROUP,
        "Sum up spending by user, line, country, and day",
        ok(SPENDING, "A part of the sums."),
        (*PERIOD_CODES, "invalid_cursor", *FILTER_CODES, "unknown_category"),
        "Accounts with `breakdown` have daily sums; filters by user, line, country, or text still read entries.",
        parameters=(*PERIOD, query("category", CATEGORY_CODE, "Only the calls of this category."), *FILTERS, CURSOR),
    ),
)
