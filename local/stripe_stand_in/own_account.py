"""The Stripe account to which the API key belongs."""

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.refusals import Fields


def retrieve(account: Account, _given: Fields) -> Fields:
    """GET /v1/account."""
    return {
        "id": account.own_id,
        "object": "account",
        "business_profile": {"name": "Local stand-in", "url": None},
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": None,
        "metadata": {},
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": "Local stand-in", "timezone": "Etc/UTC"}},
        "type": "standard",
    }
