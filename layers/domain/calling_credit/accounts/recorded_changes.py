"""The recorded changes of accounts, limits, users, and lines. Does not read the table."""

from collections.abc import Mapping
from typing import Any

from calling_credit.accounts.limits import AccountLimits, customer_limits_view
from calling_credit.accounts.loosening import loosened_limits
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.change import Change, difference


def customer_limits_change(before: AccountLimits, after: Mapping[str, Any]) -> Change:
    """The change of a customer's limits, whose new stored form is `after`."""
    old, new = difference(customer_limits_view(before.customer), customer_limits_view(after))
    loosened = loosened_limits(before.customer, after)
    change_id = f"limits-{before.version + 1:06d}"
    return Change(ChangeAction.LIMITS_CHANGED, "limits", change_id, old, new, loosened)
