"""Valid requests to the routes of budgets, countries, billing details, receipts, and promotion codes."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

BUDGET: Final = {"monthly": "900.00", "at": "tell"}
ADDRESS: Final = {"line1": "1 Main St", "city": "Springfield", "region": "NY", "postal_code": "10001", "country": "US"}
DETAILS: Final[dict[str, Any]] = {"legal_name": "Meridian Travel LLC", "address": ADDRESS}
PROMOTION: Final = {
    "code": "PROMO_CODE",
    "amount": "0.50",
    "expires_at": (datetime.now(UTC) + timedelta(days=30)).date().isoformat(),
    "total": "1.00",
}
"""The credit that a code gives. A request for the same terms is a repetition."""
FOR_CUSTOMERS: Final[dict[str, tuple[str, dict[str, Any] | None]]] = {
    "PUT /lines/{line_id}/budget": ("/lines/line_lobby/budget", BUDGET),
    "PUT /users/{user_id}/budget": ("/users/user_ana/budget", BUDGET),
    "POST /lines/{line_id}/budget/requests": ("/lines/line_lobby/budget/requests", {"note": "A test"}),
    "POST /countries/{country}/confirm": ("/countries/FR/confirm", None),
    "GET /billing-details": ("/billing-details", None),
    "PUT /billing-details": ("/billing-details", DETAILS),
    "GET /top-ups/{top_up_id}/receipt": ("/top-ups/TOP_UP/receipt", None),
    "POST /promotions/{code}/redeem": ("/promotions/PROMO_CODE/redeem", None),
}
"""Path and body of a request to each route. The line is far from its budget, so a request for more is refused."""
FOR_ADMINS: Final = {
    "PUT /lines/{line_id}/budget",
    "PUT /users/{user_id}/budget",
    "POST /countries/{country}/confirm",
    "PUT /billing-details",
    "POST /promotions/{code}/redeem",
}
DONE: Final = {"POST /lines/{line_id}/budget/requests": 409, "POST /promotions/{code}/redeem": 201}
"""The status of a valid request where it is not 200."""
