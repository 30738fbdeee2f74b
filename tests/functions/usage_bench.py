"""Queries of usage and statements that several tests share."""

from decimal import Decimal
from typing import Any

MONTH = {"from_": "2026-11-01", "to": "2026-11-30"}


INTERNATIONAL = "/usage/outbound_international_call"


def call_at(call_id: str, started_at: str, **changes: Any) -> dict[str, Any]:
    """A one-minute call without setup time."""
    day, hour, rest = started_at[:11], int(started_at[11:13]), started_at[13:16]
    ended = f"{day}{hour:02d}{rest}:59Z"
    times = {"started_at": f"{started_at[:16]}:00Z", "answered_at": f"{started_at[:16]}:00Z", "ended_at": ended}
    return {"call_id": call_id, **times, "duration_seconds": 59, **changes}


def money(text: str) -> Decimal:
    """The number of a decimal string."""
    return Decimal(text)
