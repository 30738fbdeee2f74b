"""Reads the recorded changes of an account's customer at Stripe. Does not read the table."""

from collections.abc import Mapping
from typing import Any, Final

CUSTOMER: Final = "customer"
"""The subject of these changes, and the field of their values."""


def cleared_customer(item: Mapping[str, Any]) -> str | None:
    """The customer that a recorded change forgot without naming another; None for any other change.

    The items of earlier releases have `before` and `after` in place of the values of a change.
    """
    if item.get("subject") != CUSTOMER:
        return None
    if "before" in item:
        return None if "after" in item else str(item["before"])
    return None if CUSTOMER in item.get("new", {}) else str(item["old"][CUSTOMER])
