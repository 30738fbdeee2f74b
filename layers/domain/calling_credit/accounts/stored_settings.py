"""The attributes of an account's item that a change of its settings writes. Does not read the table."""

from datetime import datetime
from typing import Any

from calling_credit.accounts.account import Account
from calling_credit.accounts.bundles import bundles_to_item
from calling_credit.accounts.limits import caps_to_item, limits_to_item
from calling_credit.changes.actor import Actor
from calling_credit.dynamodb import sweep_keys
from calling_credit.dynamodb.attributes import Item
from calling_credit.instants import format_instant
from calling_credit.rates.price_terms import terms_to_item


def closing(before: Account | None, after: Account, actor: Actor, now: datetime) -> dict[str, Any]:
    """Who closed an account and when, if this change closes it; nothing of that once it is open again."""
    if after.is_closed == (before is not None and before.is_closed):
        return {}
    closed_at, closed_by = (format_instant(now), actor.by) if after.is_closed else (None, None)
    return {"closed_at": closed_at, "closed_by": closed_by, "closed_reason": None}


def breakdown_change(before: Account | None, after: Account, at: str) -> dict[str, Any]:
    """Since when posting keeps daily sums, if this change switches them on or off."""
    if after.breakdown == (before is not None and before.breakdown):
        return {}
    return {"breakdown_since": at if after.breakdown else None}


def prices_change(before: Account | None, after: Account) -> dict[str, Any]:
    """The account's price list and markup over time, if this change states other ones."""
    if after.price_terms == (() if before is None else before.price_terms):
        return {}
    return {"price_terms": terms_to_item(after.price_terms)}


def stored_settings(account: Account, at: str) -> Item:
    """The settings that every change of an account writes."""
    return {
        "time_zone": account.time_zone,
        "status": account.status,
        "billing_emails": list(account.billing_emails),
        "name": account.name,
        "low_micros": account.low_micros,
        "limits": limits_to_item(account.limits),
        "caps": caps_to_item(account.limits),
        "bundles": bundles_to_item(account.bundles, at),
    } | sweep_keys.account_sweep_keys(account.account_id)
