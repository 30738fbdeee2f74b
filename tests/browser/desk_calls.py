"""The calls that the stand-in for the operator's routes explains."""

from typing import Any, Final

from calling_credit.instants import format_instant
from tests.browser.desk_texts import CALL_AT, HOSTILE, ago

STARTED: Final = format_instant(CALL_AT)
EVENT: Final = {
    "to": "+442071838750",
    "line_id": "line_0",
    "user": {"id": "user_1", "name": HOSTILE},
    "duration_seconds": 180,
    "recorded_at": STARTED,
    "number_erased": False,
    "suspicious": False,
    "stray": False,
}
ROW: Final = {
    "deck": "2026-11-01-a",
    "prefix": "442",
    "destination": "United Kingdom - Landline",
    "country": "GB",
    "origin": "*",
    "category": "outbound_international_call",
    "rate_per_minute": "0.014",
    "connection_fee": "0.00",
    "minimum_seconds": 1,
    "increment_seconds": 1,
}
CALCULATION: Final = {
    "duration_seconds": 180,
    "granted_seconds": 600,
    "promised": True,
    "priced_seconds": 180,
    "billed_seconds": 180,
    "rounded_to": "0.0001",
    "price": "0.042",
    "exact": True,
}
HOLD: Final = {
    "status": "released",
    "amount": "0.14",
    "max_seconds": 600,
    "authorized_at": STARTED,
    "ended_as": "answered",
    "limited_by": None,
}


def _call(key: str, outcome: str, **changes: Any) -> dict[str, Any]:
    entry = {
        "id": f"{STARTED}#{key}",
        "kind": "call_charged",
        "amount": "-0.042",
        "duration_seconds": 180,
        "billed_seconds": 180,
        "recorded_at": STARTED,
        "why": "charged",
    }
    return {
        "call_key": key,
        "call_id": key,
        "started_at": STARTED,
        "outcome": outcome,
        "sentence": "The call to +442071838750 (United Kingdom - Landline) lasted 3 min; 180 s at $0.014 per minute, "
        "without a connection fee, cost $0.042.",
        "price": "0.042",
        "event": EVENT,
        "row": ROW,
        "calculation": CALCULATION,
        "hold": HOLD,
        "entries": [entry],
        "goodwill_left": "0.042",
        "suspicion": None,
        **{name: [] for name in ("corrections", "reratings", "goodwill", "denials")},
        **changes,
    }


STEPS: Final = [{"from_second": 60, "rate_per_minute": "0.007", "increment_seconds": 1}]
OWN_ROW: Final = {"price_list": None, "list_version": None, "markup_percent": "12.50", "base_connection_fee": "0.00"}
CALLS: Final = {
    "c_1": _call("c_1", "charged"),
    "c_3": _call(
        "c_3",
        "charged",
        row=ROW | OWN_ROW | {"base_rate_per_minute": "0.012", "rate_steps": STEPS},
        calculation=CALCULATION | {"covered_seconds": 30, "bundle": "the UK", "billed_parts": [60, 90]},
    ),
    "c_2": _call(
        "c_2",
        "charged",
        goodwill=[
            {
                "at": ago(hours=1),
                "given": "0.02",
                "standing": "0.02",
                "reason": "Call was cut off",
                "by": "staff:sub-femi",
            }
        ],
        suspicion={"listed_at": ago(hours=2), "counted_at": None, "outcome": None, "can_confirm": True},
        corrections=[
            {
                "id": "co_1",
                "at": ago(hours=2),
                "by": "staff:sub-grace",
                "reason": "The switch did not hang up",
                "before": {"duration_seconds": 3600, "price": "0.84"},
                "after": {"duration_seconds": 180, "price": "0.042"},
            }
        ],
    ),
}
