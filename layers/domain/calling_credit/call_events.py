"""Parses and checks call events, the messages of the switch: one finished call per message.

An invalid message gives a value (`Rejection`), not an exception, so it does not stop the rest of its batch. An event
that costs nothing (`FreeEvent`) needs only its account and its call, because no other field can change that.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from pydantic_core import from_json

from calling_credit import ids
from calling_credit.call_event_checks import check_duration, check_times
from calling_credit.call_event_form import MAX_BODY_CHARACTERS, costs_nothing, find_wrong_field, whole_number
from calling_credit.calls import Call, FreeEvent, hash_of
from calling_credit.instants import canonical_instant, format_instant, parse_instant
from calling_credit.numbering import is_e164, strip_trunk_zero
from calling_credit.rejection_codes import Rejection, RejectionCode
from calling_credit.unique_keys import find_duplicate_key, has_unique_keys, shown_key

MALFORMED: Final = Rejection(
    RejectionCode.MALFORMED_JSON, "The body must be one JSON object in UTF-8 that describes one finished call."
)
_FIELD_CODES: Final = {
    "version": (RejectionCode.UNKNOWN_VERSION, 'version must be "1".'),
    "call_id": (RejectionCode.INVALID_ID, ids.CALL_ID_FORM),
    "account_id": (RejectionCode.INVALID_ID, "account_id must be 1 to 64 letters, digits, or _ . : @ + -."),
    "line_id": (RejectionCode.INVALID_ID, "line_id must be 1 to 64 letters, digits, or _ . : @ + -."),
    "user_id": (RejectionCode.INVALID_ID, "user_id must be 1 to 64 letters, digits, or _ . : @ + -, or be absent."),
    "direction": (RejectionCode.INVALID_DIRECTION, "direction must be outbound or inbound."),
    "to": (RejectionCode.INVALID_NUMBER, "to must be E.164 with a leading +, or a short code of 2 to 6 digits."),
    "started_at": (
        RejectionCode.INVALID_TIMESTAMP,
        "started_at must be RFC 3339 with an offset, such as 2026-11-23T10:00:00.000Z.",
    ),
    "answered_at": (
        RejectionCode.INVALID_TIMESTAMP,
        "answered_at must be RFC 3339 with an offset, or be absent.",
    ),
    "ended_at": (
        RejectionCode.INVALID_TIMESTAMP,
        "ended_at must be RFC 3339 with an offset, such as 2026-11-23T10:02:09.000Z.",
    ),
    "duration_seconds": (
        RejectionCode.INVALID_DURATION,
        "duration_seconds must be a whole number of seconds from 0 to 604800.",
    ),
    "disposition": (
        RejectionCode.INVALID_DISPOSITION,
        "disposition must be answered, no_answer, busy, failed, or canceled.",
    ),
}


def parse_call(body: str, now: datetime) -> Call | FreeEvent | Rejection:
    """Parse one message body (JSON; docs/call-event.schema.json is its schema, docs/call-events.md lists the codes)."""
    event = read_event(body)
    return event if isinstance(event, Rejection) else parse_event(event, now)


def read_event(body: str) -> dict[str, Any] | Rejection:
    """Read the fields of one message body, unchecked."""
    if len(body) > MAX_BODY_CHARACTERS:
        return too_large()
    return read_object(body)


def too_large() -> Rejection:
    """Return the rejection of an event with too many characters."""
    return Rejection(
        RejectionCode.BODY_TOO_LARGE,
        f"A call event can have at most {MAX_BODY_CHARACTERS} characters; send one call per message.",
    )


def read_object(text: str) -> dict[str, Any] | Rejection:
    """Read the fields of one JSON object of any size, unchecked."""
    try:
        event = from_json(text.encode())
    except ValueError:
        return MALFORMED
    if not isinstance(event, dict):
        return MALFORMED
    key = None if has_unique_keys(text, event) else find_duplicate_key(text)
    if key is not None:
        detail = f"The event names {shown_key(key)} twice in one object; send it once."
        return Rejection(RejectionCode.DUPLICATE_KEY, detail)
    return event


def parse_event(
    event: dict[str, Any], now: datetime, correlation_id: str | None = None
) -> Call | FreeEvent | Rejection:
    """Parse the fields of an event that names its account and line. `correlation_id` names the message that reported
    it.
    """
    if costs_nothing(event):
        return _free_event(event)
    wrong = find_wrong_field(event)
    if wrong is None:
        return _call(event, now, correlation_id)
    if wrong not in event:
        return Rejection(RejectionCode.MISSING_FIELD, f"{wrong} is missing; an event of a call that costs needs it.")
    return Rejection(*_FIELD_CODES[wrong])


def _free_event(event: dict[str, Any]) -> FreeEvent | Rejection:
    for field, has_form in (("call_id", ids.is_call_id), ("account_id", ids.is_id)):
        if field not in event:
            return Rejection(
                RejectionCode.MISSING_FIELD,
                f"{field} is missing; every event names its call, and its account or the number in from.",
            )
        if not isinstance(event[field], str) or not has_form(event[field]):
            return Rejection(*_FIELD_CODES[field])
    ended = _instant(event.get("ended_at"))
    seconds, is_answered = whole_number(event.get("duration_seconds")), event.get("disposition") == "answered"
    return FreeEvent(
        event["account_id"],
        event["call_id"],
        ids.call_key(event["call_id"]),
        None if ended is None else format_instant(ended),
        (isinstance(seconds, int) and seconds > 0) or (is_answered and seconds != 0),
    )


def _call(event: dict[str, Any], now: datetime, correlation_id: str | None) -> Call | FreeEvent | Rejection:
    """Return the call of an event whose fields have their forms."""
    texts: tuple[str, str, str] = event["started_at"], event.get("answered_at") or "", event["ended_at"]
    started, answered, ended = map(_instant, texts)
    if started is None or ended is None:
        return Rejection(*_FIELD_CODES["started_at" if started is None else "ended_at"])
    if answered is None and texts[1]:
        return Rejection(*_FIELD_CODES["answered_at"])
    rejection = check_times(started, answered, ended, now)
    if rejection is not None:
        return rejection
    seconds = whole_number(event.get("duration_seconds"))
    if seconds is None:
        if answered is None:
            detail = "duration_seconds is missing; send it, or answered_at and ended_at."
            return Rejection(RejectionCode.MISSING_FIELD, detail)
        seconds = max(0, -((answered - ended) // timedelta(seconds=1)))
    account_id, call_id, dialed = event["account_id"], event["call_id"], event["to"]
    key = ids.call_key(call_id)
    if seconds == 0:
        return FreeEvent(account_id, call_id, key, format_instant(ended), is_answered=False)
    rejection = check_duration(event["disposition"], seconds, started, answered, ended)
    if rejection is not None:
        return rejection
    number, happened_at = strip_trunk_zero(dialed), canonical_instant(texts[0], started)
    from_number = event.get("from")
    return Call(
        call_id,
        key,
        account_id,
        event["line_id"],
        event.get("user_id") or None,
        from_number if isinstance(from_number, str) and is_e164(from_number) else None,
        number,
        dialed,
        started,
        happened_at,
        "" if answered is None else canonical_instant(texts[1], answered),
        canonical_instant(texts[2], ended),
        seconds,
        hash_of(account_id, key, "outbound", number, happened_at, str(seconds)),
        correlation_id=correlation_id,
    )


def _instant(value: object) -> datetime | None:
    return parse_instant(value) if isinstance(value, str) else None
