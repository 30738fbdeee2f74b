"""Prints the JSON Schema of the call events that switches may send (`make schema` writes it to docs/).

Rules across fields, such as "ended after started", are not in it, nor is what a dialed number means.
"""

import json
from typing import Any, Final

from calling_credit.call_event_form import FIELDS, OTHER_VERSION, SPELLINGS
from calling_credit.calls import MAX_DURATION_SECONDS
from calling_credit.dialing_data import EMERGENCY_CODES
from calling_credit.ids import CALL_ID_PATTERN, ID_PATTERN

Schema = dict[str, Any]

EXAMPLE: Final = {
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


TIME: Final[Schema] = {"type": "string", "minLength": 1, "format": "date-time"}
UNKNOWN: Final[Schema] = {"enum": [None, ""]}
"""What a sender may write in an optional field that it does not know."""
ID: Final[Schema] = {"type": "string", "pattern": ID_PATTERN}
CALLER: Final[Schema] = {"type": "string", "pattern": "^[^0-9]*([0-9][^0-9]*){7,25}$"}
TALK_TIME: Final[Schema] = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "maximum": MAX_DURATION_SECONDS},
        {"type": "string", "pattern": r"^\s*(?=[0-9.]*[1-9])[0-9]{1,18}(\.[0-9]{1,18})?\s*$"},
    ]
}
NO_TIME: Final[Schema] = {"anyOf": [{"const": 0}, {"type": "string", "pattern": r"^\s*0{1,18}(\.0{1,18})?\s*$"}]}


def answered_pattern() -> str:
    """Return the regular expression of every spelling of `answered`."""
    between = r"[\s_-]*"
    words = sorted(spelling for spelling, disposition in SPELLINGS.items() if disposition == "answered")
    spelled = (between.join(f"[{letter.upper()}{letter}]" for letter in word) for word in words)
    return f"^{between}({'|'.join(spelled)}){between}$"


def emergency_pattern() -> str:
    """Return the regular expression of every form of an emergency number (`numbering.is_emergency`)."""
    codes = sorted({code for of_country in EMERGENCY_CODES.values() for code in of_country.split()})
    own = (f"{country}(?:{of_country.replace(' ', '|')})" for country, of_country in EMERGENCY_CODES.items())
    return rf"^(?:\+?(?:{'|'.join(codes)})|\+(?:{'|'.join(own)}))$"


def absent_or(schema: Schema) -> Schema:
    """Return a schema that null and "" satisfy, too."""
    return {"anyOf": [schema, UNKNOWN]}


def schema() -> Schema:
    """Return the schema (draft 2020-12) with an example. `make check-calls` also applies the rules across fields."""
    properties: Schema = {
        name: {"description": field.description} if field.description else {} for name, field in FIELDS.items()
    }
    properties["call_id"] |= {"type": "string", "pattern": CALL_ID_PATTERN}
    properties["account_id"] |= absent_or(ID)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Calling Credit call event, version 1",
        "type": "object",
        "required": ["call_id"],
        "properties": properties,
        "allOf": [{"anyOf": [names("account_id"), by_number()]}],
        "anyOf": [
            paid_call(),
            {
                "title": "A call to an emergency number",
                "required": ["to"],
                "properties": {"to": {"type": "string", "pattern": emergency_pattern()}},
            },
            {
                "title": "An inbound call",
                "required": ["direction"],
                "properties": {"direction": {"const": "inbound"}},
            },
            {
                "title": "A call of zero seconds",
                "required": ["duration_seconds"],
                "properties": {"duration_seconds": NO_TIME},
            },
            {
                "title": "A call that nothing says was answered",
                "properties": {
                    "version": {"not": {"type": "string", "pattern": OTHER_VERSION}},
                    "duration_seconds": UNKNOWN,
                    "disposition": {"not": {"type": "string", "pattern": answered_pattern()}},
                },
            },
        ],
        "examples": [EXAMPLE],
    }


def names(field: str) -> Schema:
    """Return the schema of an event that names its account or line."""
    return {"required": [field], "properties": {field: {"not": UNKNOWN}}}


def by_number() -> Schema:
    """Return the schema of an event that names the line by its number."""
    return {
        "required": ["from", "started_at"],
        "properties": {"from": CALLER, "started_at": TIME, "direction": {"not": {"const": "inbound"}}},
    }


def paid_call() -> Schema:
    """Return the schema of a call that costs."""
    has_times = {
        "required": ["answered_at", "ended_at"],
        "properties": {"duration_seconds": UNKNOWN, "answered_at": TIME, "ended_at": TIME},
    }
    return {
        "title": "A call that costs",
        "required": ["direction", "to", "started_at", "disposition"],
        "properties": {
            "version": {"enum": ["1", None]},
            "line_id": absent_or(ID),
            "user_id": absent_or(ID),
            "direction": {"const": "outbound"},
            "to": {"type": "string", "minLength": 2},
            "started_at": TIME,
            "answered_at": absent_or(TIME),
            "ended_at": absent_or(TIME),
            "disposition": {"type": "string", "pattern": answered_pattern()},
        },
        "allOf": [{"anyOf": [names("line_id"), by_number()]}],
        "anyOf": [{"required": ["duration_seconds"], "properties": {"duration_seconds": TALK_TIME}}, has_times],
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))
