"""Reads the status callbacks of Twilio for voice calls, and those of systems with the same parameters.

`call_id` is `ParentCallSid` of a leg that a `<Dial>` made (`outbound-dial`), because the application asks
`/calls/authorize` with the `CallSid` of the call that runs the TwiML. It is `CallSid` of any other call.
`CallDuration` counts: the whole seconds from answer to end. `Duration` is in minutes and is not read. `Timestamp` is
the time of the callback, so the call was answered `CallDuration` before it. Dial one number at a time: several that
ring together have the same `ParentCallSid`, and the end of one releases the hold of all.

Statuses before the end (`queued`, `initiated`, `ringing`, `in-progress`) are refused as `call_not_finished` and release
nothing. Source: Twilio, "Make outbound calls" (StatusCallback) and the TwiML nouns `<Number>`, `<Sip>`, and `<Client>`.
"""

from typing import Final

from calling_credit.charging.formats.fields import FieldError, Members, call_id_of, seconds_of, text_of
from calling_credit.charging.formats.records import (
    Event,
    Item,
    build_event,
    form_record,
    json_records,
    lines_of,
    read_each,
    stripped,
)
from calling_credit.charging.formats.times import CallTimes, mail_time
from calling_credit.rejection_codes import RejectionCode

_FIELDS: Final = {"from": "From", "to": "To", "time": "Timestamp", "duration": "CallDuration"}
_DISPOSITIONS: Final = {
    "completed": "answered",
    "busy": "busy",
    "no-answer": "no_answer",
    "failed": "failed",
    "canceled": "canceled",
    "cancelled": "canceled",
}
_EARLY: Final = ("queued", "initiated", "ringing", "in-progress", "answered")


def read_twilio_status(text: str, _content_type: str) -> list[Item]:
    """Return the events of a body: one callback a line, each form-encoded, or JSON objects of the same parameters."""
    body = stripped(text)
    is_json = body[:1] in ("{", "[")
    return read_each(json_records(body) if is_json else map(form_record, lines_of(body)), _call_id, _event)


def _call_id(record: Members) -> str:
    call_id = call_id_of(text_of(record, "CallSid"), "CallSid")
    return _parent(record) or call_id


def _parent(record: Members) -> str:
    """Return the call that dialed this leg; "" if the leg was not dialed by another call."""
    is_dialed = text_of(record, "Direction").lower() in ("", "outbound-dial")
    parent = text_of(record, "ParentCallSid") if is_dialed else ""
    return call_id_of(parent, "ParentCallSid") if parent else ""


def _event(record: Members, call_id: str) -> Event:
    status = text_of(record, "CallStatus").lower()
    _check_status(status)
    seconds = seconds_of(text_of(record, "CallDuration"), "CallDuration")
    ended = mail_time(text_of(record, "Timestamp"), "Timestamp")
    return build_event(
        call_id,
        (text_of(record, "From", "Caller"), text_of(record, "To", "Called")),
        CallTimes(ended=ended),
        seconds,
        _DISPOSITIONS[status],
        fields=_FIELDS,
        direction="inbound" if text_of(record, "Direction").lower() == "inbound" else "outbound",
    )


def _check_status(status: str) -> None:
    """Refuse a callback that is not about the end of a call.

    Raises:
        FieldError: `call_not_finished`, `missing_field`, `invalid_disposition`.
    """
    if status in _DISPOSITIONS:
        return
    if status in _EARLY:
        detail = f"CallStatus is {status}, so the call is not finished. Ask Twilio for the event completed alone."
        raise FieldError(RejectionCode.CALL_NOT_FINISHED, detail)
    if not status:
        raise FieldError(RejectionCode.MISSING_FIELD, "CallStatus is missing; send the whole status callback.")
    detail = "CallStatus must be completed, busy, no-answer, failed, or canceled."
    raise FieldError(RejectionCode.INVALID_DISPOSITION, detail)
