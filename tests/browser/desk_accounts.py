"""The accounts of the stand-in for the operator's routes."""

from typing import Any, Final

from tests.browser.desk_terms import LOTS
from tests.browser.desk_texts import HOSTILE, ago
from tests.browser.page_money_data import document

OPERATORS_ONLY: Final = ("daily_top_up", "first_country_cap", "young_money_cap")


def limits(**changes: Any) -> dict[str, Any]:
    """The limits of an account."""
    numbers = {"daily_spend": "200.00", "call_price": "50.00", "simultaneous_calls": 30, "high_cost": "2.00"}
    caps = {"first_country_cap": None, "young_money_cap": "20.00"}
    return {**numbers, "blocked": ["CU"], "high_cost_allowed": [], "daily_top_up": "2000.00", **caps, **changes}


NO_RULE: Final = {
    **dict.fromkeys(("threshold", "amount", "payment_method_id", "payment_method", "reason", "message")),
    "enabled": False,
    "status": "disabled",
    "hourly_count": 4,
    "daily_limit": "100.00",
    "monthly_limit": "1000.00",
    "version": 0,
    "next_attempt_at": None,
    "switched_off": None,
}


def _lines(account_id: str, users: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [
        {
            "line_id": f"line_{number}",
            "number": f"+1212555{number:02d}{sum(map(ord, account_id)) % 100:02d}",
            "user": {"id": user["user_id"], "name": user["name"]},
            "international_calling": number % 2 == 0,
            "version": 1,
        }
        for number, user in enumerate(users)
    ]


def _account(account_id: str, names: list[str], balance: str = "41.2402", **changes: Any) -> dict[str, Any]:
    users = [{"user_id": f"user_{number}", "name": name} for number, name in enumerate(names)]
    sums = {"balance": balance, "held": "0.14", "available": balance}
    return {
        "account_id": account_id,
        "currency": "USD",
        "time_zone": "America/New_York",
        "status": "open",
        "name": None,
        "closed_at": None,
        "frozen": False,
        "frozen_since": None,
        "frozen_by": None,
        "billing_emails": [f"billing@{account_id.replace('_', '-')}.example"],
        "admission": True,
        "low_balance": "10.00",
        "price_list": None,
        "markup_percent": "0.00",
        "created_at": ago(days=400),
        "balance": {**sums, "calls_in_progress": 1, "updated_at": ago(minutes=2)},
        "auto_recharge": NO_RULE,
        "limits": {
            "effective": {name: one for name, one in limits(daily_spend="80.00").items() if name not in OPERATORS_ONLY},
            "operator": limits(),
            "own": {"daily_spend": "80.00"},
            "own_version": 2,
        },
        "stripe": {"asked": True, "code": None, "customer_id": "cus_9Xy12"},
        "lines": _lines(account_id, users),
        "users": users,
        **dict.fromkeys(("more_lines", "more_users", "more_mails"), False),
        **{name: [] for name in ("top_ups", "cards", "mails", "issues", "bounced_addresses", "lots")},
        **changes,
    }


VISA: Final = {"id": "pm_1", "brand": "visa", "last4": "4242", "type": "card"}
MASTERCARD: Final = {"id": "pm_2", "brand": "mastercard", "last4": "4444", "type": "card"}


def _top_up(number: int, card: dict[str, str], status: str = "succeeded", **changes: Any) -> dict[str, Any]:
    paid = "25.00" if status == "succeeded" else "0.00"
    state = {"status": status, "received": paid, "refunded": "0.00", "disputed": False}
    return {
        "id": f"tu_{number:032x}",
        "kind": "manual" if number % 2 else "automatic",
        "status": status,
        "stored_status": status,
        "amount": "25.00",
        "tax": "0.00",
        "total": "25.00",
        "receipt": None,
        "credit_notes": [],
        "created_at": ago(days=number),
        "created_by": "user:6f1c-ana" if number % 2 else "rule",
        "payment_method": card,
        "reversed": "0.00",
        "refunded": "0.00",
        "disputed": False,
        "intent_id": f"pi_{number}",
        "stripe": state,
        **changes,
    }


TOP_UPS: Final = [
    _top_up(1, VISA, receipt=document(1)),
    _top_up(2, MASTERCARD, "failed", failure={"code": "card_declined", "message": "Your bank declined the card."}),
    _top_up(
        4,
        VISA,
        amount="86.96",
        tax="13.04",
        total="100.00",
        reversed="43.48",
        refunded="50.00",
        receipt=document(4, "2026-000018"),
        credit_notes=[document(4, "2026-000003", amount="50.00")],
        stripe={"status": "succeeded", "received": "100.00", "refunded": "50.00", "disputed": False},
    ),
    _top_up(
        3,
        MASTERCARD,
        reversed="10.00",
        refunded="10.00",
        disputed=True,
        stripe={"status": "succeeded", "received": "25.00", "refunded": "10.00", "disputed": True},
    ),
]
RULE: Final = {
    "enabled": True,
    "threshold": "20.00",
    "amount": "25.00",
    "payment_method_id": "pm_2",
    "payment_method": {"brand": "mastercard", "last4": "4444"},
    "hourly_count": 4,
    "daily_limit": "100.00",
    "monthly_limit": "1000.00",
    "version": 3,
    "status": "suspended",
    "reason": "payment_disputed",
    "message": "A payment of this card was disputed. Contact your provider.",
    "next_attempt_at": None,
    "switched_off": None,
}
CARDS: Final = [
    {"payment_method_id": "pm_1", **VISA, "is_of_rule": False, "state": "ok"},
    {"payment_method_id": "pm_2", **MASTERCARD, "is_of_rule": True, "state": "blocked", "blocked_at": ago(days=1)},
]
for _card in CARDS:
    _card.pop("id")
    _card |= {"blocked_at": _card.get("blocked_at"), "blocked_reason": "disputed", "retry_at": None}


def _bounced(address: str, returned: str, reason: str, *, receives: bool = False) -> dict[str, Any]:
    kind = "complaint" if returned == "complaint" else "bounce"
    facts = {"address": address, "kind": kind, "returned": returned, "reason": reason, "receives_mails": receives}
    return facts | {"first_at": ago(days=9), "at": ago(days=2), "times": 3, "event_id": None}


BOUNCED: Final = [
    _bounced("billing@acct-meridian.example", "permanent", "OnAccountSuppressionList"),
    _bounced("old@acct-meridian.example", "complaint", ""),
    _bounced(f"{HOSTILE}@acct-meridian.example", "transient", HOSTILE, receives=True),
]
ACCOUNTS: Final = {
    one["account_id"]: one
    for one in (
        _account(
            "acct_meridian",
            ["Ana Ruiz", HOSTILE, "Chloe Martin"],
            name="Meridian Travel",
            auto_recharge=RULE,
            top_ups=TOP_UPS,
            cards=CARDS,
            price_list="gold",
            markup_percent="12.50",
            bundles=[{"name": "the UK", "countries": ["GB"], "prefixes": [], "minutes": 100}],
            bounced_addresses=BOUNCED,
            lots=LOTS,
            issues=[
                {
                    "object_id": "ch_1",
                    "code": "dispute_lost",
                    "details": "The dispute over 10.00 is lost.",
                    "recorded_at": ago(days=1),
                }
            ],
        ),
        _account("acct_halcyon", ["Dana Lee"], "12.00"),
        _account("acct_frozen", ["Fay Ito"], frozen=True, frozen_since=ago(hours=3), frozen_by="link:freeze"),
        _account("acct_closed", ["Cleo Park"], "0.00", status="closed", closed_at=ago(days=3)),
    )
}
