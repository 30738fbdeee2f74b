"""The lists of an account, and the requests that wait for approval, of the stand-in for the operator's routes."""

from typing import Any, Final

from calling_credit.instants import format_instant
from tests.browser.desk_accounts import TOP_UPS
from tests.browser.desk_texts import CALL_AT, HOSTILE, ago

ENTRY: Final = {
    "id": "e_1",
    "at": ago(days=1),
    "date": ago(days=1)[:10],
    "kind": "call_charged",
    "debit": "customer_credit",
    "credit": "call_revenue",
    "category": "outbound_international_call",
    "amount": "-0.042",
    "description": f"Outbound International Call to {HOSTILE}",
    "recorded_at": ago(days=1),
}
USAGE_ROW: Final = {
    "call_id": "c_1",
    "call_key": "c_1",
    "started_at": format_instant(CALL_AT),
    "to": "+442071838750",
    "destination": "United Kingdom - Landline",
    "country": "GB",
    "duration_seconds": 180,
    "billed_seconds": 180,
    "rate_per_minute": "0.014",
    "connection_fee": "0.00",
    "price": "0.042",
    "user": {"id": "user_1", "name": HOSTILE},
    "rate_deck": "2026-11-01-a",
    "line_id": "line_0",
    "line_number": "+12125550040",
    "corrected": False,
    "suspicious": False,
}


def _page(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": None, **more}


LISTS: Final[dict[str, dict[str, Any]]] = {
    "top-ups": _page(*({**one, "stripe": None} for one in TOP_UPS)),
    "statement": {
        **_page(ENTRY),
        "opening_balance": "50.00",
        "closing_balance": "49.958",
        "as_of": ago(seconds=1),
    },
    "usage": {
        "currency": "USD",
        "total": "0.042",
        "categories": [
            {
                "category": "outbound_international_call",
                "label": "Outbound International Call",
                "calls": 1,
                "billed_seconds": 180,
                "total": "0.042",
            }
        ],
        "days": [{"date": ago(days=1)[:10], "total": "0.042"}],
    },
    "usage/outbound_international_call": _page(USAGE_ROW, read={"calls": 1, "until": None}),
    "denied-calls": _page(
        {
            "at": ago(hours=5),
            "call_key": "c_9",
            "line_id": "line_0",
            "user": {"id": "user_0", "name": "Ana Ruiz"},
            "to": "+5371234567",
            "country": "CU",
            "country_known": None,
            "reason": "destination_blocked",
            "message": "Calls to this destination are blocked.",
        },
        *(
            {
                "at": ago(hours=6 + number),
                "call_key": f"c_{number}",
                "line_id": "line_0",
                "user": {"id": "user_0", "name": "Ana Ruiz"},
                "to": to,
                "country": country,
                "country_known": is_known,
                "reason": "first_country_cap",
                "message": "The account rarely calls this country.",
            }
            for number, (to, country, is_known) in enumerate(
                (("+81312345678", "JP", False), ("+33142685300", "FR", True)), 10
            )
        ),
        not_listed=[{"date": ago(days=2)[:10], "calls": 31}],
    ),
    "activity": _page(
        {
            "at": ago(hours=1),
            "action": "limits_changed",
            "by": {"kind": "staff", "name": "femi@phone.example"},
            "from": "203.0.113.7",
            "subject": "limits",
            "old": {"daily_spend": "200.00"},
            "new": {"daily_spend": "80.00", "blocked": ["CU", HOSTILE]},
        },
        {
            "at": ago(hours=2),
            "action": "rule_changed",
            "by": {"kind": "user", "name": HOSTILE, "id": "6f1c-ana"},
            "from": "198.51.100.4",
            "subject": "auto_recharge",
            "old": None,
            "new": {"enabled": True},
        },
    ),
    "mails": _page(
        {
            "mail_id": "m_1",
            "at": ago(hours=4),
            "type": "PaymentFailed",
            "subject": "Your payment was declined",
            "address": "b…@acct-meridian.example",
            "resent": 0,
        },
        {
            "mail_id": "m_2",
            "at": ago(days=4),
            "type": "CallDenied",
            "subject": f"A call was refused {HOSTILE}",
            "address": "b…@acct-meridian.example",
            "resent": 2,
        },
    ),
    "proof": {
        "proven": True,
        "proven_at": ago(seconds=1),
        "entries": 412,
        "payments": 3,
        "balance": "41.2402",
        "differences": [],
    },
    "close": {
        "account_id": "acct_meridian",
        "status": "open",
        "closed_at": None,
        "closed_by": None,
        "reason": None,
        "balance": "41.2402",
        "held": "0.14",
        "calls_in_progress": 1,
        "auto_recharge_enabled": True,
        "open_payments": [],
        "can_close": True,
    },
}


def _approval(number: int, kind: str, amount: str, by: str, status: str = "waiting", **request: str) -> dict[str, Any]:
    decided = {"by": {"kind": "staff", "name": "femi@phone.example"}, "at": ago(minutes=number)}
    return {
        "id": f"adj_{number:032x}",
        "kind": kind,
        "status": status,
        "account_id": "acct_meridian",
        "amount": amount,
        "request": {"amount": amount, **request},
        "by": {"kind": "staff", "name": by},
        "created_at": ago(hours=number),
        "expires_at": ago(hours=number - 24),
        "decided": None if status == "waiting" else decided,
    }


_PROMOTION: Final = {
    "code": "WINTER-27",
    "amount": "10.00",
    "total": "500.00",
    "expires_at": "2027-01-31T23:59:59.999Z",
}
_GRANT: Final = {"amount": "130.00", "reason": "A bad week", "kind": "granted", "expires_at": _PROMOTION["expires_at"]}
APPROVALS: Final = [
    _approval(1, "adjustment", "250.00", "femi@phone.example", reason="Paid by bank transfer"),
    _approval(3, "promotion", "500.00", "grace@phone.example") | {"account_id": None, "request": _PROMOTION},
    _approval(4, "adjustment", "130.00", "grace@phone.example") | {"request": _GRANT},
    _approval(
        2, "transfer", "120.00", "grace@phone.example", reason=f"Two accounts {HOSTILE}", to_account_id="acct_halcyon"
    ),
    _approval(
        30, "refund", "400.00", "grace@phone.example", "approved", reason="Closed early", top_up_id="tu_" + 32 * "8"
    ),
]
