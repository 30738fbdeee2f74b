"""The canonical form of a call event: the model of a call that costs, and which events cost nothing.

A call that costs must be complete. Of an event that costs nothing, only the account and the call count. Switches send
more forms than this one; `charging.canonical_events` reads them.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from calling_credit.calls import MAX_DURATION_SECONDS
from calling_credit.ids import CALL_ID_PATTERN, ID_PATTERN, is_call_id
from calling_credit.numbering import E164_FORM, SHORT_CODE_FORM, is_e164, is_emergency, is_short_code

MAX_BODY_CHARACTERS: Final = 16_384
OTHER_VERSION: Final = r"^(?!1(\.0)*$)[0-9]+(\.[0-9]+)*$"
"""The names of other versions. An event of such a version may claim talk time in a field that we do not know."""
SPELLINGS: Final[Mapping[str, str]] = {
    "answered": "answered",
    "answer": "answered",
    "completed": "answered",
    "noanswer": "no_answer",
    "busy": "busy",
    "failed": "failed",
    "congestion": "failed",
    "chanunavail": "failed",
    "canceled": "canceled",
    "cancelled": "canceled",
    "cancel": "canceled",
}
"""The dispositions by their spelling in lower case, without blanks, `_`, and `-`."""
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


class CallEvent(BaseModel):
    """The body of one message, version 1, of a call that costs. It ignores unknown fields."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, title="Calling Credit call event, version 1")

    version: Literal["1"] = Field(description="The version of this format; 1 if it is absent.")
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
        description="The caller id, in E.164 or as dialed by the line. It finds the line of an event that names none, "
        "and prices a call of an unknown line.",
    )
    dialled_number: Dialled = Field(
        alias="to",
        description="E.164, a number as dialed by the line, or a short code (2 to 6 digits). Emergency calls are free.",
    )
    started_at: str = Field(
        description="RFC 3339; at most 1 day ahead of and 90 days behind the clock. Without an offset only from a "
        "switch with a connector key that has a time zone; so the other times, too.",
        json_schema_extra=_INSTANT,
    )
    answered_at: Annotated[Instant | Literal[""] | None, BeforeValidator(_absent_if_empty)] = Field(
        default=None, description='RFC 3339; optional. "" means that the time is unknown.'
    )
    ended_at: str = Field(
        description="RFC 3339; not before started_at, and at most 5 minutes ahead of the clock. Without it, the "
        "duration counts from answered_at, or else from started_at.",
        json_schema_extra=_INSTANT,
    )
    duration_seconds: Seconds | None = Field(
        default=None,
        description="Answered time in seconds, a number or its text. A fraction is rounded up. Without it, the time "
        "from answered_at to ended_at counts.",
    )
    disposition: Literal["answered", "no_answer", "busy", "failed", "canceled"] = Field(
        description="answered, no_answer, busy, failed, or canceled, or a spelling such as ANSWERED or NO ANSWER."
    )


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
