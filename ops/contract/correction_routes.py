"""Corrections of charged calls, for the operator (functions/manage_accounts)."""

from typing import Final

from calling_credit.calls import MAX_DURATION_SECONDS
from ops.contract.account_routes import ACCOUNT_ID, GROUP, REASON
from ops.contract.route import IDEMPOTENCY_KEY, Access, Route, ok, path
from ops.contract.schemas import CALL_KEY, COUNT, INSTANT, MONEY, Schema, body, described, record

FIGURES: Final = record(
    "CallFigures", "The duration of a call, and its price.", {"duration_seconds": COUNT, "price": MONEY}
)
CORRECTION: Final = record(
    "Correction",
    "A posted correction of a call.",
    {
        "call_key": CALL_KEY,
        "started_at": INSTANT,
        "before": FIGURES,
        "after": FIGURES,
        "difference": described(MONEY, "The change of the balance: positive gives credit back."),
        "balance": described(MONEY, "The account's balance now."),
        "goodwill_taken_back": described(
            MONEY, "Goodwill that the new price no longer covers. `difference` is less by this amount."
        ),
    },
    optional=("goodwill_taken_back",),
)
STARTED_AT: Final[Schema] = {"type": "string", "format": "date-time", "description": "As GET /usage shows it."}
SECONDS: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": MAX_DURATION_SECONDS}
NEW_CORRECTION: Final = body(
    "NewCorrection",
    "The true duration of the call, or `waive: true` to charge nothing.",
    {
        "started_at": STARTED_AT,
        "duration_seconds": described(SECONDS, "The true duration."),
        "waive": {"const": True, "description": "Charge nothing for the call."},
        "reason": REASON,
    },
    ["started_at", "reason"],
) | {"oneOf": [{"required": ["duration_seconds"]}, {"required": ["waive"]}]}

ROUTES: Final = (
    Route(
        "POST",
        "/accounts/{account_id}/calls/{call_key}/corrections",
        "manage_accounts",
        Access.CREDIT,
        GROUP,
        "Correct or waive a charged call",
        {201: ok(CORRECTION, "The call has the stated duration, or costs nothing.")},
        (
            "unknown_account",
            "unknown_call",
            "idempotency_key_reused",
            "price_not_stored",
            "invalid_id",
            "missing_field",
            "invalid_field",
            "invalid_timestamp",
            "invalid_duration",
            "busy",
            "unusable_deck",
            "daily_adjustments",
        ),
        "Takes back the current charge and charges the call again, by the price that it was charged by.",
        parameters=(ACCOUNT_ID, path("call_key", CALL_KEY, "The call, as GET /usage shows it."), IDEMPOTENCY_KEY),
        body=NEW_CORRECTION,
        body_example={"started_at": "2026-11-23T10:00:00.000Z", "duration_seconds": 65, "reason": "The switch hung"},
    ),
)
