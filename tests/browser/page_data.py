"""The account of the stand-in API: half a year old, with credit, one card, a rule, two lines, and calls."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

TIME_ZONE: Final = "America/New_York"
ADMIN, MEMBER = "ada@customer.example", "mo@customer.example"


def now() -> str:
    """This instant as the API writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ago(**since: float) -> str:
    """An instant this long ago."""
    return (datetime.now(UTC) - timedelta(**since)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def days(number: int) -> list[str]:
    """The last local days, oldest first."""
    today = datetime.now(UTC).date()
    return [str(today - timedelta(days=number - 1 - one)) for one in range(number)]


def card(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A saved payment method; the first is the default Visa ending 4242."""
    soon = datetime.now(UTC).date() + timedelta(days=900)
    return {
        "id": f"pm_{number}",
        "type": "card",
        "brand": "visa" if number == 1 else "mastercard",
        "last4": "4242" if number == 1 else f"{4440 + number:04}",
        "exp_month": soon.month,
        "exp_year": soon.year,
        "default": number == 1,
        "state": "ok",
        "pauses_auto_recharge": False,
        "backup": False,
        "used_by_rule": False,
        "can_pay": True,
        "can_recharge": True,
        "bank_name": None,
        **fields,
    }


def bank_account(number: int = 9, **fields: Any) -> dict[str, Any]:
    """A saved bank account."""
    own = {"type": "us_bank_account", "brand": "us_bank_account", "last4": "6789", "exp_month": None, "exp_year": None}
    return card(number, **{**own, "can_recharge": False, "bank_name": "Test Bank", **fields})


def rule(**fields: Any) -> dict[str, Any]:
    """The rule as GET /auto-recharge shows it; without fields, none was ever set."""
    return {
        "enabled": False,
        "threshold": None,
        "amount": None,
        "payment_method_id": None,
        "payment_method": None,
        "hourly_count": 5,
        "daily_limit": "200.00",
        "monthly_limit": "1000.00",
        "version": 0,
        "status": "disabled",
        "reason": None,
        "message": None,
        "next_attempt_at": None,
        **fields,
    }


def active_rule(**fields: Any) -> dict[str, Any]:
    """A rule that adds $25 below $10 with the first card."""
    own = {"enabled": True, "threshold": "10.00", "amount": "25.00", "payment_method_id": "pm_1", "version": 1}
    return rule(**{**own, "payment_method": {"brand": "visa", "last4": "4242"}, "status": "active", **fields})


def top_up(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A payment that succeeded."""
    return {
        "id": f"tu_{number:032x}",
        "kind": "manual",
        "status": "succeeded",
        "amount": "50.00",
        "tax": "0.00",
        "total": "50.00",
        "created_at": ago(hours=number),
        "payment_method": {"brand": "visa", "last4": "4242", "type": "card"},
        "receipt": None,
        "credit_notes": [],
        "receipt_url": "https://receipts.test/1",
        "refunded": "0.00",
        "disputed": False,
        **fields,
    }


def line(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A line of the account."""
    own = {"id": f"user_{number}", "name": "Ada Lovelace" if number == 1 else f"Person {number}", "budget": None}
    user = own | fields.pop("user", {})
    return {
        "line_id": f"line_{number}",
        "number": f"+12125550{number:03}",
        "user": user,
        "international_calling": True,
        "version": 1,
        "budget": None,
        "budget_requests": [],
        **fields,
    }


OWN_PRICE: Final = {"price_list": None, "markup_percent": "0.00", "base_rate_per_minute": None}
"""What GET /account/rates says beside the price, for the deck's price."""


def price(destination: str, country: str, prefix: str, rate: str, **fields: Any) -> dict[str, Any]:
    """A price of a destination."""
    return {
        "destination": destination,
        "country": country,
        "origin": "US",
        "prefix": prefix,
        "rate_per_minute": rate,
        "connection_fee": "0.00",
        "minimum_seconds": 0,
        "increment_seconds": 60,
        "effective_from": "2026-01-01T00:00:00.000Z",
        "included": False,
        "changes_at": None,
        "next_rate_per_minute": None,
        **fields,
    }


def call(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A charged call."""
    return {
        "call_id": f"call_{number}",
        "call_key": f"call_{number}",
        "started_at": ago(hours=number),
        "to": "+442071838750",
        "destination": "United Kingdom",
        "country": "GB",
        "duration_seconds": 61,
        "billed_seconds": 120,
        "rate_per_minute": "0.0135",
        "connection_fee": "0.00",
        "price": "0.027",
        "user": {"id": "user_1", "name": "Ada Lovelace"},
        "rate_deck": "2026-01",
        "line_id": "line_1",
        "line_number": "+12125550001",
        "corrected": False,
        "suspicious": False,
        **fields,
    }


def limits(**own: Any) -> dict[str, Any]:
    """The limits in force, with the customer's own."""
    operator = {
        "daily_spend": "100.00",
        "call_price": "25.00",
        "simultaneous_calls": 10,
        "high_cost": "1.00",
        "blocked": ["CU"],
        "high_cost_allowed": [],
    }
    bounds = operator | {"daily_top_up": "2000.00", "first_country_cap": None, "young_money_cap": None}
    return {**operator, **own, "operator": bounds, "own": own, "frozen": False, "version": 0}


def refused(number: int = 1, reason: str = "insufficient_credit", **fields: Any) -> dict[str, Any]:
    """A call that was not connected."""
    return {
        "at": ago(hours=number),
        "call_key": f"call_{number}",
        "line_id": "line_2",
        "user": {"id": "user_2", "name": "Person 2"},
        "to": "+442071838750",
        "country": "GB",
        "country_known": False if reason == "first_country_cap" else None,
        "reason": reason,
        **fields,
    }


def change(action: str, subject: str = "account", **fields: Any) -> dict[str, Any]:
    """A recorded change of the admin."""
    by = {"kind": "user", "name": ADMIN}
    return {"at": ago(hours=1), "action": action, "by": by, "from": "203.0.113.7", "subject": subject} | {
        "old": None,
        "new": None,
        **fields,
    }


def notifications(*recipients: dict[str, Any]) -> dict[str, Any]:
    """Who gets e-mails."""
    own = {"address": ADMIN, "language": "en", "status": "confirmed"}
    shown: list[dict[str, Any]] = [{"returned": None, **one} for one in recipients or (own,)]
    return {"recipients": shown, "low_balance": "10.00", "version": 1}
