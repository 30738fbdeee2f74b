"""The balance transactions of the account."""

from typing import Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.refusals import Fields

DAYS_PENDING: Final = 2
DAY_SECONDS: Final = 86_400


def card_fee(amount: int) -> int:
    """Return Stripe's fee for a card payment: 2.9 % plus 30 cents."""
    return (amount * 29 + 500) // 1000 + 30


def record(account: Account, source: Fields, kind: str, amount: int, *, fee: int = 0, category: str = "") -> Fields:
    """Record a change of the balance by `amount` cents, minus the fee."""
    currency = source["currency"]
    detail = {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Dispute fee" if kind == "adjustment" else "Stripe processing fees",
        "type": "stripe_fee",
    }
    return account.add(
        "balance_transaction",
        {
            "amount": amount,
            "available_on": account.timestamp() + DAYS_PENDING * DAY_SECONDS,
            "balance_type": "payments",
            "currency": currency,
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [detail] if fee else [],
            "net": amount - fee,
            "reporting_category": category or kind,
            "source": source["id"],
            "status": "pending",
            "type": kind,
        },
    )
