"""Prints the JSON Schema of the call event, generated from the model that validates messages (`make schema` writes it
to docs/).
"""

import json
from typing import Any

from calling_credit.call_event_form import event_schema

EXAMPLE = {
    "version": "1",
    "call_id": "c_9f2d41",
    "account_id": "acct_meridian",
    "line_id": "line_front_desk",
    "user_id": "user_ana",
    "direction": "outbound",
    "from": "+14155550100",
    "to": "+442071838750",
    "started_at": "2026-11-23T10:00:00.000Z",
    "answered_at": "2026-11-23T10:00:04.000Z",
    "ended_at": "2026-11-23T10:02:09.000Z",
    "duration_seconds": 125,
    "disposition": "answered",
}


def schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12) with an example. `make check-calls` also applies the rules across fields."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **event_schema(), "examples": [EXAMPLE]}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
