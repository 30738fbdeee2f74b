"""The routes of the stand-in API for budgets, requests for more, and confirmed countries."""

from decimal import Decimal
from typing import Any

from tests.browser import page_data, page_money_data
from tests.browser.page_api import Answer, PageApi, Request, Route, problem

ALMOST = Decimal("0.8")


def budget_routes(api: PageApi) -> dict[str, Route]:
    """The usual answer of each route."""
    return {
        "PUT /lines/{id}/budget": lambda request: save_budget([line_of(api, request.id)], request),
        "PUT /users/{id}/budget": lambda request: save_budget(
            [line["user"] for line in api.lines if line["user"]["id"] == request.id], request
        ),
        "POST /lines/{id}/budget/requests": lambda request: ask_or_raise(api, request),
        "POST /countries/{id}/confirm": lambda request: confirm_country(api, request),
    }


def confirm_country(api: PageApi, request: Request) -> Answer:
    """Confirm a country, so that its refused calls say so."""
    for call in api.refused:
        if call["country"] == request.id and call["country_known"] is False:
            call["country_known"] = True
    return 200, {"country": request.id, "confirmed_at": page_data.now()}


def line_of(api: PageApi, line_id: str) -> dict[str, Any]:
    """The line with this id."""
    [line] = [line for line in api.lines if line["line_id"] == line_id]
    return line


def save_budget(owners: list[dict[str, Any]], request: Request) -> Answer:
    """Set, change, or end the budget of a line, or of a user on each of their lines."""
    monthly = request.body["monthly"]
    for owner in owners:
        before = owner["budget"] or page_money_data.budget(spent="0.00", state="counting")
        fields = {name: before[name] for name in ("spent", "held", "state")}
        at = request.body.get("at", "refuse")
        owner["budget"] = None if monthly is None else page_money_data.budget(monthly, at=at, **fields)
    return 200, owners[0]["budget"] or {"monthly": None}


def ask_or_raise(api: PageApi, request: Request) -> Answer:
    """Keep a member's request, or raise the line's budget, else the user's, by its monthly amount."""
    line = line_of(api, request.id)
    budgets = [one for one in (line["budget"], line["user"]["budget"]) if one]
    if request.body.get("raise"):
        budget = budgets[0]
        limit = Decimal(budget["limit"]) + Decimal(budget["monthly"])
        left = limit - Decimal(budget["spent"]) - Decimal(budget["held"])
        budget |= {"limit": str(limit), "left": str(left)}
        line["budget_requests"] = []
        return 200, budget
    if line["budget_requests"]:
        return problem(409, "already_asked", "This was asked for today already.")
    if not any(Decimal(one["left"]) <= (1 - ALMOST) * Decimal(one["limit"]) for one in budgets):
        return problem(409, "budget_not_reached", "The budget is not used up yet.")
    by = {"id": "user_2", "name": "Mo"}
    line["budget_requests"] = [page_money_data.budget_request(by=by, note=request.body.get("note"))]
    [made] = line["budget_requests"]
    return 201, {"id": made["id"], "at": made["at"], "state": "open"}
