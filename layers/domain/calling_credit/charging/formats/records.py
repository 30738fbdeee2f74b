"""Divides bodies into records, and makes an event of each record or states why it cannot."""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl

from pydantic_core import from_json

from calling_credit.charging.formats.fields import FieldError, Members, number_of
from calling_credit.charging.formats.times import CallTimes, time_text
from calling_credit.rejection_codes import Rejection, RejectionCode, UnreadableRecord

Event = dict[str, Any]
Item = Event | Rejection | UnreadableRecord
"""The event of a record, or why there is none."""

MAX_RECORD: Final = 65_536
"""Characters of one record."""
MAX_READ: Final = 101
"""How many records of a body are read: one more than a body may have, which is enough to refuse it."""
OWNERS: Final = ("account_id", "line_id", "user_id")
NO_JSON: Final = Rejection(RejectionCode.MALFORMED_JSON, "The record must be one JSON object in UTF-8.")
TOO_LARGE: Final = Rejection(
    RejectionCode.BODY_TOO_LARGE, f"A record can have at most {MAX_RECORD} characters; leave out fields of no use."
)
_BLANK: Final = " \t\r\n\ufeff\0"


def read_each(
    records: Iterable[Members | Rejection],
    call_id: Callable[[Members], str],
    event: Callable[[Members, str], Event],
) -> list[Item]:
    """Return one item for each record, in order, up to MAX_READ. `call_id` and `event` raise FieldError."""
    return [_read(record, call_id, event) for record in islice(records, MAX_READ)]


def _read(
    record: Members | Rejection, call_id: Callable[[Members], str], event: Callable[[Members, str], Event]
) -> Item:
    if isinstance(record, Rejection):
        return record
    identity = None
    try:
        identity = call_id(record)
        return event(record, identity)
    except FieldError as error:
        return error.rejection if identity is None else UnreadableRecord(identity, error.rejection)


def stripped(text: str) -> str:
    """Return the text without a byte order mark and blanks around it."""
    return text.strip(_BLANK)


def lines_of(text: str) -> list[str]:
    """Return the lines that are not blank, each without its end."""
    return [line for line in (line.strip(_BLANK) for line in text.split("\n")) if line]


def json_records(text: str) -> list[Members | Rejection]:
    """Return the records of a JSON object, of an array of them, or of text with one object a line.

    Numbers become their text, so that none is rounded or too large.
    """
    body = stripped(text)
    whole = _parse(body)
    if isinstance(whole, list):
        large = len(body) > MAX_RECORD
        return [_record(element, len(json.dumps(element)) if large else 0) for element in whole[:MAX_READ]]
    if isinstance(whole, Members):
        return [_record(whole, len(body))]
    lines = lines_of(body)[:MAX_READ]
    parsed = [_record(_parse(line), len(line)) for line in lines] if len(lines) > 1 else []
    return parsed if any(isinstance(record, Members) for record in parsed) else [NO_JSON]


def _record(value: Any, size: int) -> Members | Rejection:
    if not isinstance(value, Members):
        return NO_JSON
    return value if size <= MAX_RECORD else TOO_LARGE


def _parse(text: str) -> Any:
    """Return the value of a JSON text; None if it is malformed or too deep."""
    try:
        from_json(text.encode())
        return json.loads(text, object_pairs_hook=Members, parse_int=str, parse_float=str, parse_constant=str)
    except ValueError:
        return None


def form_record(line: str) -> Members | Rejection:
    """Return the record of a form-encoded text."""
    if len(line) > MAX_RECORD:
        return TOO_LARGE
    fields = Members(parse_qsl(line, keep_blank_values=True, encoding="utf-8", errors="replace"))
    return fields or Rejection(
        RejectionCode.MALFORMED_RECORD, "The record must be form-encoded: name=value&name=value."
    )


def build_event(
    call_id: str,
    parties: tuple[str, str],
    times: CallTimes,
    seconds: int | None,
    disposition: str,
    *,
    fields: Mapping[str, str],
    direction: str = "outbound",
    owner: Mapping[str, str] | None = None,
) -> Event:
    """Return the event of a finished call.

    Args:
        call_id: the id of the billed leg.
        parties: the calling and the called number, "" if unknown.
        times: those of the record.
        seconds: the source's own whole billed seconds; None if it has none.
        disposition: `answered`, `no_answer`, `busy`, `failed`, or `canceled`.
        fields: what the source calls `to`, `time`, and `duration`, for refusals.
        direction: `outbound` or `inbound`.
        owner: `account_id`, `line_id`, and `user_id`, if the record carries them.

    Raises:
        FieldError: `missing_field`, `invalid_timestamp`, `invalid_duration`.
    """
    if not times.are_comparable():
        detail = f"{fields['time']} and the other times must all have an offset, or none of them."
        raise FieldError(RejectionCode.INVALID_TIMESTAMP, detail)
    if disposition == "answered" and direction == "outbound":
        seconds = _talk_time(times, fields["duration"]) if seconds is None else seconds
        times = times.completed(seconds)
        for value, name in ((parties[1], "to"), (times.answered or times.started, "time")):
            if not value:
                detail = f"{fields[name]} is missing; an answered call needs it."
                raise FieldError(RejectionCode.MISSING_FIELD, detail)
    event: Event = {"version": "1", "call_id": call_id, "direction": direction}
    event |= {name: text for name, text in (owner or {}).items() if name in OWNERS and text}
    for name, party in zip(("from", "to"), parties, strict=True):
        if party:
            event[name] = number_of(party, fields.get(name, name))
    named = (("started_at", times.started or times.ended), ("answered_at", times.answered), ("ended_at", times.ended))
    event |= {name: time_text(time) for name, time in named if time is not None}
    return event | {"duration_seconds": seconds or 0, "disposition": disposition}


def _talk_time(times: CallTimes, field: str) -> int:
    """Return the whole seconds from answer to end, a fraction rounded up.

    Raises:
        FieldError: `missing_field`, one of the times is unknown; `invalid_duration`, the end is first.
    """
    if times.answered is None or times.ended is None:
        raise FieldError(RejectionCode.MISSING_FIELD, f"{field} is missing; an answered call needs it.")
    talk = times.ended - times.answered
    if talk.days < 0:
        raise FieldError(RejectionCode.INVALID_DURATION, f"{field} is missing, and the call ends before its answer.")
    return talk.days * 86_400 + talk.seconds + (1 if talk.microseconds else 0)
