"""The row that prices a call, as attributes of a hold."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Final

from calling_credit.rates.deck import RateRow
from calling_credit.rates.rate_steps import parse_steps, steps_text

_OF_EVERY_ROW: Final = tuple(field.name for field in fields(RateRow) if field.default is MISSING)


def row_attributes(row: RateRow) -> dict[str, Any]:
    """The plain attributes of a row. A row without rate steps has none for them."""
    return {
        **{name: getattr(row, name) for name in _OF_EVERY_ROW},
        "rate_steps": steps_text(row.rate_steps) or None,
    }


def row_from_item(item: Mapping[str, Any]) -> RateRow:
    """The row of a plain item.

    Raises:
        KeyError: an attribute that every row has is missing.
        InvalidStepsError: the rate steps have a wrong form.
    """
    steps = parse_steps(item.get("rate_steps", ""))
    return RateRow(**{name: item[name] for name in _OF_EVERY_ROW}, rate_steps=steps)
