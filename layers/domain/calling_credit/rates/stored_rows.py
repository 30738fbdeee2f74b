"""Rate rows as attributes of items. Reads no table.

Rate steps and the fields that explain prices of an account's own are stored only if they differ from their default, so
that all other items have none of them.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

from calling_credit.money import format_money
from calling_credit.rates.deck import RateRow
from calling_credit.rates.price_terms import format_markup
from calling_credit.rates.rate_steps import steps_text, stored_steps

_NEEDED: Final = tuple(field.name for field in fields(RateRow) if field.default is MISSING)
_DEFAULTS: Final[Mapping[str, Any]] = {
    field.name: field.default for field in fields(RateRow) if field.default is not MISSING
}
_STEPS: Final = "rate_steps"
"""Stored as the text of the deck's column."""
PRICE_FACTS: Final = tuple(_DEFAULTS)
"""The attributes that only some rows have."""


def row_attributes(row: RateRow) -> dict[str, Any]:
    """Return a row as attributes in plain values."""
    return {name: getattr(row, name) for name in _NEEDED} | price_facts(row)


def price_facts(row: RateRow) -> dict[str, Any]:
    """Return the attributes that only some rows have, of a row that has them."""
    facts = {name: value for name, default in _DEFAULTS.items() if (value := getattr(row, name)) != default}
    return facts | {_STEPS: steps_text(row.rate_steps)} if row.rate_steps else facts


def facts_from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a row that only some items have, from an item in plain values.

    Raises:
        InvalidStepsError: The rate steps have a wrong form.
    """
    facts = {name: item[name] for name in PRICE_FACTS if name in item}
    return facts | {_STEPS: stored_steps(item[_STEPS])} if _STEPS in item else facts


def facts_view(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what explains an account's own price, as the API shows it, from an item in plain values; nothing for the
    deck's price.
    """
    if "price_list" not in item and "markup_hundredths" not in item:
        return {}
    rate, fee = item.get("base_rate_micros_per_minute"), item.get("base_connection_fee_micros")
    return {
        "price_list": item.get("price_list"),
        "list_version": item.get("list_version"),
        "base_rate_per_minute": None if rate is None else format_money(rate),
        "base_connection_fee": None if fee is None else format_money(fee),
        "markup_percent": format_markup(item.get("markup_hundredths", 0)),
    }


def row_from_item(item: Mapping[str, Any]) -> RateRow:
    """Return the row of an item in plain values.

    Raises:
        KeyError: An attribute is missing.
        InvalidStepsError: The rate steps have a wrong form.
    """
    return RateRow(**{name: item[name] for name in _NEEDED}, **facts_from_item(item))
