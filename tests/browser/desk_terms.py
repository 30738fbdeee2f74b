"""What the stand-in for the operator's routes knows about granted credit, promotion codes, and budgets."""

from decimal import Decimal
from typing import Any, Final

from tests.browser.desk_texts import ago
from tests.browser.page_money_data import budget, budget_request


def promotion(code: str, amount: str, total: str, left: str | None = None, **fields: Any) -> dict[str, Any]:
    """A promotion code that is valid for a month."""
    values = {"code": code, "amount": amount, "total": total, "left": total if left is None else left, "redeemed": 0}
    return {**values, "expires_at": ago(days=-30), "created_at": ago(days=1), "withdrawn_at": None, **fields}


PROMOTIONS: Final = [
    promotion("WELCOME-2026", "10.00", "1000.00", "940.00", redeemed=6),
    promotion("SPRING", "25.00", "100.00", "0.00", redeemed=4),
    promotion("LEAKED", "5.00", "50.00", "45.00", redeemed=1, withdrawn_at=ago(days=1)),
    promotion("OLD-CODE", "5.00", "50.00", expires_at=ago(days=3)),
]


def _lot(number: int, kind: str, amount: str, used: str, expired: str = "0.00", **fields: Any) -> dict[str, Any]:
    left = Decimal(amount) - Decimal(used) - Decimal(expired)
    sums = {"amount": amount, "used": used, "expired": expired, "taken_back": "0.00", "left": str(left)}
    sums["expires_at"] = ago(days=-20)
    return {"id": f"adj_{number:032x}", "kind": kind, "granted_at": ago(days=number), **sums, **fields}


LOTS: Final = [
    _lot(1, "promotional", "20.00", "4.0402"),
    _lot(2, "granted", "50.00", "50.00", expires_at=None),
    _lot(3, "granted", "30.00", "10.00", "20.00", expires_at=ago(days=2)),
]


def with_budgets(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines; with several, the first has a budget, and the second one of its user and an open request."""
    shown = [
        {**line, "user": {**line["user"], "budget": None}, "budget": None, "budget_requests": []} for line in lines
    ]
    if len(shown) < 2:
        return shown
    first, second, *others = shown
    first["budget"] = budget(spent="17.3012", held="1.00") | {"refused": True}
    second["user"]["budget"] = budget("50.00", spent="48.00", at="tell")
    second["budget_requests"] = [budget_request()]
    return [first, second, *others]
