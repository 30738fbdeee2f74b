"""The routes of the stand-in for the Billing page's API, and Stripe's pages."""

from typing import Any

from tests.browser import page_data
from tests.browser.page_api import Answer, PageApi, Request, Route, problem
from tests.browser.page_company import company_routes
from tests.browser.page_settings import lines, settings_routes

SWITCHED_AT_ONCE = 25
NOTHING = {"tax": "0.00", "total": "0.00"}
STRIPE_PAGE = """<!doctype html><html lang="en"><title>Stripe</title><link rel="icon" href="data:,"><h1>{title}</h1>
<p><a href="?done=yes">{action}</a></p><p><a href="?done=no">Cancel</a></p></html>"""


def routes(api: PageApi) -> dict[str, Route]:
    """The usual answer of each route."""
    return {
        "GET /overview": lambda _request: (200, overview(api)),
        "GET /balance": lambda _request: (200, balance(api)),
        "GET /forecast": lambda _request: (200, without(api.overview["forecast"], "recharges")),
        "GET /usage": lambda _request: (200, api.usage),
        "GET /usage/{id}": lambda _request: (200, calls(api)),
        "GET /statement": lambda request: (200, statement(api, request)),
        "GET /lines": lambda request: (200, lines(api, request)),
        "PUT /lines": lambda request: (200, switch_all(api, request)),
        "PUT /lines/{id}": lambda request: (200, switch_line(api, request)),
        "GET /rates": lambda request: (200, rates(api, request)),
        "GET /account/rates": lambda request: (200, own_rates(api, request)),
        "GET /auto-recharge": lambda _request: (200, api.rule),
        "PUT /auto-recharge": lambda request: save_rule(api, request),
        "PATCH /auto-recharge": lambda request: save_rule(api, request),
        "POST /auto-recharge/simulate": lambda _request: (200, simulation(api)),
        **settings_routes(api),
        **company_routes(api),
        "GET /payment-methods": lambda _request: (200, {"items": api.methods, "next_cursor": None}),
        "POST /payment-methods": lambda request: (201, {"url": f"{api.url}/stripe/{request.body.get('type', 'card')}"}),
        "PATCH /payment-methods/{id}": lambda request: (200, change_method(api, request)),
        "DELETE /payment-methods/{id}": lambda request: remove_method(api, request),
        "GET /top-ups": lambda request: (200, top_ups(api, request)),
        "GET /top-ups/{id}": lambda request: one_top_up(api, request),
        "POST /top-ups": lambda request: pay(api, request),
        "POST /top-ups/checkout": lambda request: check_out(api, request),
    }


def without(found: dict[str, Any], *names: str) -> dict[str, Any]:
    """The fields except some."""
    return {name: value for name, value in found.items() if name not in names}


def calls(api: PageApi) -> dict[str, Any]:
    """The calls of a category, all read at once."""
    return {"items": api.calls, "next_cursor": None, "read": {"calls": len(api.calls), "until": None}}


def shown_rule(api: PageApi) -> dict[str, Any]:
    """The rule as GET /balance shows it."""
    names = ("enabled", "threshold", "amount", "status", "reason", "next_attempt_at")
    return {name: api.rule[name] for name in names}


def overview(api: PageApi) -> dict[str, Any]:
    """What the Billing view needs in one request."""
    more = {name: api.rule[name] for name in ("daily_limit", "message", "payment_method")}
    enabled = sum(line["international_calling"] for line in api.lines)
    return {
        **api.overview,
        "as_of": page_data.now(),
        "auto_recharge": shown_rule(api) | more,
        "lines": {"total": len(api.lines), "enabled": enabled},
    }


def balance(api: PageApi) -> dict[str, Any]:
    """The balance."""
    names = (
        "account_id",
        "currency",
        "time_zone",
        "status",
        "frozen",
        "balance",
        "held",
        "available",
        "included_minutes",
        "expiring",
    )
    known = {name: api.overview[name] for name in names}
    return known | {"auto_recharge": shown_rule(api), "updated_at": page_data.now()}


def statement(api: PageApi, request: Request) -> dict[str, Any]:
    """The statement, by entry or by day."""
    known = {"closing_balance": api.overview["balance"], "as_of": page_data.now()}
    if request.query.get("by") == "day":
        return {**api.overview["statement"], **known}
    return {"opening_balance": "50.00", "items": api.entries, **known, "next_cursor": None}


def rates(api: PageApi, request: Request) -> dict[str, Any]:
    """The prices of a country or a number."""
    digits = "".join(filter(str.isdigit, request.query.get("number", "")))
    country = request.query.get("country")
    items = [
        one
        for one in api.rates
        if country in (None, one["country"]) and (not digits or digits.startswith(one["prefix"]))
    ]
    return {"items": items, "next_cursor": None}


def own_rates(api: PageApi, request: Request) -> dict[str, Any]:
    """The account's own prices: those of the deck, unless a test made others."""
    found = rates(api, request)
    return found | {"items": [page_data.OWN_PRICE | one for one in found["items"]]}


def switch_line(api: PageApi, request: Request) -> dict[str, Any]:
    """Switch a line."""
    [line] = [line for line in api.lines if line["line_id"] == request.id]
    line |= {"international_calling": request.body["international_calling"], "version": line["version"] + 1}
    return line


def switch_all(api: PageApi, request: Request) -> dict[str, Any]:
    """Switch all lines, 25 a request."""
    wanted = request.body["international_calling"]
    first = int(request.body.get("cursor", "0"))
    part = api.lines[first : first + SWITCHED_AT_ONCE]
    changed = [line for line in part if line["international_calling"] is not wanted]
    for line in changed:
        line |= {"international_calling": wanted, "version": line["version"] + 1}
    more = str(first + SWITCHED_AT_ONCE) if len(api.lines) > first + SWITCHED_AT_ONCE else None
    return {"changed": len(changed), "unchanged": len(part) - len(changed), "next_cursor": more}


def save_rule(api: PageApi, request: Request) -> Answer:
    """Save the rule; an older version is refused."""
    body = dict(request.body)
    accepted = body.pop("accept_charge", None)
    version = body.pop("version", api.rule["version"])
    if version != api.rule["version"]:
        return problem(409, "changed_meanwhile", "The settings changed after you opened them.", current=api.rule)
    api.rule |= body | {"version": version + 1}
    for method in api.methods:
        if method["id"] == api.rule["payment_method_id"]:
            api.rule["payment_method"] = {"brand": method["brand"], "last4": method["last4"]}
    is_on = api.rule["enabled"]
    status = "disabled" if not is_on else "charging" if accepted else "active"
    message = "A recharge is in progress." if accepted and is_on else None
    api.rule |= {
        "status": status,
        "reason": "in_flight" if message else None,
        "message": message,
        "next_attempt_at": None,
    }
    if accepted and is_on:
        api.top_ups.insert(
            0, page_data.top_up(len(api.top_ups) + 1, kind="automatic", status="processing", amount=accepted)
        )
        api.top_ups[0].pop("receipt_url")
    api.charges_now = None
    return 200, {**api.rule, **({"in_flight": None} if body.get("enabled") is False else {})}


def simulation(api: PageApi) -> dict[str, Any]:
    """What the rule would have done, and what saving charges."""
    past = {
        "calls": 2,
        "charges": 0,
        **NOTHING,
        "charged": "0.00",
        "refused_calls": 0,
        "lowest_balance": "41.2822",
        "stops": [],
    }
    now = api.charges_now
    total = api.charged_at_once or (now and now["amount"])
    charge = {"charges_now": now, "charged_at_once": total}
    return {"from": page_data.ago(days=30), "to": page_data.now(), **past, **charge}


def change_method(api: PageApi, request: Request) -> dict[str, Any]:
    """Make a payment method the default, or the backup."""
    [found] = [one for one in api.methods if one["id"] == request.id]
    for name in request.body:
        for one in api.methods:
            one[name] = request.body[name] if one is found else False
    if request.body.get("default"):
        api.methods.sort(key=lambda one: not one["default"])
    return found


def remove_method(api: PageApi, request: Request) -> Answer:
    """Remove a payment method."""
    api.methods = [one for one in api.methods if one["id"] != request.id]
    return 204, None


def top_ups(api: PageApi, request: Request) -> dict[str, Any]:
    """The payments, newest first."""
    limit = int(request.query.get("limit", "50"))
    first = int(request.query.get("cursor", "0"))
    more = str(first + limit) if len(api.top_ups) > first + limit else None
    return {"items": api.top_ups[first : first + limit], "next_cursor": more}


def one_top_up(api: PageApi, request: Request) -> Answer:
    """One payment."""
    found = [one for one in api.top_ups if one["id"] == request.id]
    return (200, found[0]) if found else problem(404, "unknown_top_up", "This account has no such top-up.")


def pay(api: PageApi, request: Request) -> Answer:
    """Pay with a saved method; a bank account's payment arrives later."""
    [method] = [one for one in api.methods if one["id"] == request.body["payment_method_id"]]
    shown = {name: method[name] for name in ("brand", "last4", "type")}
    later = {"status": "processing"} if method["type"] == "us_bank_account" else {}
    return api.pay(request, payment_method=shown, **later)


def check_out(api: PageApi, request: Request) -> Answer:
    """Open Stripe's page for a payment."""
    status, made = api.pay(request, kind="checkout", status="created", payment_method=None)
    made |= {"checkout_url": f"{api.url}/stripe/{made['id']}", "expires_at": page_data.ago(minutes=-30)}
    return status, made


def stripe_page(api: PageApi, name: str, query: dict[str, str]) -> tuple[int, str, dict[str, str]]:
    """Stripe's page for a payment or for saving a method: status, text, and headers."""
    is_payment = name.startswith("tu_")
    if "done" not in query:
        title, action = ("Pay", "Pay now") if is_payment else ("Save", "Save card")
        return 200, STRIPE_PAGE.format(title=title, action=action), {"content-type": "text/html"}
    is_done = query["done"] == "yes"
    if is_done and name == "us_bank_account":
        api.methods.append(page_data.bank_account(len(api.methods) + 10, default=not api.methods))
    elif is_done:
        api.methods.append(page_data.card(len(api.methods) + 1))
    if is_payment and is_done:
        api.settle(name, payment_method={"brand": "visa", "last4": "4242", "type": "card"})
    way = f"top_up={name}" if is_payment else f"card={'added' if is_done else 'canceled'}"
    return 302, "", {"location": f"{api.url}/?{way}"}
