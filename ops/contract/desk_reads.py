"""What staff see of an account (functions/read_accounts)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from ops.contract import settings_routes, usage_routes
from ops.contract.account_routes import ACCOUNT_ID, USER
from ops.contract.desk_acts import CLOSING
from ops.contract.desk_schemas import ACCOUNT_PAGE, CHANGE, DENIED_PAGE, FOUND, MAIL, PROOF, STAFF_TOP_UP
from ops.contract.margin_schemas import MARGINS
from ops.contract.route import CURSOR, PAGE, PAGE_CODES, Access, Answer, Parameter, Route, ok, query
from ops.contract.schemas import (
    TEXT,
    Schema,
    page_of,
)
from ops.contract.usage_routes import PERIOD

GROUP: Final = "Desk"
ANSWERS: Final = ("payments_unavailable", "payments_not_shown", "stripe_refuses_us", "not_proven")


def _read(
    address: str,
    summary: str,
    answer: Answer,
    codes: tuple[str, ...] = (),
    parameters: tuple[Parameter, ...] = (),
    description: str = "",
) -> Route:
    at = f"/operator/accounts/{{account_id}}{address}"
    codes = ("invalid_id", "unknown_account", *codes)
    of_account = (ACCOUNT_ID, *parameters)
    return Route("GET", at, "read_accounts", Access.DESK, GROUP, summary, {200: answer}, codes, description, of_account)


def _list(address: str, summary: str, title: str, items: Schema, **more: Any) -> Route:
    page = page_of(title, "A page of the list, newest first.", items)
    return _read(address, summary, ok(page, "The page."), PAGE_CODES, PAGE, **more)


def _as_customers_see(routes: Mapping[str, Route], key: str) -> Route:
    """The twin of a customer's read for staff."""
    route = routes[key]
    return replace(
        route,
        path=f"/operator/accounts/{{account_id}}{route.path}",
        function="read_accounts",
        access=Access.DESK,
        group=GROUP,
        codes=tuple(dict.fromkeys(("invalid_id", "unknown_account", *route.codes))),
        parameters=(ACCOUNT_ID, *route.parameters),
    )


_CUSTOMERS: Final = {route.key: route for route in (*usage_routes.ROUTES, *settings_routes.ROUTES)}
ROUTES: Final = (
    Route(
        "GET",
        "/operator/accounts",
        "read_accounts",
        Access.DESK,
        GROUP,
        "Find accounts",
        {200: ok(FOUND, "The accounts.")},
        ("invalid_query",),
        "By account id, by the beginnings of words of a name, by e-mail address, or by phone number.",
        (query("find", TEXT, "What to search for. Required."),),
    ),
    _read("", "Show an account on one page", ok(ACCOUNT_PAGE, "The account.")),
    _as_customers_see(_CUSTOMERS, "GET /usage"),
    _as_customers_see(_CUSTOMERS, "GET /usage/{category}"),
    _as_customers_see(_CUSTOMERS, "GET /statement"),
    _as_customers_see(_CUSTOMERS, "GET /lines"),
    _list("/users", "List the users", "Users", USER),
    _list("/top-ups", "List the payments", "StaffTopUps", STAFF_TOP_UP),
    _list("/mails", "List the mails of the last 90 days", "SentMails", MAIL),
    _list("/activity", "List the changes", "RecordedChanges", CHANGE),
    _read(
        "/denied-calls",
        "List the calls refused in the last 30 days",
        ok(DENIED_PAGE, "The refused calls."),
        PAGE_CODES,
        PAGE,
    ),
    _read(
        "/proof",
        "Prove the account now",
        ok(PROOF, "The proof."),
        ANSWERS,
        description="Compares the balance, days, holds, and payments with the entries, and the payments with Stripe.",
    ),
    Route(
        "GET",
        "/operator/margins",
        "read_accounts",
        Access.DESK,
        GROUP,
        "Show margins by destination and customer",
        {200: ok(MARGINS, "A part of the report: the accounts that were read.")},
        (
            "invalid_date",
            "invalid_date_range",
            "invalid_cursor",
            "invalid_limit",
            "unknown_price_list",
            "unusable_deck",
        ),
        "For the group `finance`, or a client with `credit/adjust`. What charged calls brought, and what they cost by "
        "the buying list (`cost`) in force when they began. A request reads for 15 seconds; while it answers "
        "`next_cursor`, send that and add the parts up. Days are UTC.",
        (*PERIOD, CURSOR),
    ),
    _read("/close", "Show what closing would leave", ok(CLOSING, "The report, before the account is closed.")),
)
