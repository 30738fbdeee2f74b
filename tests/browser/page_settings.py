"""The routes of the stand-in API for lines, limits, notifications, freezing, and what happened on the account."""

from typing import Any

from tests.browser.page_api import Answer, PageApi, Request, Route, problem
from tests.browser.page_budgets import budget_routes

OPERATORS_ONLY = ("daily_top_up", "first_country_cap", "young_money_cap")
CONFLICT = "These settings changed after you opened them."


def settings_routes(api: PageApi) -> dict[str, Route]:
    """The usual answer of each route."""
    return {
        **budget_routes(api),
        "GET /limits": lambda _request: (200, api.limits),
        "PUT /limits": lambda request: save_limits(api, request),
        "GET /notifications": lambda _request: (200, api.notifications),
        "PUT /notifications": lambda request: save_notifications(api, request),
        "PUT /notifications/language": lambda request: (200, save_language(api, request)),
        "POST /freeze": lambda _request: (200, freeze(api)),
        "GET /activity": lambda _request: (200, {"items": api.changes, "next_cursor": None}),
        "GET /denied-calls": lambda _request: (
            200,
            {"items": api.refused, "not_listed": api.not_listed, "next_cursor": None},
        ),
    }


def lines(api: PageApi, request: Request) -> dict[str, Any]:
    """The lines by number, or those whose number or user has a text."""
    find = request.query.get("find", "").lower()
    found = [line for line in api.lines if find in line["number"] or find in (line["user"]["name"] or "").lower()]
    return {"items": sorted(found, key=lambda line: str(line["number"])), "next_cursor": None}


def save_limits(api: PageApi, request: Request) -> Answer:
    """Save the customer's limits; an older version is refused."""
    body = dict(request.body)
    if body.pop("version", api.limits["version"]) != api.limits["version"]:
        return problem(409, "changed_meanwhile", CONFLICT, current=api.limits)
    own = {name: value for name, value in (api.limits["own"] | body).items() if value is not None}
    version = api.limits["version"] + 1
    bounds = {name: value for name, value in api.limits["operator"].items() if name not in OPERATORS_ONLY}
    api.limits = {**api.limits, **bounds, **own, "own": own, "version": version}
    for name in ("blocked", "high_cost_allowed"):
        api.limits[name] = sorted({*api.limits["operator"][name], *own.get(name, [])})
    return 200, api.limits


def save_notifications(api: PageApi, request: Request) -> Answer:
    """Save the recipients and the level; a new address waits for its confirmation."""
    before = api.notifications
    if request.body.get("version", before["version"]) != before["version"]:
        return problem(409, "changed_meanwhile", CONFLICT, current=before)
    known = {one["address"]: {name: one[name] for name in ("status", "returned")} for one in before["recipients"]}
    new = {"status": "waiting", "returned": None}
    recipients = [one | known.get(one["address"], new) for one in request.body["recipients"]]
    api.notifications = {
        "recipients": recipients,
        "low_balance": request.body["low_balance"],
        "version": before["version"] + 1,
    }
    return 200, api.notifications


def save_language(api: PageApi, request: Request) -> dict[str, Any]:
    """Save the language of the caller's own address, if it is a recipient."""
    own = [one for one in api.notifications["recipients"] if one["address"] == request.user]
    for one in own:
        if one["language"] != request.body["language"]:
            one["language"] = request.body["language"]
            api.notifications = api.notifications | {"version": api.notifications["version"] + 1}
    return {"language": own[0]["language"] if own else None}


def freeze(api: PageApi) -> dict[str, Any]:
    """Freeze the account."""
    api.limits = api.limits | {"frozen": True}
    api.overview["frozen"] = True
    return {"frozen": True}
