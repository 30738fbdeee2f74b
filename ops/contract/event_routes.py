"""The report of finished calls, for the phone switch (functions/report_calls)."""

from typing import Final

from calling_credit.charging.event_bodies import LINES, MAX_EVENTS
from calling_credit.charging.formats.readers import Format
from calling_credit.rejection_codes import RejectionCode
from ops.contract.route import Access, Route, ok, query
from ops.contract.schemas import COUNT, TEXT, Schema, described, list_of, one_of, or_null, record

FINISHED_CALL: Final[Schema] = {
    "title": "FinishedCall",
    "type": "object",
    "description": "A finished call (docs/call-events.md, docs/call-event.schema.json).",
    "examples": [
        {
            "call_id": "c_9f2c1d7e",
            "direction": "outbound",
            "from": "+12125550102",
            "to": "+442071838750",
            "started_at": "2026-11-23T10:00:00.000Z",
            "ended_at": "2026-11-23T10:02:09.000Z",
            "duration_seconds": 125,
            "disposition": "answered",
        }
    ],
}
EVENTS: Final[Schema] = {
    "anyOf": [
        FINISHED_CALL,
        {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_EVENTS,
            "items": {"anyOf": [FINISHED_CALL, {"description": "Anything else is rejected alone."}]},
        },
    ]
}
REJECTED: Final = record(
    "RejectedEvent",
    "An event that is not charged. Nothing of it is written.",
    {
        "index": described(COUNT, "The position of the event in the body, from 0."),
        "call_id": or_null(described(TEXT, "The id of the call; null if it is unreadable.")),
        "code": one_of([code.value for code in RejectionCode], "Stable; docs/call-events.md explains each code."),
        "detail": described(TEXT, "What is wrong and what to do, in words."),
    },
)
REPORT: Final = record(
    "CallReport",
    "How many events are stored, and which others are rejected.",
    {"accepted": described(COUNT, "The events in the call queue."), "rejected": list_of(REJECTED)},
)
CODES: Final = ("no_events", "too_many_events", "unknown_format", "not_queued")
FORMAT: Final = query("format", one_of(Format), "The format of the call records, if it is not the native one.")

ROUTES: Final = (
    Route(
        "POST",
        "/calls/events",
        "report_calls",
        Access.REPORTER,
        "Switch",
        "Report finished calls",
        {200: ok(REPORT, "Each accepted event is stored and will be charged once. The others are listed.")},
        CODES,
        "Send 1 to 100 events. After a 503 or no answer, send all of them again: no call is charged twice.",
        parameters=(FORMAT,),
        body=EVENTS,
        text_bodies=(LINES[0], "text/csv", "application/x-www-form-urlencoded"),
    ),
)
