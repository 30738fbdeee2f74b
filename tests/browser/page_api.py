"""A stand-in for the routes that the Billing page uses: one account in memory, which tests change before and while a
page is open.
"""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from tests.browser import page_data, page_money_data
from tests.browser.page_data import ADMIN, MEMBER

Answer = tuple[int, Any]
GROUPS: Final = {ADMIN: ["billing_admin"], MEMBER: []}
OPEN: Final = {"GET /rates"}
"""Routes that need no sign-in."""


@dataclass(frozen=True)
class Request:
    """One request: `route` is its method and path template, `id` the part of the path that the template leaves open."""

    user: str | None
    route: str
    id: str
    query: dict[str, str]
    body: dict[str, Any]
    key: str | None


Route = Callable[[Request], Answer]


def problem(status: int, code: str, detail: str, **more: Any) -> Answer:
    """An error in the form of the API."""
    return status, {"type": "about:blank", "title": "Problem", "status": status, "code": code, "detail": detail, **more}


class PageApi:
    """The account, and what was requested. Tests set its attributes, or replace the answer of a route with `on`:

        api.rule = page_data.active_rule(status="charging")
        api.on("GET /spending", {...})                      a body, for status 200
        api.on("POST /top-ups", problem(409, "card_blocked", "..."))
        api.on("GET /usage/{id}", lambda request: (200, {...}))

    `outcomes` are fields of the payments made next, such as `{"status": "processing"}`. While a route is in `held`, its
    answers wait until `release(route)`.
    """

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        """Begin again with a usual account."""
        self.requests: list[Request] = []
        self.overview: dict[str, Any] = usual_overview()
        self.rule: dict[str, Any] = page_data.rule()
        self.methods = [page_data.card()]
        self.top_ups = [page_data.top_up()]
        self.lines = [page_data.line(1), page_data.line(2, international_calling=False)]
        self.usage = usual_usage()
        self.calls = [page_data.call(1), page_data.call(2)]
        self.entries: list[dict[str, Any]] = []
        self.rates = [
            page_data.price("United Kingdom", "GB", "44", "0.0135"),
            page_data.price("France", "FR", "33", "0.02"),
        ]
        self.limits = page_data.limits()
        self.notifications = page_data.notifications()
        self.changes: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.not_listed: list[dict[str, Any]] = []
        self.charges_now: dict[str, Any] | None = None
        self.charged_at_once: str | None = None  # If it is more than `charges_now`.
        self.outcomes: list[dict[str, Any]] = []
        self.details: dict[str, Any] = page_money_data.details()
        self.redeemed: list[str] = []
        self._paid: dict[str, dict[str, Any]] = {}
        self._held: dict[str, threading.Event] = {}
        from tests.browser.page_routes import routes  # noqa: PLC0415 - page_routes uses this module.

        self._routes: dict[str, Route] = routes(self)

    def on(self, route: str, answer: Route | Answer | dict[str, Any]) -> None:
        """Answer a route in another way from now on."""
        if isinstance(answer, dict):
            answer = (200, answer)
        fixed = answer
        self._routes[route] = fixed if callable(fixed) else lambda _request: fixed

    def hold(self, route: str) -> None:
        """Let the answers of a route wait until `release`."""
        self._held[route] = threading.Event()

    def release(self, route: str) -> None:
        """Send the held answers."""
        self._held.pop(route).set()

    def release_all(self) -> None:
        """Send all held answers."""
        for route in list(self._held):
            self.release(route)

    def count(self, route: str) -> int:
        """How often a route was requested."""
        return sum(request.route == route for request in self.requests)

    def bodies(self, route: str) -> list[dict[str, Any]]:
        """The bodies that a route received."""
        return [request.body for request in self.requests if request.route == route]

    def answer(
        self, user: str | None, line: tuple[str, str], query: dict[str, str], text: str, key: str | None
    ) -> Answer:
        """Answer one request; `line` is its method and path."""
        method, path = line
        route, open_part = self._match(method, path)
        if user is None and route not in OPEN:
            return problem(401, "unauthorized", "Sign in.")
        request = Request(user, route, open_part, query, json.loads(text or "{}"), key)
        self.requests.append(request)
        answered = self._routes.get(route)
        if answered is None:
            return problem(404, "unknown_address", f"The stand-in has no {method} {path}.")
        is_admin = "billing_admin" in GROUPS.get(user or "", [])
        if not is_admin and route in ("GET /payment-methods", *ADMINS):
            return problem(403, "billing_admin_required", "Only a billing admin of the account may do this.")
        found = answered(request)
        if route in self._held:
            self._held[route].wait(30)
        return found

    def _match(self, method: str, path: str) -> tuple[str, str]:
        if f"{method} {path}" in self._routes:
            return f"{method} {path}", ""
        for route in self._routes:
            pattern = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(route))
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return route, found[1]
        return f"{method} {path}", ""

    def pay(self, request: Request, **fields: Any) -> Answer:
        """Make a payment, once for each key."""
        assert request.key
        if request.key in self._paid:
            return 201, self._paid[request.key]
        fields |= self.outcomes.pop(0) if self.outcomes else {}
        own = page_money_data.taxed(request.body["amount"], self.overview["tax"])
        made = page_data.top_up(len(self.top_ups) + 1, **own, created_at=page_data.now()) | fields
        if made["status"] != "succeeded":
            made.pop("receipt_url")
        self._paid[request.key] = made
        self.top_ups.insert(0, made)
        if made["status"] == "succeeded":
            self.credit(made["amount"])
        return 201, made

    def settle(self, top_up_id: str, **fields: Any) -> None:
        """Let a payment succeed, or end as `fields` say."""
        [made] = [one for one in self.top_ups if one["id"] == top_up_id]
        made |= {"status": "succeeded", **fields}
        if made["status"] == "succeeded":
            self.credit(made["amount"])

    def credit(self, amount: str) -> None:
        """Move the balance by this amount."""
        for name in ("balance", "available"):
            self.overview[name] = str(Decimal(self.overview[name]) + Decimal(amount))
        below = Decimal(self.overview["available"])
        self.overview["amount_needed"] = str(-below) if below < 0 else None


ADMINS: Final = (
    "POST /top-ups",
    "POST /top-ups/checkout",
    "POST /payment-methods",
    "PATCH /payment-methods/{id}",
    "DELETE /payment-methods/{id}",
    "PATCH /auto-recharge",
    "PUT /auto-recharge",
    "PUT /lines",
    "PUT /lines/{id}",
    "PUT /limits",
    "PUT /notifications",
    "POST /freeze",
    "PUT /billing-details",
    "POST /promotions/{id}/redeem",
    "PUT /lines/{id}/budget",
    "PUT /users/{id}/budget",
    "POST /countries/{id}/confirm",
)
"""Routes for billing admins only, beside those that tests add."""


def usual_overview() -> dict[str, Any]:
    """What GET /overview says beside the rule and the lines."""
    return {
        "account_id": "acct_1",
        "name": "Analytical Engines",
        "currency": "USD",
        "time_zone": page_data.TIME_ZONE,
        "status": "open",
        "frozen": False,
        "balance": "41.2822",
        "held": "0.00",
        "available": "41.2822",
        "calls_in_progress": 0,
        "forecast": {
            "daily_spend": "1.50",
            "lasts_until": page_data.days(1)[0],
            "basis_days": 28,
            "destinations": [{"destination": "United Kingdom", "rate_per_minute": "0.0135", "minutes_left": 3057}],
            "recharges": False,
        },
        "included_minutes": [],
        "statement": {
            "opening_balance": "50.00",
            "days": [{"date": day, "closing_balance": "41.2822"} for day in page_data.days(30)[-3:]],
        },
        "amount_needed": None,
        "expiring": [],
        "tax": None,
        "billing_contacts": [ADMIN],
        "language": None,
    }


def usual_usage() -> dict[str, Any]:
    """What GET /usage says."""
    category = {"category": "outbound_international_call", "label": "Outbound International Call"}
    return {
        "currency": "USD",
        "total": "0.054",
        "categories": [{**category, "calls": 2, "billed_seconds": 240, "total": "0.054"}],
        "days": [{"date": page_data.days(1)[0], "total": "0.054"}],
    }
