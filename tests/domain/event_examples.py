"""Example items and changes that make events, one for each type."""

import json
from typing import Any

import jsonschema

from calling_credit.notifications.announcement import Announcement
from calling_credit.notifications.from_stream import derive_events
from calling_credit.recharge.attempts import SuspensionReason
from ops.event_schemas import path
from tests.domain.credit_examples import AT, CARD, INCREASE, LOT, NOTE, PK, RECEIPT, SPENT

SECRETS = {
    "customer_id": "cus_secret",
    "payment_method_id": "pm_secret",
    "fingerprint": "fp_secret",
    "intent_id": "pi_secret",
    "created_by": "user:secret",
    "create_request": '{"customer":"cus_secret"}',
    "confirm_request": '{"return_url":"https://secret"}',
    "next_action_url": "https://secret/link",
    "receipt_url": "https://secret/receipt",
}
PAYMENT: dict[str, Any] = {
    "PK": PK,
    "SK": "TOPUP#tu_1",
    "topup_id": "tu_1",
    "kind": "manual",
    "status": "confirming",
    "amount_micros": 25_000_000,
    "created_at": AT,
    "updated_at": AT,
    **CARD,
    **SECRETS,
}
RULE: dict[str, Any] = {
    "PK": PK,
    "SK": "AUTO_RECHARGE",
    "enabled": True,
    "threshold_micros": 10_000_000,
    "state_version": 7,
    "rule_version": 1,
    "recent": "[]",
    **CARD,
    **{name: SECRETS[name] for name in ("payment_method_id", "fingerprint")},
}
BALANCE: dict[str, Any] = {
    "PK": PK,
    "SK": "BALANCE",
    "posted_micros": 10_000_000,
    "low_micros": 5_000_000,
    "nudge": 0,
    "updated_at": AT,
}
ENTRY: dict[str, Any] = {
    "PK": PK,
    "SK": f"ENTRY#{AT}#tu_1.rev.1",
    "kind": "credit_reversed",
    "category": "reversal",
    "amount_micros": -30_000_000,
    "recorded_at": AT,
    "facts_hash": "hash_secret",
    "topup_id": "tu_1",
    **CARD,
}
GONE: dict[str, Any] = {
    **ENTRY,
    "SK": f"ENTRY#{AT}#adj_1#1",
    "kind": "credit_expired",
    "category": "credit_expired",
    "lot_id": "adj_1",
    "granted_at": "2026-11-01T12:00:00.000Z",
    "ends_at": "2026-11-23T06:00:00.000Z",
}
UNRATED: dict[str, Any] = {
    "PK": PK,
    "SK": f"UNRATED#{AT}#c_1",
    "line_id": "line_1",
    "user_id": "user_1",
    "from": "+14155550100",
    "to": "+442071838750",
    "duration_seconds": 125,
    "facts_hash": "hash_secret",
    "recorded_at": AT,
}

DENIAL: dict[str, Any] = {
    "PK": PK,
    "SK": "DENIAL#",
    "reason": "daily_spend_limit",
    "denied_at": AT,
    "denials": 3,
    "call_id": "c_1",
    "line_id": "line_1",
    "to": "GB…50",
}
WAITING = {
    "waiting_emails": [
        {
            "address": "secret@example.com",
            "language": "fr",
            "request_id": "000003-1",
            "asked_at": AT,
            "by": "user:ada",
        }
    ]
}
ACCOUNT: dict[str, Any] = {"PK": PK, "SK": "ACCOUNT", "status": "open", "time_zone": "UTC", "updated_at": AT}
FREEZING = {"frozen_at": AT, "frozen_by": "operator:ops", "frozen_from": "203.0.113.7"}
UNFREEZING = {f"un{name}": value for name, value in FREEZING.items()}

ISSUE: dict[str, Any] = {
    "PK": "STRIPE#dp_1:withdrawn",
    "SK": "ISSUE",
    "account_id": "acct_1",
    "code": "card_blocked",
    "object_id": "dp_1",
    "details": "dispute withdrawn: top-up tu_1, visa 4242",
    "source": "dispute",
    "stage": "withdrawn",
    "topup_id": "tu_1",
    "recorded_at": AT,
    "written_by": "secret",
    **CARD,
}

LIMITED: dict[str, Any] = {
    "PK": PK,
    "SK": "PAYMENT_LIMITS",
    "version": 3,
    "claims": "[]",
    "pages": "[]",
    "limited_code": "too_many_declines",
    "limited_at": AT,
}
RECORDED: dict[str, Any] = {
    "PK": PK,
    "kind": "CHANGE",
    "by": "user:ada",
    "by_name": "ada@secret.example",
    "from": "203.0.113.secret",
    "at": AT,
}


def recorded(action: str, subject: str, change_id: str, **values: Any) -> dict[str, Any]:
    """A recorded change."""
    return {**RECORDED, "SK": f"ACTIVITY#{AT}#{change_id}", "action": action, "subject": subject, **values}


COMPLAINT = {"id": "0" * 32, "returned": "complaint", "reason": "abuse"}
BOUNCED: dict[str, Any] = {
    "PK": "ACCOUNT#acct_1",
    "SK": f"BOUNCED#{'a' * 64}",
    "address": "a@secret.example",
    "times": 1,
    "report": {"id": "f" * 32, "returned": "permanent", "at": AT, "event_id": f"evt_{'1' * 32}", "reason": "General"},
}
EMAILS = {"old": {"billing_emails": ["a@secret.example"]}, "new": {"billing_emails": []}}
PRICES = {"price_list": None, "markup_percent": "-12.50", "prices_from": AT}
RAISED = {"old": {"daily_spend": "5.00"}, "new": {"daily_spend": "9.00"}, "loosened": ["daily_spend"]}
TURNED_ON = {"new": {"international_calling": True}, "loosened": ["international_calling"]}
Change = tuple[dict[str, Any] | None, dict[str, Any] | None]
PAID = PAYMENT | {"status": "succeeded", "settled_at": AT}
FAILED = PAYMENT | {"status": "failed", "failure_code": "insufficient_funds"}
RISE = {
    "country": "GB",
    "starts_at": "2026-12-01T00:00:00.000Z",
    "call_seconds": 60,
    "price": "0.10",
    "next_price": "0.12",
    "destinations": 2,
}
RISES = {"countries": ["GB"], "changes": [RISE], "more": 0}
CHANGES: dict[str, Change] = {
    "TopUpSucceeded": (PAYMENT, PAID),
    "TopUpFailed": (PAYMENT, FAILED),
    "AutoRechargeSucceeded": (PAYMENT | {"kind": "automatic"}, PAID | {"kind": "automatic"}),
    "AutoRechargeFailed": (PAYMENT | {"kind": "automatic"}, FAILED | {"kind": "automatic"}),
    "AutoRechargeSuspended": (RULE, RULE | {"suspended_reason": SuspensionReason.UNUSABLE, "state_version": 8}),
    "BalanceLow": (BALANCE, BALANCE | {"posted_micros": 4_999_900}),
    "CreditReversed": (None, ENTRY),
    "CreditReturned": (None, ENTRY | {"kind": "credit_returned", "amount_micros": 30_000_000}),
    "ReceiptIssued": (None, RECEIPT),
    "CreditNoteIssued": (None, NOTE),
    "CreditExpiring": (LOT, LOT | {"warned_days": 7, "warned_micros": 10_000_000, "warned_at": AT}),
    "CreditExpired": (None, GONE),
    "CardBlocked": (None, ISSUE),
    "CallUnrated": (None, UNRATED),
    "CallDenied": (DENIAL | {"denials": 2}, DENIAL),
    "CardAttemptsLimited": (None, LIMITED),
    "AccountFrozen": (ACCOUNT, ACCOUNT | FREEZING),
    "AccountUnfrozen": (ACCOUNT | FREEZING, ACCOUNT | UNFREEZING),
    "CardExpiring": (RULE, RULE | {"expiry_announced": "fp_secret:2026-12", "card_expires": "2026-12"}),
    "TaxStarting": (
        RULE | {"amount_micros": 10_000_000},
        RULE | {"amount_micros": 10_000_000, "tax_from": "2026-12-07T12:00:00.000Z", "tax_percent": "15"},
    ),
    "AccountChanged": (None, recorded("account_changed", "account", "account-000002", **EMAILS)),
    "AddressConfirmationRequested": (ACCOUNT, ACCOUNT | WAITING),
    "RuleChanged": (None, recorded("rule_changed", "auto_recharge", "rule-000002", new={"enabled": False})),
    "PriceTermsChanged": (None, recorded("price_terms_changed", "prices", "prices-000002", new=PRICES)),
    "RateChangeAnnounced": (None, recorded("rate_change_announced", "prices", "rates-deck-1", new=RISES)),
    "LimitsLoosened": (None, recorded("limits_changed", "limits", "limits-000002", **RAISED)),
    "InternationalCallingEnabled": (None, recorded("line_changed", "line:line_1", "line_1-000002", **TURNED_ON)),
    "MailBounced": (None, BOUNCED),
    "MailComplained": (BOUNCED | {"times": 1}, BOUNCED | {"times": 2, "report": BOUNCED["report"] | COMPLAINT}),
    "AdjustmentPosted": (
        None,
        recorded("adjustment_posted", "adjustment:adj_1", "adj_1", new={"amount": "5.00", "reason": "secret"}),
    ),
    "BudgetReached": (SPENT, SPENT | {"spent_micros": 16_000_000, "left_micros": 4_000_000}),
    "BudgetIncreaseRequested": (
        None,
        recorded("budget_increase_requested", "line:line_1", "asked-line_1-2026-11-1", new=INCREASE),
    ),
}
"""One change for each type of event."""


def events_of(old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[Announcement]:
    """The events of a change, each validated against its published schema."""
    events = derive_events(old, new, AT)
    for event in events:
        shown = json.loads(event.model_dump_json())
        jsonschema.validate(shown, json.loads(path(type(event)).read_text(encoding="utf-8")))
        assert (shown["type"], shown["version"], shown["account_id"]) == (event.name, "1", "acct_1")
    return events


def event_of(old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """The published form of the only event of a change."""
    [event] = events_of(old, new)
    shown: dict[str, Any] = json.loads(event.model_dump_json())
    return shown


def types_of(old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[str]:
    """The event types of a change."""
    return [event.name for event in events_of(old, new)]
