"""Checks the stored entries and days from which sums are shown. Does not read the table.

A sum over all items but the unreadable one would be wrong, so the read of this account fails instead.
"""

from collections.abc import Mapping
from typing import Any, Final

from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.rates.rate_steps import stored_steps

_OF_ENTRY: Final = ("kind", "category", "amount_micros", "local_date", "recorded_at", "billed_seconds")
_OF_DAY: Final = ("entry_count", "billed_seconds", "total_micros")


@decoder
def entry_from_item(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values of an entry.

    Raises:
        UnreadableItem: an attribute that every entry has is missing, or one has a wrong type or form.
    """
    item = from_attributes(attributes)
    for name in _OF_ENTRY:
        item[name]
    stored_steps(item.get("rate_steps", ""))
    return item


@decoder
def day_from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A day in plain values.

    Raises:
        UnreadableItem: a sum is missing, or has a wrong type.
    """
    for name in _OF_DAY:
        item[name]
    return dict(item)
