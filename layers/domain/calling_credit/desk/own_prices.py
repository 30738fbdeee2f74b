"""The price of an account's own in words, and whether its markup gives it exactly. Reads no table."""

from collections.abc import Mapping
from typing import Any

from calling_credit.money import format_money
from calling_credit.rates.price_terms import format_markup, marked_up


def is_markup_exact(entry: Mapping[str, Any]) -> bool:
    """Whether the deck's rate and fee with the markup are exactly those of a charge, in plain values."""
    markup = entry.get("markup_hundredths", 0)
    pairs = (
        ("base_rate_micros_per_minute", "rate_micros_per_minute"),
        ("base_connection_fee_micros", "connection_fee_micros"),
    )
    return all(base not in entry or marked_up(entry[base], markup) == entry[own] for base, own in pairs)


def own_price_text(entry: Mapping[str, Any]) -> str | None:
    """The source of the price of a charge, in plain values; None for the deck's price."""
    if "price_list" in entry:
        return f"The price is that of the account's price list {entry['price_list']}."
    if "base_rate_micros_per_minute" not in entry:
        return None
    base = format_money(entry["base_rate_micros_per_minute"])
    return f"The rate is the deck's {base} a minute with a markup of {format_markup(entry['markup_hundredths'])} %."
