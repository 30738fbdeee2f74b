"""Spell the key of the billing details of an account."""


def billing_details_sk() -> str:
    """Who buys, and where."""
    return "BILLING_DETAILS"
