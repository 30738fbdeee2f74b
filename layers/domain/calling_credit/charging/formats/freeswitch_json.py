"""Reads the JSON records of FreeSWITCH (mod_json_cdr).

`call_id` is `variables.uuid` of the a-leg: the leg that ran the dialplan and asked `/calls/authorize` with `${uuid}`.
The a-leg is billed; its direction in FreeSWITCH is `inbound`, because it comes in to the switch. A leg that another leg
originated is refused as `other_leg`, so that a call is charged once.

`billsec` counts, not `billmsec`: 59 for 59020 ms, and 21 for 20600 ms. The times are the epochs of the record, which
need no zone. Values of `variables` are url-encoded unless `encode-values` is off. Source: mod_json_cdr.c and
switch_ivr_generate_json_cdr.
"""

import binascii
from base64 import b64decode
from datetime import datetime
from typing import Final
from urllib.parse import unquote, unquote_plus

from calling_credit.charging.formats.fields import FieldError, Members, call_id_of, seconds_of, text_of
from calling_credit.charging.formats.records import (
    OWNERS,
    Event,
    Item,
    build_event,
    json_records,
    lines_of,
    read_each,
    stripped,
)
from calling_credit.charging.formats.times import CallTimes, epoch_time
from calling_credit.rejection_codes import Rejection, RejectionCode

_FORM: Final = "cdr="
_WHOLE_NUMBER: Final = 7
"""Digits at the end of a number that tell it from others. A shorter one is an extension or a short code."""
_DURATIONS: Final = (("billsec", 1), ("billmsec", 1_000), ("billusec", 1_000_000))
_FIELDS: Final = {"from": "caller_id_number", "to": "destination_number", "time": "answer_epoch", "duration": "billsec"}
_DISPOSITIONS: Final = {
    "USER_BUSY": "busy",
    "NO_ANSWER": "no_answer",
    "NO_USER_RESPONSE": "no_answer",
    "ALLOTTED_TIMEOUT": "no_answer",
    "ORIGINATOR_CANCEL": "canceled",
    "LOSE_RACE": "canceled",
}
"""By the cause of a hangup (Q.850). Any other cause of an unanswered call is a failure."""


def read_freeswitch_json(text: str, _content_type: str) -> list[Item]:
    """Return the events of a body: JSON, one JSON object a line, or `cdr=` with the record url-encoded or in base64."""
    body = stripped(text)
    if not body.startswith(_FORM):
        return read_each(json_records(body), _call_id, _event)
    return read_each((record for line in lines_of(body) for record in _posted(line)), _call_id, _event)


def _posted(line: str) -> list[Members | Rejection]:
    """Return the record of a post with `encode` on. Base64 never begins like JSON, and its plus sign is a digit."""
    value = line.removeprefix(_FORM).partition("&")[0]
    text = unquote_plus(value).lstrip()
    if text[:1] in ("{", "["):
        return json_records(text)
    try:
        return json_records(b64decode(unquote(value), validate=True).decode())
    except (binascii.Error, ValueError):
        detail = "The value of cdr must be one JSON object, url-encoded or in base64."
        return [Rejection(RejectionCode.MALFORMED_RECORD, detail)]


def _variable(record: Members, *names: str) -> str:
    """Return the first of these channel variables that is not empty."""
    variables = record.one("variables")
    return unquote(text_of(variables, *names)).strip() if isinstance(variables, Members) else ""


def _profiles(record: Members) -> list[Members]:
    """Return the caller profiles, the newest first. A transfer within the dialplan adds one."""
    flows = [flow for value in record.every("callflow") for flow in (value if isinstance(value, list) else [value])]
    profiles = [flow.one("caller_profile") for flow in flows if isinstance(flow, Members)]
    return [profile for profile in profiles if isinstance(profile, Members)]


def _call_id(record: Members) -> str:
    if not isinstance(record.one("variables"), Members):
        raise FieldError(RejectionCode.MISSING_FIELD, "variables is missing; send the whole record of mod_json_cdr.")
    return call_id_of(_variable(record, "uuid"), "variables.uuid")


def _event(record: Members, call_id: str) -> Event:
    profiles = _profiles(record)
    _check_leg(record, profiles, call_id)
    answered = _time(record, "answer")
    times = CallTimes(_time(record, "start"), answered, _time(record, "end"))
    seconds = _seconds(record)
    is_answered = answered is not None or bool(seconds)
    cause = _variable(record, "hangup_cause").upper()
    return build_event(
        call_id,
        _parties(record, profiles),
        times,
        seconds,
        "answered" if is_answered else _DISPOSITIONS.get(cause, "failed"),
        fields=_FIELDS,
        direction="inbound" if _variable(record, "call_direction").lower() == "inbound" else "outbound",
        owner={name: _variable(record, f"calling_credit_{name}") for name in OWNERS},
    )


def _check_leg(record: Members, profiles: list[Members], call_id: str) -> None:
    """Refuse a leg that another leg originated.

    Raises:
        FieldError: `other_leg`.
    """
    origin = _variable(record, "originating_leg_uuid", "originator")
    if origin not in ("", call_id) or any(profile.one("originator") for profile in profiles):
        detail = "The record is of a b-leg; its a-leg is charged. Set log-b-leg to false in json_cdr.conf.xml."
        raise FieldError(RejectionCode.OTHER_LEG, detail)


def _parties(record: Members, profiles: list[Members]) -> tuple[str, str]:
    """Return the calling and the called number: those that the dialplan stored when it asked, else those of the call.

    The To header is never read, because a phone can write any number in it.
    """
    calling = _variable(record, "calling_credit_from", "effective_caller_id_number")
    if not calling and profiles:
        calling = text_of(profiles[-1], "caller_id_number", "ani")
    dialed = _variable(record, "calling_credit_to") or _dialed(profiles)
    return calling, dialed or _variable(record, "sip_req_user")


def _dialed(profiles: list[Members]) -> str:
    """Return the number that was called, also after transfers; "" if the record has none.

    Raises:
        FieldError: `missing_field`, the call was transferred to another number, so its seconds are of both.
    """
    extensions = [text_of(profile, "destination_number") for profile in profiles]
    numbers = [extension for extension in extensions if len(extension) >= _WHOLE_NUMBER]
    if len({number[-_WHOLE_NUMBER:] for number in numbers}) > 1:
        detail = "calling_credit_to is missing, and the call was transferred to another number; set it in the dialplan."
        raise FieldError(RejectionCode.MISSING_FIELD, detail)
    return (numbers[-1:] or extensions[:1] or [""])[0]


def _time(record: Members, name: str) -> datetime | None:
    """Return a time of the call: in microseconds if the record has them, else in seconds."""
    exact = epoch_time(_variable(record, f"{name}_uepoch"), f"{name}_uepoch", 1_000_000)
    return exact or epoch_time(_variable(record, f"{name}_epoch"), f"{name}_epoch")


def _seconds(record: Members) -> int | None:
    """Return the source's own whole billed seconds; without them, its milliseconds or microseconds rounded up."""
    for name, per_second in _DURATIONS:
        seconds = seconds_of(_variable(record, name), name, per_second)
        if seconds is not None:
            return seconds
    return None
