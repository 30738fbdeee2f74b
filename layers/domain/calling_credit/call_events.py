"""Parses and checks call events, the messages of the switch: one finished call per message.

An invalid message gives a value (`Rejection`), not an exception, so it does not stop the rest of its batch.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from calling_credit.ids import CALL_ID_PATTERN, ID_PATTERN
from calling_credit.instants import format_instant, parse_instant
from calling_credit.numbering import E164_FORM, SHORT_CODE_FORM, is_e164, is_emergency, is_short_code
from calling_credit.rejection_codes import RejectionCode

MAX_BODY_CHARACTERS: Final = 16_384
MAX_DURATION_SECONDS: Final = 24 * 3600
MAX_AGE: Final = timedelta(days=90)
MAX_AHEAD: Final = timedelta(days=1)
DURATION_TOLERANCE_SECONDS: Final = 1


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
CallId = Annotated[str, StringConstraints(pattern=CALL_ID_PATTERN)]
Number = Annotated[str, StringConstraints(pattern=f"^{E164_FORM}$")]
DIALED_PATTERN: Final = rf"^(?:{E164_FORM}|{SHORT_CODE_FORM}|\+[0-9]{{2,9}})$"


def _checked_dialed(text: str) -> str:
    if not (is_e164(text) or is_short_code(text) or is_emergency(text)):
        raise ValueError("neither E.164 nor a short code")
    return text


Dialled = Annotated[str, AfterValidator(_checked_dialed), Field(json_schema_extra={"pattern": DIALED_PATTERN})]


_INSTANT: Final[dict[str, Any]] = {"format": "date-time"}


class CallEvent(BaseModel):
    """The body of one message, version 1. It is the source of the published JSON Schema and ignores unknown fields."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, title="Calling Credit call event, version 1")

    version: Literal["1"] = Field(description="The version of this format.")
    call_id: CallId = Field(description="The switch's id of the call; with account_id and started_at its identity.")
    account_id: Id
    line_id: Id
    user_id: Id
    direction: Literal["outbound", "inbound"]
    calling_number: Number = Field(alias="from", description="E.164 with a leading +.")
    dialled_number: Dialled = Field(
        alias="to",
        description="E.164 with a leading +, a short code (2 to 6 digits), or an emergency number (911, +112, +1911).",
    )
    started_at: str = Field(
        description="RFC 3339; at most 1 day ahead of and 90 days behind the clock.", json_schema_extra=_INSTANT
    )
    answered_at: Any = Field(
        default=None,
        description="RFC 3339; required when answered, ignored otherwise.",
        json_schema_extra={"type": ["string", "null"], "format": "date-time"},
    )
    ended_at: str = Field(description="RFC 3339; not before started_at.", json_schema_extra=_INSTANT)
    duration_seconds: int = Field(
        ge=0, le=MAX_DURATION_SECONDS, description="Answered time in whole seconds; 0 unless answered."
    )
    disposition: Literal["answered", "no_answer", "busy", "failed", "canceled"]


@dataclass(frozen=True, slots=True)
class Call:
    """A valid finished call. `happened_at` is `started_at` in the form of keys (UTC, milliseconds), like `ended_at`."""

    call_id: str
    account_id: str
    line_id: str
    user_id: str
    direction: str
    calling_number: str
    dialled_number: str
    started_at: datetime
    happened_at: str
    ended_at: str
    duration_seconds: int
    disposition: str
    facts_hash: str

    @property
    def key(self) -> tuple[str, str, str]:
        """The identity of the call and of its entry: account, time, and call id."""
        return self.account_id, self.happened_at, self.call_id


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a message was refused: a stable code, and a sentence for the producer's engineers."""

    code: RejectionCode
    detail: str


_FIELD_CODES: Final = {
    "version": (RejectionCode.UNKNOWN_VERSION, 'version must be "1".'),
    "call_id": (
        RejectionCode.INVALID_ID,
        "call_id must be 1 to 96 letters, digits, or _ . : @ + -, beginning with a letter or digit.",
    ),
    "account_id": (RejectionCode.INVALID_ID, "account_id must be 1 to 64 letters, digits, or _ . : @ + -."),
    "line_id": (RejectionCode.INVALID_ID, "line_id must be 1 to 64 letters, digits, or _ . : @ + -."),
    "user_id": (RejectionCode.INVALID_ID, "user_id must be 1 to 64 letters, digits, or _ . : @ + -."),
    "direction": (RejectionCode.INVALID_DIRECTION, "direction must be outbound or inbound."),
    "from": (RejectionCode.INVALID_NUMBER, "from must be E.164 with a leading +, such as +14155550100."),
    "to": (RejectionCode.INVALID_NUMBER, "to must be E.164 with a leading +, or a short code of 2 to 6 digits."),
    "started_at": (
        RejectionCode.INVALID_TIMESTAMP,
        "started_at must be RFC 3339 with an offset, such as 2026-11-23T10:00:00.000Z.",
    ),
    "ended_at": (
        RejectionCode.INVALID_TIMESTAMP,
        "ended_at must be RFC 3339 with an offset, such as 2026-11-23T10:02:09.000Z.",
    ),
    "duration_seconds": (
        RejectionCode.INVALID_DURATION,
        "duration_seconds must be a whole number of seconds from 0 to 86400.",
    ),
    "disposition": (
        RejectionCode.INVALID_DISPOSITION,
        "disposition must be answered, no_answer, busy, failed, or canceled.",
    ),
}


def parse_call(body: str, now: datetime) -> Call | Rejection:
    """Parse one message body (JSON; docs/call-event.schema.json is its schema, docs/call-events.md lists the codes)."""
    if len(body) > MAX_BODY_CHARACTERS:
        return Rejection(
            RejectionCode.BODY_TOO_LARGE,
            f"A call event can have at most {MAX_BODY_CHARACTERS} characters; send one call per message.",
        )
    try:
        event = CallEvent.model_validate_json(body)
    except ValidationError as error:
        return _rejection(error)
    started, ended = parse_instant(event.started_at), parse_instant(event.ended_at)
    if started is None or ended is None:
        return Rejection(*_FIELD_CODES["started_at" if started is None else "ended_at"])
    answered = parse_instant(event.answered_at) if isinstance(event.answered_at, str) else None
    rejection = _check_times(event, started, answered, ended, now)
    if rejection is not None:
        return rejection
    return Call(
        event.call_id,
        event.account_id,
        event.line_id,
        event.user_id,
        event.direction,
        event.calling_number,
        event.dialled_number,
        started,
        format_instant(started),
        format_instant(ended),
        event.duration_seconds,
        event.disposition,
        _facts_hash(event, started, answered, ended),
    )


def _rejection(error: ValidationError) -> Rejection:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    if first["type"] == "missing":
        return Rejection(
            RejectionCode.MISSING_FIELD, f"{field} is missing; every field of version 1 except answered_at is required."
        )
    if field in _FIELD_CODES:
        return Rejection(*_FIELD_CODES[field])
    return Rejection(
        RejectionCode.MALFORMED_JSON, "The body must be one JSON object in UTF-8 that describes one finished call."
    )


def _check_times(
    event: CallEvent, started: datetime, answered: datetime | None, ended: datetime, now: datetime
) -> Rejection | None:
    if started > now + MAX_AHEAD:
        return Rejection(
            RejectionCode.STARTED_TOO_FAR_AHEAD,
            "started_at is over 1 day ahead; check the switch's clock and time zone.",
        )
    if started < now - MAX_AGE:
        return Rejection(
            RejectionCode.STARTED_TOO_LONG_AGO, "started_at is over 90 days back; adjust the balance instead."
        )
    if ended < started:
        return Rejection(
            RejectionCode.ENDED_BEFORE_STARTED, "ended_at is before started_at; check both and send the call again."
        )
    if event.disposition == "answered":
        return _check_answered(event, started, answered, ended)
    if event.duration_seconds:
        return Rejection(RejectionCode.DURATION_MISMATCH, "duration_seconds must be 0 unless disposition is answered.")
    return None


def _check_answered(
    event: CallEvent, started: datetime, answered: datetime | None, ended: datetime
) -> Rejection | None:
    if answered is None:
        detail = "answered_at must be RFC 3339 with an offset when disposition is answered."
        return Rejection(
            RejectionCode.MISSING_FIELD if event.answered_at is None else RejectionCode.INVALID_TIMESTAMP, detail
        )
    if not started <= answered <= ended:
        return Rejection(RejectionCode.ENDED_BEFORE_STARTED, "answered_at must be between started_at and ended_at.")
    if abs((ended - answered).total_seconds() - event.duration_seconds) > DURATION_TOLERANCE_SECONDS:
        return Rejection(
            RejectionCode.DURATION_MISMATCH, "duration_seconds must be within 1 second of ended_at - answered_at."
        )
    return None


def _facts_hash(event: CallEvent, started: datetime, answered: datetime | None, ended: datetime) -> str:
    """Return a 128-bit hash of all facts of the call. The same facts in another spelling have the same hash."""
    facts = (
        event.account_id,
        event.call_id,
        event.line_id,
        event.user_id,
        event.direction,
        event.calling_number,
        event.dialled_number,
        format_instant(started),
        format_instant(answered) if answered and event.disposition == "answered" else "",
        format_instant(ended),
        str(event.duration_seconds),
        event.disposition,
    )
    return hashlib.blake2b("\n".join(facts).encode(), digest_size=16).hexdigest()
