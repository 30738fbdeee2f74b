"""The Stripe account of the API key."""

import copy
from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.refusals import Fields

REQUIREMENTS: Final[Fields] = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
SETTINGS: Final[Fields] = {
    "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
    "card_payments": {
        "decline_on": {"avs_failure": False, "cvc_failure": False},
        "statement_descriptor_prefix": None,
        "statement_descriptor_prefix_kana": None,
        "statement_descriptor_prefix_kanji": None,
    },
    "dashboard": {"display_name": "Local stand-in", "timezone": "Etc/UTC"},
    "payments": dict.fromkeys(
        (
            "statement_descriptor",
            "statement_descriptor_kana",
            "statement_descriptor_kanji",
            "statement_descriptor_prefix_kana",
            "statement_descriptor_prefix_kanji",
        )
    ),
}
FIELDS: Final[Fields] = {
    "capabilities": {"card_payments": "active", "transfers": "active", "us_bank_account_ach_payments": "active"},
    "charges_enabled": True,
    "controller": {"type": "account"},
    "country": "US",
    "default_currency": "usd",
    "details_submitted": True,
    "email": "operator@example.com",
    "future_requirements": REQUIREMENTS,
    "metadata": {},
    "payouts_enabled": True,
    "requirements": REQUIREMENTS,
    "settings": SETTINGS,
    "type": "standard",
}


def retrieve(account: Account, _given: Fields) -> Fields:
    """GET /v1/account."""
    own = {"id": account.own_id, "object": "account", **FIELDS, **account.changed_fields}
    return copy.deepcopy(own)
