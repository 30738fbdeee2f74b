"""The recorded changes of accounts, limits, users, and lines. Does not read the table."""

from collections.abc import Mapping
from typing import Any, Final

from calling_credit.accounts.account import Account, Line
from calling_credit.accounts.bundles import bundles_view
from calling_credit.accounts.limits import AccountLimits, Limits, customer_limits_view, operators_limits_view
from calling_credit.accounts.loosening import line_loosens, loosened_limits, loosened_operators_limits
from calling_credit.accounts.recipient_items import recipients_facts
from calling_credit.accounts.user import User
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.change import Change, difference
from calling_credit.money import format_money
from calling_credit.rates.price_terms import terms_view

CALLING: Final = "international_calling"


def account_changes(before: Account | None, after: Account, version: int) -> list[Change]:
    """The changes of an account's settings and of the operator's limits. `version` is that of the stored settings."""
    changes = []
    old, new = difference(_facts(before), _facts(after))
    if new:
        action = ChangeAction.ACCOUNT_CREATED if before is None else ChangeAction.ACCOUNT_CHANGED
        changes.append(Change(action, "account", f"account-{version + 1:06d}", old, new))
    limits = Limits() if before is None else before.limits
    old, new = difference(operators_limits_view(limits), operators_limits_view(after.limits))
    if new:
        loosened = () if before is None else loosened_operators_limits(limits, after.limits)
        change_id = f"operator-limits-{version + 1:06d}"
        changes.append(Change(ChangeAction.LIMITS_CHANGED, "operator_limits", change_id, old, new, loosened))
    old, new = _price_facts(before), _price_facts(after)
    if new != old:
        changes.append(Change(ChangeAction.PRICE_TERMS_CHANGED, "prices", f"prices-{version + 1:06d}", old, new))
    return changes


def _price_facts(account: Account | None) -> dict[str, Any]:
    """The latest price list and markup, and from when they price calls; nothing if the account never had any."""
    terms = () if account is None else account.price_terms
    return {**terms_view(terms), "prices_from": terms[0].since} if terms else {}


def _facts(account: Account | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {
        "name": account.name,
        "time_zone": account.time_zone,
        "status": account.status,
        "billing_emails": list(account.billing_emails),
        "low_balance": None if account.low_micros is None else format_money(account.low_micros),
        "admission": account.admission,
        "breakdown": account.breakdown,
        "bundles": bundles_view(account.bundles) or None,
        **recipients_facts(account),
    }


def customer_limits_change(before: AccountLimits, after: Mapping[str, Any]) -> Change:
    """The change of a customer's limits, whose new stored form is `after`."""
    old, new = difference(customer_limits_view(before.customer), customer_limits_view(after))
    loosened = loosened_limits(before.customer, after)
    change_id = f"limits-{before.version + 1:06d}"
    return Change(ChangeAction.LIMITS_CHANGED, "limits", change_id, old, new, loosened)


def line_change(before: Line | None, after: Line) -> Change | None:
    """The change of a line; None if nothing differs. The version of the line is part of its id."""
    old, new = difference(_line_facts(before), _line_facts(after))
    if not new:
        return None
    action = ChangeAction.LINE_CREATED if before is None else ChangeAction.LINE_CHANGED
    was_on = before is not None and before.international_calling
    loosened = (CALLING,) if line_loosens(was_on, after.international_calling) else ()
    change_id = f"{after.line_id}-{'created' if before is None else f'{after.version:06d}'}"
    return Change(action, f"line:{after.line_id}", change_id, old, new, loosened)


def _line_facts(line: Line | None) -> dict[str, Any]:
    if line is None:
        return {}
    facts = {"number": line.number, "user_id": line.user_id, CALLING: line.international_calling}
    return facts | {"closes_at": line.closes_at, "bundles": bundles_view(line.bundles) or None}


def user_change(user: User, before: str | None, count: int) -> Change | None:
    """The change of a user's name from `before`; None if it does not differ. `count` counts the user's changes."""
    if user.name == before:
        return None
    action = ChangeAction.USER_CREATED if before is None else ChangeAction.USER_CHANGED
    change_id = f"{user.user_id}-{'created' if before is None else f'{count + 1:06d}'}"
    return Change(action, f"user:{user.user_id}", change_id, {"name": before}, {"name": user.name})
