"""Rate rows as attributes of items. Reads no table.

The fields that explain prices of an account's own are stored only if they differ from their default, so that items of
all other accounts have none of them.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

from calling_credit.rates.deck import RateRow

_NEEDED: Final = tuple(field.name for field in fields(RateRow) if field.default is MISSING)
_DEFAULTS: Final[Mapping[str, Any]] = {
    field.name: field.default for field in fields(RateRow) if field.default is not MISSING
}
PRICE_FACTS: Final = tuple(_DEFAULTS)
"""The attributes that only some rows have."""


def row_attributes(row: RateRow) -> dict[str, Any]:
    """Return a row as attributes in plain values."""
    return {name: getattr(row, name) for name in _NEEDED} | price_facts(row)


def price_facts(row: RateRow) -> dict[str, Any]:
    """Return the attributes that only some rows have, of a row that has them."""
    return {name: value for name, default in _DEFAULTS.items() if (value := getattr(row, name)) != default}


def facts_from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a row that only some items have, from an item in plain values."""
    return {name: item[name] for name in PRICE_FACTS if name in item}


def row_from_item(item: Mapping[str, Any]) -> RateRow:
    """Return the row of an item in plain values.

    Raises:
        KeyError: An attribute is missing.
    """
    return RateRow(**{name: item[name] for name in _NEEDED}, **facts_from_item(item))
