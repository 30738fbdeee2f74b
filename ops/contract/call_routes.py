"""The authorization of calls, for the phone switch (functions/authorize_call)."""

from typing import Final

from calling_credit import ids
from calling_credit.admission import decision, request
from calling_credit.numbering import SHORT_CODE_FORM
from ops.contract.rates_routes import DECK_CODES, RATE_STEP
from ops.contract.route import Access, Route, ok
from ops.contract.schemas import COUNT, ID, MONEY, TEXT, Schema, body, described, list_of, one_of, or_null, record

SECONDS: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": decision.MAX_GRANTED_SECONDS}
DIALED: Final[Schema] = {
    "type": "string",
    "minLength": 2,
    "description": "E.164, or a number as dialed in the country of the line: national, or with 00 or 011.",
    "examples": ["+442071838750", "011442071838750", "(415) 555-0100"],
}
CALL: Final = body(
    "CallToAuthorize",
    "A call to a phone number.",
    {
        "call_id": {
            "type": "string",
            "pattern": ids.CALL_ID_PATTERN,
            "description": "The switch's id of the call: 1 to 255 printable characters.",
            "examples": ["c_9f2d41"],
        },
        "account_id": ID,
        "line_id": ID,
        "to": DIALED,
        "requested_seconds": SECONDS | {"default": request.DEFAULT_SECONDS},
    },
    ["call_id", "account_id", "line_id", "to"],
)
CALL_BY_NUMBER: Final = body(
    "CallByNumber",
    "A call from a number, without `line_id`. It is of the line that has the number now.",
    {
        "call_id": CALL["properties"]["call_id"],
        "from": described(DIALED, "The number of a line, in E.164 or as dialed there."),
        "to": DIALED,
        "requested_seconds": SECONDS | {"default": request.DEFAULT_SECONDS},
    },
    ["call_id", "from", "to"],
)
SHORT_CODE_CALL: Final = body(
    "ShortCodeCall",
    "A call to a short code that is no emergency number. A line is needed only if the code has a price.",
    {
        "call_id": CALL["properties"]["call_id"],
        "account_id": ID,
        "line_id": TEXT,
        "to": {"type": "string", "pattern": f"^{SHORT_CODE_FORM}$", "examples": ["411"]},
        "requested_seconds": SECONDS | {"default": request.DEFAULT_SECONDS},
    },
    ["call_id", "account_id", "to"],
)
EMERGENCY_CALL: Final = body(
    "EmergencyCall",
    "A call to an emergency number of any country: its code, the code after a +, or the code after a + and its "
    "country's calling code. Only `to` counts: the call is always allowed and free.",
    {"to": {"type": "string", "pattern": r"^\+?[0-9]{2,9}$", "examples": ["911", "+112", "+1911"]}},
    ["to"],
)
DECISION: Final = record(
    "Decision",
    "Whether the call may be connected, or continued.",
    {
        "decision": one_of(["allow", "deny"]),
        "reason": or_null(one_of(request.WORDS, "Why the call is denied; null if it is allowed.")),
        "max_seconds": described(
            {"type": "integer", "minimum": 0}, "The longest duration of the whole call, counted from its start."
        ),
        "rate_per_minute": or_null(described(MONEY, "The rate from the first second on.")),
        "rate_steps": list_of(RATE_STEP, "The further rates within the call. Absent for a row with one rate."),
        "held": described(MONEY, "The credit that is held for the whole call."),
        "covered_seconds": described(
            COUNT,
            "The seconds of the whole call that included minutes cover; only for an account or a line that has some.",
        ),
        "message": described(TEXT, "`reason` in words."),
        "retry_after_seconds": described(COUNT, "With reason `recharging`: when to ask again."),
        "limited_by": one_of(
            request.WORDS, "Why `max_seconds` is less than what was requested, or why an extension adds no seconds."
        ),
    },
    optional=("rate_steps", "covered_seconds", "message", "retry_after_seconds", "limited_by"),
)

ROUTES: Final = (
    Route(
        "POST",
        "/calls/authorize",
        "authorize_call",
        Access.SWITCH,
        "Switch",
        "Authorize a call, or its extension",
        {200: ok(DECISION, "The decision. A denial is an answer, not an error.")},
        (
            "missing_field",
            "invalid_id",
            "invalid_number",
            "invalid_duration",
            "call_id_reused",
            "busy",
            *DECK_CODES,
        ),
        "Send the same `call_id` again before `max_seconds` have passed to extend the call.",
        body={"anyOf": [CALL, CALL_BY_NUMBER, SHORT_CODE_CALL, EMERGENCY_CALL]},
    ),
)
