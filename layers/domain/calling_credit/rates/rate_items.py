"""One row of the price list in the form of the API."""

from typing import Any

from calling_credit.money import format_money
from calling_credit.rates.deck import INCLUDED_CATEGORY, RateRow
from calling_credit.rates.price_terms import format_markup
from calling_credit.rates.rate_steps import steps_view


def own_rate_item(row: RateRow, change: RateRow | None) -> dict[str, Any]:
    """Return one row in the form of GET /account/rates, with what explains an account's own price. Without a markup,
    there is no other rate that it begins with.
    """
    base = row.base_rate_micros_per_minute
    return rate_item(row, change) | {
        "price_list": row.price_list or None,
        "markup_percent": format_markup(row.markup_hundredths),
        "base_rate_per_minute": None if base is None else format_money(base),
    }


def rate_item(row: RateRow, change: RateRow | None) -> dict[str, Any]:
    """Return one row in the form of GET /rates; prices are not rounded. `change` is the row that will replace it. Only
    rows with rate steps name them.
    """
    steps: dict[str, Any] = {"rate_steps": steps_view(row.rate_steps)} if row.rate_steps else {}
    if change is not None and (row.rate_steps or change.rate_steps):
        steps["next_rate_steps"] = steps_view(change.rate_steps)
    return steps | {
        "destination": row.destination,
        "country": row.country,
        "origin": row.origin,
        "prefix": row.prefix,
        "rate_per_minute": format_money(row.rate_micros_per_minute),
        "connection_fee": format_money(row.connection_fee_micros),
        "minimum_seconds": row.minimum_seconds,
        "increment_seconds": row.increment_seconds,
        "effective_from": row.effective_from,
        "included": row.category == INCLUDED_CATEGORY,
        "changes_at": None if change is None else change.effective_from,
        "next_rate_per_minute": None if change is None else format_money(change.rate_micros_per_minute),
    }
