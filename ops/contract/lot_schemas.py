"""Granted credit that is kept apart until calls have used it: its terms, and the rest of it."""

from typing import Any, Final

from calling_credit.ledger.credit_terms import LOT_ID_PATTERN, CreditKind
from ops.contract.schemas import INSTANT, MONEY, TEXT, Schema, described, list_of, one_of, or_null, record

EXPIRES_AT: Final[Schema] = {
    "type": "string",
    "description": "RFC 3339 with an offset, or a date, whose last moment in UTC is meant. Ahead, within five years.",
    "examples": ["2027-01-31", "2027-01-31T12:00:00Z"],
}
TERMS: Final[dict[str, Schema]] = {
    "kind": one_of(
        list(CreditKind),
        "Keeps the credit apart: calls use it before bought credit, and a transfer never takes it. `granted` by "
        "default if the credit expires.",
    ),
    "expires_at": EXPIRES_AT,
    "lot_id": {
        "type": "string",
        "pattern": LOT_ID_PATTERN,
        "description": "With a negative amount: the granted credit that is taken back, at most its rest.",
    },
}
EXPIRING: Final[dict[str, Any]] = list_of(
    record(
        "ExpiringCredit",
        "Granted credit that is not used yet, and when it expires.",
        {"amount": MONEY, "at": INSTANT},
    ),
    "Granted credit that expires, the soonest first.",
)
LOTS: Final[dict[str, Any]] = list_of(
    record(
        "Lot",
        "Credit that was given on terms, and what happened to it.",
        {
            "id": described(TEXT, "The adjustment or promotion that gave it."),
            "kind": one_of(list(CreditKind)),
            "granted_at": INSTANT,
            "amount": MONEY,
            "used": described(MONEY, "What calls have used."),
            "expired": MONEY,
            "taken_back": described(MONEY, "What adjustments took back."),
            "left": described(MONEY, "What calls can still use, and what can be taken back."),
            "expires_at": or_null(INSTANT),
        },
    ),
    "Granted credit, the latest first.",
)
