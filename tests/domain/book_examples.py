"""The items of a correct ledger, and its payments at Stripe."""

from datetime import timedelta
from typing import Any

from calling_credit.audit.proof import Payment
from calling_credit.dynamodb import keys
from calling_credit.topups.reversals import Losses
from tests.domain.examples import NOW

ACCOUNT, FIRST, SECOND = "acct_1", "tu_1", "tu_2"
AMOUNTS = (
    "amount_micros",
    "total_micros",
    "posted_micros",
    "available_micros",
    "held_micros",
    "live_holds",
    "headroom_micros",
    "reversed_micros",
    "entry_count",
    "billed_seconds",
)
"""The numbers of items that a proof compares."""

Items = list[dict[str, Any]]


def entry(at: str, cause: str, category: str, amount_micros: int, seconds: int = 0, **more: Any) -> dict[str, Any]:
    """An entry at noon of a day."""
    return {
        "SK": keys.entry_sk(f"{at}T12:00:00.000Z", cause),
        "category": category,
        "amount_micros": amount_micros,
        "local_date": at,
        "billed_seconds": seconds,
        **more,
    }


def day(at: str, category: str, count: int, seconds: int, total_micros: int) -> dict[str, Any]:
    """The totals of a day and category."""
    totals = {"entry_count": count, "billed_seconds": seconds, "total_micros": total_micros}
    return {"SK": keys.day_sk(at, category), **totals}


def hold(call_id: str, amount_micros: int, status: str = "live") -> dict[str, Any]:
    """A hold of a call."""
    return {"SK": keys.hold_sk(call_id), "status": status, "amount_micros": amount_micros}


def topup(topup_id: str, amount_micros: int, reversed_micros: int = 0, status: str = "succeeded") -> dict[str, Any]:
    """A stored payment."""
    return {
        "SK": keys.topup_sk(topup_id),
        "topup_id": topup_id,
        "status": status,
        "amount_micros": amount_micros,
        "reversed_micros": reversed_micros,
        "customer_id": "cus_1",
    }


def correct_items() -> Items:
    """A correct ledger: two payments, one partly refunded, three calls on two days, and an armed rule."""
    posted = 25_000_000 + 50_000_000 - 10_000_000 - 300_000
    return [
        {"SK": keys.account_sk(), "stripe_customer_id": "cus_1"},
        {"SK": keys.auto_recharge_sk(), "threshold_micros": 40_000_000},
        {
            "SK": keys.balance_sk(),
            "posted_micros": posted,
            "held_micros": 700_000,
            "available_micros": posted - 700_000,
            "headroom_micros": posted - 40_000_000,
            "live_holds": 2,
        },
        hold("c_4", 500_000),
        hold("c_5", 200_000),
        hold("c_3", 900_000, "released"),
        hold("c_6", 800_000, "expired"),
        day("2026-11-20", "call", 2, 120, -200_000),
        day("2026-11-21", "call", 1, 60, -100_000),
        day("2026-11-20", "top_up", 1, 0, 25_000_000),
        day("2026-11-21", "top_up", 1, 0, 50_000_000),
        day("2026-11-21", "reversal", 1, 0, -10_000_000),
        entry("2026-11-20", "c_1", "call", -100_000, 60),
        entry("2026-11-20", "c_2", "call", -100_000, 60),
        entry("2026-11-21", "c_3", "call", -100_000, 60),
        entry("2026-11-20", FIRST, "top_up", 25_000_000, intent_id="pi_1"),
        entry("2026-11-21", SECOND, "top_up", 50_000_000, intent_id="pi_2"),
        entry("2026-11-21", f"{SECOND}.rev.1", "reversal", -10_000_000, topup_id=SECOND),
        {"SK": keys.line_sk("line_1"), "number": "+14155550100"},
        topup(FIRST, 25_000_000),
        topup(SECOND, 50_000_000, 10_000_000),
        topup("tu_3", 50_000_000, status="failed"),
    ]


def correct_payments() -> list[Payment]:
    """The payments of this ledger at Stripe."""
    taken = NOW - timedelta(days=1)
    return [
        Payment("pi_1", FIRST, ACCOUNT, 25_000_000, taken, Losses(0, 0)),
        Payment("pi_2", SECOND, ACCOUNT, 50_000_000, taken, Losses(10_000_000, 0), taken),
    ]
