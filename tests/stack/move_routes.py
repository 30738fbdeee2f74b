"""Valid requests to the routes that move credit."""

from typing import Any, Final

from tests.stack.credit_routes import PROMOTION

REASON: Final[dict[str, Any]] = {"reason": "A test"}
TRANSFER: Final = {"from_account_id": "acct_meridian", "to_account_id": "acct_halcyon", "amount": "0.01"}
NO_REQUEST: Final = f"/operator/approvals/tr_{'0' * 32}"
MOVES: Final[dict[str, tuple[str, dict[str, Any] | None]]] = {
    "POST /operator/accounts/{account_id}/calls/{call_key}/goodwill": (
        "/operator/accounts/acct_meridian/calls/CALL_KEY/goodwill",
        REASON | {"amount": "0.0001"},
    ),
    "POST /operator/accounts/{account_id}/top-ups/{top_up_id}/refunds": (
        "/operator/accounts/acct_meridian/top-ups/TOP_UP/refunds",
        REASON | {"amount": "0.01"},
    ),
    "POST /operator/transfers": ("/operator/transfers", REASON | TRANSFER),
    "POST /operator/promotions": ("/operator/promotions", PROMOTION),
    "GET /operator/promotions": ("/operator/promotions", None),
    "GET /operator/approvals": ("/operator/approvals", None),
    "POST /operator/approvals/{approval_id}/approve": (f"{NO_REQUEST}/approve", None),
    "POST /operator/approvals/{approval_id}/reject": (f"{NO_REQUEST}/reject", None),
}
"""Path and body of a request to each route. No request waits, and goodwill is given once for each call."""
REFUSED: Final = {
    "POST /operator/accounts/{account_id}/calls/{call_key}/goodwill": "goodwill_given",
    "POST /operator/approvals/{approval_id}/approve": "unknown_approval",
    "POST /operator/approvals/{approval_id}/reject": "unknown_approval",
}
"""The code with which a later request to these routes is refused, once the right is checked."""
