"""What the stand-in API knows about money beside the balance: budgets, tax, and billing details."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from tests.browser import page_data


def budget(monthly: str = "20.00", spent: str = "5.00", held: str = "0.00", **fields: Any) -> dict[str, Any]:
    """A budget of this month that refuses calls; `limit` is the monthly amount unless it was raised."""
    limit = Decimal(fields.get("limit", monthly))
    return {
        "monthly": monthly,
        "at": "refuse",
        "state": "counted",
        "month": page_data.days(1)[0][:7],
        "limit": str(limit),
        "spent": spent,
        "held": held,
        "left": str(limit - Decimal(spent) - Decimal(held)),
        **fields,
    }


def budget_request(**fields: Any) -> dict[str, Any]:
    """A member's open request for a higher budget."""
    return {
        "id": "br_1",
        "at": page_data.ago(hours=3),
        "by": {"id": "user_2", "name": "Person 2"},
        "note": None,
        **fields,
    }


def taxed(amount: str, tax: dict[str, Any] | None) -> dict[str, str]:
    """The amounts of a payment under the tax of the account: half up to the cent."""
    percent = Decimal((tax or {}).get("percent") or 0)
    added = (Decimal(amount) * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {"amount": amount, "tax": str(added), "total": str(Decimal(amount) + added)}


def details(**fields: Any) -> dict[str, Any]:
    """The billing details of a company in Canada."""
    return {
        "legal_name": "Analytical Engines Ltd.",
        "address": {
            "line1": "12 Rue Sainte-Catherine",
            "line2": None,
            "city": "Montréal",
            "region": "QC",
            "postal_code": "H3B 1A7",
            "country": "CA",
        },
        "tax_id": {"kind": "ca_gst_hst", "value": "123456782RT0001"},
        "po_number": None,
        "email_receipts": False,
        "version": 3,
        **fields,
    }


NO_DETAILS: Final = {
    "legal_name": None,
    "address": None,
    "tax_id": None,
    "po_number": None,
    "email_receipts": False,
    "version": 0,
}


def document(topup: int, number: str = "2026-000017", amount: str | None = None) -> dict[str, str]:
    """A receipt, or with an amount a credit note, in the list of payments."""
    url = f"/top-ups/tu_{topup:032x}/receipt"
    return (
        {"number": number, "url": url}
        if amount is None
        else {"number": number, "amount": amount, "url": f"{url}?credit_note={number}"}
    )
