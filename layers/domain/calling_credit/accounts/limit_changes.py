"""A customer's change of the limits, and the limits as customers see them."""

from collections.abc import Callable, Mapping
from typing import Any

from calling_credit.accounts.limits import (
    AccountLimits,
    customer_limits_view,
    effective_limits,
    limits_to_item,
    limits_view,
    operators_limits_view,
    parse_customer_limits,
)
from calling_credit.errors import InvalidValue
from calling_credit.versions import changed_meanwhile, is_outdated, read_version


def limits_answer(limits: AccountLimits) -> dict[str, Any]:
    """The limits of an account as the API shows them to its customers. The customer's numbers may not exceed those of
    `operator`, whose places apply too.
    """
    return limits_view(effective_limits(limits_to_item(limits.operator), limits.customer)) | {
        "own": customer_limits_view(limits.customer),
        "operator": operators_limits_view(limits.operator),
        "frozen": limits.is_frozen,
        "version": limits.version,
    }


def change_of_limits(body: Mapping[str, Any]) -> Callable[[AccountLimits], dict[str, Any] | None]:
    """Return the function that makes a customer's new limits from the current ones; None if they are stored already,
    although they had another version.

    Raises:
        InvalidValue: invalid_field; the function also raises the errors of `parse_customer_limits`, and
            Conflict: `changed_meanwhile`.
    """
    version = read_version(body)
    fields = {name: value for name, value in body.items() if name != "version"}

    def change(current: AccountLimits) -> dict[str, Any] | None:
        if not is_outdated(version, current.version):
            return parse_customer_limits(fields, current.customer, current.operator)
        try:
            if parse_customer_limits(fields, current.customer, current.operator) == current.customer:
                return None
        except InvalidValue:
            pass  # They do not fit the limits that the sender has not seen.
        raise changed_meanwhile("The limits", limits_answer(current))

    return change
