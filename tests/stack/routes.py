"""One valid request to each route of the API, who may send it, and the expected status."""

from typing import Any

from tests.stack.credit_routes import DONE, FOR_ADMINS, FOR_CUSTOMERS
from tests.stack.move_routes import MOVES

LINE = {"number": "+12125550105", "user_id": "user_ana"}
RULE = {"enabled": True, "threshold": "40.00", "amount": "50.00", "payment_method_id": "CARD"}
EVENT = {"id": "evt_made_up", "type": "customer.updated", "data": {"object": {"id": "cus_made_up"}}}
CASES: dict[str, tuple[str, dict[str, Any] | None]] = {
    "GET /": ("/", None),
    "GET /desk": ("/desk", None),
    "GET /assets/{version}/{name}": ("/assets/0/billing.css", None),
    "GET /openapi.json": ("/openapi.json", None),
    "GET /balance": ("/balance", None),
    "GET /overview": ("/overview", None),
    "GET /usage": ("/usage", None),
    "GET /usage/{category}": ("/usage/outbound_international_call", None),
    "GET /spending": ("/spending", None),
    "GET /statement": ("/statement", None),
    "GET /lines": ("/lines", None),
    "GET /forecast": ("/forecast", None),
    "GET /account/rates": ("/account/rates?number=%2B442071838750", None),
    "POST /auto-recharge/simulate": ("/auto-recharge/simulate", {"threshold": "40.00", "amount": "50.00"}),
    "GET /lines/{line_id}/changes": ("/lines/line_lobby/changes", None),
    "GET /activity": ("/activity", None),
    "GET /denied-calls": ("/denied-calls", None),
    "GET /rates": ("/rates?country=GB", None),
    "GET /notifications": ("/notifications", None),
    "PUT /notifications": ("/notifications", {"low_balance": "5.00"}),
    "PUT /notifications/language": ("/notifications/language", {"language": "en"}),
    "PUT /lines": ("/lines", {"international_calling": True}),
    "PUT /lines/{line_id}": ("/lines/line_lobby", {"international_calling": True}),
    "POST /freeze": ("/freeze", {}),
    "GET /limits": ("/limits", None),
    "PUT /limits": ("/limits", {"daily_spend": "150.00"}),
    "GET /auto-recharge": ("/auto-recharge", None),
    "PUT /auto-recharge": ("/auto-recharge", RULE),
    "PATCH /auto-recharge": ("/auto-recharge", {"hourly_count": 2}),
    "POST /top-ups": ("/top-ups", {"amount": "5.00", "payment_method_id": "CARD"}),
    "POST /top-ups/checkout": ("/top-ups/checkout", {"amount": "5.00"}),
    "GET /top-ups": ("/top-ups", None),
    "GET /top-ups/{top_up_id}": ("/top-ups/TOP_UP", None),
    "GET /payment-methods": ("/payment-methods", None),
    "POST /payment-methods": ("/payment-methods", {}),
    "PATCH /payment-methods/{payment_method_id}": ("/payment-methods/CARD", {"default": True}),
    "DELETE /payment-methods/{payment_method_id}": ("/payment-methods/SPARE", None),
    "GET /links/{token}": ("LINK", None),
    "POST /links/{token}": ("LINK", None),
    "POST /stripe/webhook": ("/stripe/webhook", EVENT),
    "POST /calls/authorize": (
        "/calls/authorize",
        {"call_id": "c_routes", "account_id": "acct_meridian", "line_id": "line_lobby", "to": "+442071838750"},
    ),
    "POST /calls/events": (
        "/calls/events",
        {"call_id": "c_routes", "account_id": "acct_meridian", "direction": "inbound"},
    ),
    "POST /connector/calls/authorize": (
        "/connector/calls/authorize",
        {"call_id": "c_routes", "account_id": "acct_meridian", "line_id": "line_lobby", "to": "+442071838750"},
    ),
    "POST /connector/calls/events": (
        "/connector/calls/events",
        {"call_id": "c_routes", "account_id": "acct_meridian", "direction": "inbound"},
    ),
    "PUT /accounts/{account_id}": ("/accounts/acct_routes", {"time_zone": "America/Denver"}),
    "PUT /accounts/{account_id}/lines/{line_id}": ("/accounts/acct_meridian/lines/line_new", LINE),
    "PUT /accounts/{account_id}/users/{user_id}": ("/accounts/acct_meridian/users/user_new", {"name": "Noor"}),
    "POST /accounts/{account_id}/adjustments": (
        "/accounts/acct_meridian/adjustments",
        {"amount": "1.00", "reason": "A test"},
    ),
    "POST /accounts/{account_id}/calls/{call_key}/corrections": (
        "/accounts/acct_meridian/calls/CALL_KEY/corrections",
        {"started_at": "STARTED_AT", "duration_seconds": 61, "reason": "A test"},
    ),
    "POST /accounts/{account_id}/cards/unblock": (
        "/accounts/acct_meridian/cards/unblock",
        {"top_up_id": "TOP_UP", "reason": "A test"},
    ),
    "POST /accounts/{account_id}/users/{user_id}/sign-out": ("/accounts/acct_meridian/users/nobody/sign-out", None),
    "PUT /accounts/{account_id}/auto-recharge": (
        "/accounts/acct_meridian/auto-recharge",
        {"enabled": False, "reason": "A test"},
    ),
}
CASES |= {
    route.replace(" /accounts", " /operator/accounts"): (f"/operator{path}", body)
    for route, (path, body) in CASES.items()
    if " /accounts" in route
} | {"POST /operator/staff/{user_id}/sign-out": ("/operator/staff/nobody/sign-out", None)}
CASES |= MOVES | FOR_CUSTOMERS
STAFFS: dict[str, tuple[str, dict[str, Any] | None]] = {
    "GET /operator/accounts": ("/operator/accounts?find=acct_meridian", None),
    "GET /operator/accounts/{account_id}": ("", None),
    "GET /operator/accounts/{account_id}/usage": ("/usage", None),
    "GET /operator/accounts/{account_id}/usage/{category}": ("/usage/outbound_international_call", None),
    "GET /operator/accounts/{account_id}/statement": ("/statement", None),
    "GET /operator/accounts/{account_id}/lines": ("/lines", None),
    "GET /operator/accounts/{account_id}/users": ("/users", None),
    "GET /operator/accounts/{account_id}/top-ups": ("/top-ups", None),
    "GET /operator/accounts/{account_id}/mails": ("/mails", None),
    "GET /operator/accounts/{account_id}/activity": ("/activity", None),
    "GET /operator/accounts/{account_id}/denied-calls": ("/denied-calls", None),
    "GET /operator/accounts/{account_id}/calls": ("/calls?number=%2B442071838750&at=BEGAN", None),
    "GET /operator/accounts/{account_id}/calls/{call_key}": ("/calls/CALL_KEY?at=BEGAN", None),
    "GET /operator/accounts/{account_id}/proof": ("/proof", None),
    "GET /operator/accounts/{account_id}/close": ("/close", None),
    "GET /operator/margins": ("/operator/margins?from=2026-11-01&to=2026-11-30", None),
    "POST /operator/accounts/{account_id}/close": ("/close", {"reason": "A test", "balance": "0.000001"}),
    "POST /operator/accounts/{account_id}/links/withdraw": ("/links/withdraw", {}),
    "POST /operator/accounts/{account_id}/mails/{mail_id}/resend": ("/mails/2026-11-23T10:00:00.000Z_a/resend", {}),
    "POST /operator/accounts/{account_id}/exports": ("/exports", {"reason": "A test"}),
    "POST /operator/accounts/{account_id}/numbers/erase": ("/numbers/erase", {"number": "+442071830000"}),
    "POST /operator/accounts/{account_id}/calls/{call_key}/confirm": ("/calls/CALL_KEY/confirm", {}),
    "POST /operator/accounts/{account_id}/countries/{country}/confirm": ("/countries/JP/confirm", {}),
    "PUT /operator/accounts/{account_id}/limits": ("/limits", {"simultaneous_calls": 30}),
}
CASES |= {
    route: (path if path.startswith("/operator") else f"/operator/accounts/acct_meridian{path}", body)
    for route, (path, body) in STAFFS.items()
}
"""Path and body of one valid request to each route; tests replace the words in capitals. Closing, and what needs a
mail, a suspicious call, or a buying list, is refused after the right is checked.
"""
OPEN = {
    "GET /",
    "GET /desk",
    "GET /assets/{version}/{name}",
    "GET /openapi.json",
    "GET /rates",
    "GET /links/{token}",
    "POST /links/{token}",
    "POST /stripe/webhook",
}
OPERATOR = {route for route in CASES if " /accounts" in route}
CREDIT = {route for route in OPERATOR if route.endswith(("/adjustments", "/corrections"))}
DESK = {route for route in CASES if " /operator" in route}
FOR_FINANCE = {"GET /operator/margins"}
"""What only finance reads, and a client with the scope for moving credit."""
DESK_READS = {route for route in STAFFS if route.startswith("GET ")} - FOR_FINANCE
FOR_SUPPORT = DESK_READS | {route for route in DESK if route.endswith(("/sign-out", "/links/withdraw", "/resend"))}
"""Support reads, and may do what protects an account or tells its customer again."""
SWITCH = {"POST /calls/authorize": "calls/authorize", "POST /calls/events": "calls/report"}
"""The routes of the switch, each with its scope."""
CONNECTOR = {route for route in CASES if " /connector" in route}
"""The same for switches with a connector key."""
SERVICE = OPERATOR | DESK | set(SWITCH) | CONNECTOR
ADMIN_ONLY = {
    "PUT /notifications",
    "PUT /lines",
    "POST /freeze",
    "PUT /lines/{line_id}",
    "PUT /auto-recharge",
    "PATCH /auto-recharge",
    "PUT /limits",
    "POST /top-ups",
    "POST /top-ups/checkout",
    "GET /payment-methods",
    "POST /payment-methods",
    "DELETE /payment-methods/{payment_method_id}",
    "PATCH /payment-methods/{payment_method_id}",
    *FOR_ADMINS,
}
CUSTOMER = set(CASES) - OPEN - SERVICE
SUCCESS = DONE | {
    "POST /top-ups": 201,
    "POST /top-ups/checkout": 201,
    "POST /payment-methods": 201,
    "DELETE /payment-methods/{payment_method_id}": 204,
    "POST /links/{token}": 303,
    "POST /accounts/{account_id}/adjustments": 201,
    "POST /accounts/{account_id}/calls/{call_key}/corrections": 201,
    "POST /operator/accounts/{account_id}/adjustments": 201,
    "POST /operator/accounts/{account_id}/exports": 201,
    "GET /operator/margins": 404,
    "POST /operator/accounts/{account_id}/close": 409,
    "POST /operator/accounts/{account_id}/mails/{mail_id}/resend": 404,
    "POST /operator/accounts/{account_id}/calls/{call_key}/confirm": 404,
    "POST /operator/accounts/{account_id}/calls/{call_key}/corrections": 201,
}
"""The status of a valid request where it is not 200."""
