"""Reads the records of Telnyx: webhooks of Voice API calls (`call.hangup`) and detail records.

`call_id` is `call_leg_id`, which a detail record may name `telnyx_leg_id` or `id`. Of a detail record, `call_sec`
counts, the seconds of the call; `billed_sec` is rounded to Telnyx's own increments and counts only without `call_sec`.

A `call.hangup` tells when a call began and ended, not when it was answered. Therefore it releases the hold of an
unanswered call, and that of an answered call is refused: send its detail record. Other webhooks are
`call_not_finished`. `call.cost` names no numbers, so it cannot be charged. Source: Telnyx, "Call hangup" and "Detail
Record Search API". This reader is untried with Telnyx itself.
"""

from collections.abc import Iterator
from typing import Final

from calling_credit.charging.formats.fields import FieldError, Members, call_id_of, seconds_of, text_of
from calling_credit.charging.formats.records import Event, Item, build_event, json_records, read_each
from calling_credit.charging.formats.times import CallTimes, clock_time
from calling_credit.rejection_codes import Rejection, RejectionCode

_HANGUP: Final = "call.hangup"
_CALL_IDS: Final = ("call_leg_id", "telnyx_leg_id", "id")
_FIELDS: Final = {"from": "cli", "to": "cld", "time": "finished_at", "duration": "call_sec"}
_HANGUP_FIELDS: Final = {"from": "from", "to": "to", "time": "end_time", "duration": "call_sec"}
_UNANSWERED: Final = {
    "user_busy": "busy",
    "no_answer": "no_answer",
    "timeout": "no_answer",
    "originator_cancel": "canceled",
    "call_rejected": "failed",
    "not_found": "failed",
}
"""The causes of a hangup before the answer."""
_INBOUND: Final = ("inbound", "incoming")


def read_telnyx_call(text: str, _content_type: str) -> list[Item]:
    """Return the events of a body: webhooks, detail records, or a page of them (`{"data": [...]}`), also one a line."""
    return read_each(_records(text), _call_id, _event)


def _records(text: str) -> Iterator[Members | Rejection]:
    for record in json_records(text):
        data = None if isinstance(record, Rejection) else record.get("data")
        if isinstance(data, list):
            no_object = Rejection(RejectionCode.MALFORMED_JSON, "Each element of data must be a JSON object.")
            yield from (element if isinstance(element, Members) else no_object for element in data)
        else:
            yield data if isinstance(data, Members) else record


def _payload(record: Members) -> Members:
    """Return the members that are about the call: those of a webhook's payload, or the record itself."""
    payload = record.one("payload")
    return payload if isinstance(payload, Members) else record


def _call_id(record: Members) -> str:
    names = _CALL_IDS[:1] if text_of(record, "event_type") else _CALL_IDS
    return call_id_of(text_of(_payload(record), *names), "call_leg_id")


def _event(record: Members, call_id: str) -> Event:
    kind = text_of(record, "event_type").replace("_", ".")
    if not kind:
        return _detail(record, call_id)
    if kind != _HANGUP:
        detail = "The webhook is not call.hangup, so it cannot be charged; send call.hangup and detail records."
        raise FieldError(RejectionCode.CALL_NOT_FINISHED, detail)
    call = _payload(record)
    cause = text_of(call, "hangup_cause").lower()
    if cause not in _UNANSWERED:
        detail = "call_sec is missing; call.hangup does not tell how long a call was answered. Send its detail record."
        raise FieldError(RejectionCode.MISSING_FIELD, detail)
    started = clock_time(text_of(call, "start_time"), "start_time")
    ended = clock_time(text_of(call, "end_time", "occurred_at") or text_of(record, "occurred_at"), "end_time")
    parties = (text_of(call, "from"), text_of(call, "to"))
    times = CallTimes(started, None, ended)
    direction = _direction(call)
    return build_event(call_id, parties, times, 0, _UNANSWERED[cause], fields=_HANGUP_FIELDS, direction=direction)


def _detail(record: Members, call_id: str) -> Event:
    """Return the event of a detail record."""
    seconds = seconds_of(text_of(record, "call_sec"), "call_sec")
    if seconds is None:
        seconds = seconds_of(text_of(record, "billed_sec"), "billed_sec")
    if seconds is None:
        raise FieldError(RejectionCode.MISSING_FIELD, "call_sec is missing; send the whole detail record.")
    times = CallTimes(
        clock_time(text_of(record, "started_at", "start_time"), "started_at"),
        clock_time(text_of(record, "answered_at", "answer_time"), "answered_at"),
        clock_time(text_of(record, "finished_at", "end_time"), "finished_at"),
    )
    parties = (text_of(record, "cli", "from"), text_of(record, "cld", "dest_number", "to"))
    disposition = "answered" if seconds else "no_answer"
    return build_event(call_id, parties, times, seconds, disposition, fields=_FIELDS, direction=_direction(record))


def _direction(record: Members) -> str:
    return "inbound" if text_of(record, "direction").lower() in _INBOUND else "outbound"
