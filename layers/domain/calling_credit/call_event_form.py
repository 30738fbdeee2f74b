"""The form of a call event: the model of a call that costs, and the JSON Schema of every event.

A call that costs must be complete. Of an event that costs nothing, only the account and the call count. An event that
names no account is of the line that had the number in `from` when the call began.
"""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from calling_credit.calls import MAX_DURATION_SECONDS
from calling_credit.dialing_data import EMERGENCY_CODES
from calling_credit.ids import CALL_ID_PATTERN, ID_PATTERN, is_call_id
from calling_credit.numbering import E164_FORM, SHORT_CODE_FORM, is_e164, is_emergency, is_short_code

MAX_BODY_CHARACTERS: Final = 16_384
OTHER_VERSION: Final = r"^(?!1(\.0)*$)[0-9]+(\.[0-9]+)*$"
"""The names of other versions. An event of such a version may claim talk time in a field that we do not know."""
ANSWERED: Final = r"^\s*[Aa][Nn][Ss][Ww][Ee][Rr][Ee][Dd]\s*$"
DIALED_PATTERN: Final = rf"^(?:{E164_FORM}|{SHORT_CODE_FORM})$"
_INSTANT: Final[dict[str, Any]] = {"format": "date-time"}


def _checked_call_id(text: str) -> str:
    if not is_call_id(text):
        raise ValueError("not the id of a call")
    return text


def _checked_dialed(text: str) -> str:
    if not (is_e164(text) or is_short_code(text)):
        raise ValueError("neither E.164 nor a short code")
    return text


def whole_number(value: Any) -> Any:
    """Return 60.0 as 60, because JSON has one kind of number; any other value unchanged."""
    is_integer = None if isinstance(value, int) else getattr(value, "is_integer", None)
    return int(value) if is_integer is not None and is_integer() else value


def _absent_if_empty(value: Any) -> Any:
    """Return None for "", which some switches send for a field that they do not know."""
    return None if value == "" else value


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Instant = Annotated[str, Field(json_schema_extra=_INSTANT)]
CallId = Annotated[str, AfterValidator(_checked_call_id), Field(json_schema_extra={"pattern": CALL_ID_PATTERN})]
Dialled = Annotated[str, AfterValidator(_checked_dialed), Field(json_schema_extra={"pattern": DIALED_PATTERN})]
Seconds = Annotated[int, BeforeValidator(whole_number), Field(ge=0, le=MAX_DURATION_SECONDS)]


_BY_NUMBER: Final[dict[str, Any]] = {
    "required": ["from", "started_at"],
    "properties": {
        "account_id": False,
        "from": {"type": "string", "pattern": f"^(?:{E164_FORM})$"},
        "started_at": {"type": "string", **_INSTANT},
        "direction": {"not": {"const": "inbound"}},
    },
}
"""The schema of an event that names a number instead of an account."""


class CallEvent(BaseModel):
    """The body of one message, version 1, of a call that costs. It ignores unknown fields."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, title="Calling Credit call event, version 1")

    version: Literal["1"] = Field(description="The version of this format.")
    call_id: CallId = Field(
        description="The switch's id of the call: 1 to 255 printable characters. With account_id and started_at, it is "
        "the call's identity."
    )
    account_id: Id
    line_id: Id
    user_id: Annotated[Id | Literal[""] | None, BeforeValidator(_absent_if_empty)] = Field(
        default=None, description='The person who called; optional. "" names no user.'
    )
    direction: Literal["outbound"] = Field(description="outbound, or inbound, which costs nothing.")
    calling_number: Any = Field(
        default=None,
        alias="from",
        description="The caller id. Only E.164 with a leading + is used: to price a call of an unknown line, and to "
        "find the line of an event without account_id.",
    )
    dialled_number: Dialled = Field(
        alias="to",
        description="E.164 with a leading +, or a short code (2 to 6 digits). Emergency calls always cost nothing.",
    )
    started_at: str = Field(
        description="RFC 3339; at most 1 day ahead of and 90 days behind the clock.", json_schema_extra=_INSTANT
    )
    answered_at: Annotated[Instant | Literal[""] | None, BeforeValidator(_absent_if_empty)] = Field(
        default=None, description='RFC 3339; optional. "" means that the time is unknown.'
    )
    ended_at: str = Field(
        description="RFC 3339; not before started_at, and at most 5 minutes ahead of the clock.",
        json_schema_extra=_INSTANT,
    )
    duration_seconds: Seconds | None = Field(
        default=None,
        description="Answered time in whole seconds. Without it, the time from answered_at to ended_at counts.",
    )
    disposition: Literal["answered", "no_answer", "busy", "failed", "canceled"]


def costs_nothing(event: dict[str, Any]) -> bool:
    """Return whether an event is inbound, of an emergency call, or nothing in it claims talk time.

    Nothing claims talk time if the duration is 0, or if it is absent or null and the disposition is not `answered`.
    """
    dialed = event.get("to")
    if event.get("direction") == "inbound" or (isinstance(dialed, str) and is_emergency(dialed)):
        return True
    version, duration, disposition = (event.get(name) for name in ("version", "duration_seconds", "disposition"))
    if duration is not None:
        return duration == 0 and not isinstance(duration, bool)
    if isinstance(version, str) and re.match(OTHER_VERSION, version):
        return False
    return not (isinstance(disposition, str) and re.match(ANSWERED, disposition))


def emergency_pattern() -> str:
    """Return the regular expression of every form of an emergency number (`numbering.is_emergency`)."""
    codes = sorted({code for of_country in EMERGENCY_CODES.values() for code in of_country.split()})
    own = (f"{country}(?:{of_country.replace(' ', '|')})" for country, of_country in EMERGENCY_CODES.items())
    return rf"^(?:\+?(?:{'|'.join(codes)})|\+(?:{'|'.join(own)}))$"


def event_schema() -> dict[str, Any]:
    """Return the JSON Schema of every event: of calls that cost, and of events that cost nothing.

    Rules across fields, such as "ended after started", are not in it.
    """
    model = CallEvent.model_json_schema(by_alias=True)
    every, paid = _split(model["properties"])
    absent = {"type": "null"}
    bounds = {"type": "integer", "minimum": 1, "maximum": MAX_DURATION_SECONDS}
    is_talk_time = {"required": ["duration_seconds"], "properties": {"duration_seconds": bounds}}
    has_times = {
        "required": ["answered_at"],
        "properties": {"duration_seconds": absent, "answered_at": {"type": "string", "minLength": 1}},
    }
    of_no_other_version = {"version": {"not": {"type": "string", "pattern": OTHER_VERSION}}}
    return {
        "title": model["title"],
        "type": "object",
        "required": ["call_id"],
        "properties": every,
        "allOf": [{"anyOf": [{"required": ["account_id"]}, _BY_NUMBER]}],
        "anyOf": [
            {
                "title": "A call that costs",
                "required": [name for name in model["required"] if name not in ("call_id", "account_id", "line_id")],
                "properties": paid | {"disposition": {"const": "answered"}, "direction": {"const": "outbound"}},
                "allOf": [{"anyOf": [{"required": ["line_id"]}, {"not": {"required": ["account_id"]}}]}],
                "anyOf": [is_talk_time, has_times],
            },
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
                "properties": {"duration_seconds": {"const": 0}},
            },
            {
                "title": "A call that nothing says was answered",
                "properties": of_no_other_version
                | {"duration_seconds": absent, "disposition": {"not": {"type": "string", "pattern": ANSWERED}}},
            },
        ],
    }


def _split(properties: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the properties that hold for every event, and the rules of those that only calls that cost obey."""
    every = {
        name: form if name in ("call_id", "account_id") else {key: form[key] for key in ("description",) if key in form}
        for name, form in properties.items()
    }
    rules = {
        name: {key: value for key, value in form.items() if key not in ("description", "title", "default")}
        for name, form in properties.items()
        if name not in ("call_id", "account_id", "from")
    }
    return every, rules
