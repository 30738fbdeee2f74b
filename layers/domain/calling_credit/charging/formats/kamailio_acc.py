"""Reads the accounting records of Kamailio: call records of acc and acc_json, and the transactions of acc_json.

`call_id` is the id with which the configuration asked `/calls/authorize`, such as `call_id=$dlg_var(call)` in
`cdr_extra`. Without it, the Call-ID (`$ci`) counts, under the names `callid` and `sip_call_id`; a caller chooses it.

Kamailio counts `duration` from `start_time`, which is the creation of the dialog unless `cdr_start_on_confirmed` is 1.
Set it, so that ringing is not charged, or add `answered_at` to `cdr_extra`; then the end less `answered_at` counts. A
fraction is rounded up, because Kamailio has no whole seconds.

A transaction tells no duration. Only an INVITE with a final failure is a finished call; answers, BYE, challenges, and
refused re-INVITEs are `call_not_finished`. Source: acc_cdr.c, acc_json_mod.c, and the README files of Kamailio 5.6.
"""

from collections.abc import Iterator
from typing import Final

from calling_credit.charging.formats.fields import FieldError, Members, call_id_of, seconds_of, text_of
from calling_credit.charging.formats.records import (
    MAX_RECORD,
    OWNERS,
    TOO_LARGE,
    Event,
    Item,
    build_event,
    json_records,
    lines_of,
    read_each,
    stripped,
)
from calling_credit.charging.formats.times import CallTimes, any_time
from calling_credit.rejection_codes import Rejection, RejectionCode

_CALL_IDS: Final = ("call_id", "callid", "sip_call_id", "ci")
_CALLING: Final = ("from", "caller", "src_user", "src_username")
_CALLED: Final = ("to", "callee", "dst_user", "dst_username")
"""The user of the request URI decides where a call goes. The To header (`dst_ouser`) is never read, because a phone can
write any number in it."""
_CODES: Final = ("sip_code", "code")
_FIELDS: Final = {"from": "from", "to": "to", "time": "start_time", "duration": "duration"}
_NO_END: Final = frozenset({401, 407, 481, 488, 491})
"""Answers to an INVITE after which the call continues: a challenge, or a refused re-INVITE."""
_DISPOSITIONS: Final = {408: "no_answer", 480: "no_answer", 486: "busy", 487: "canceled", 600: "busy"}
_MALFORMED: Final = Rejection(
    RejectionCode.MALFORMED_RECORD, "The record must be JSON, or name=value pairs separated by semicolons."
)


def read_kamailio_acc(text: str, _content_type: str) -> list[Item]:
    """Return the events of a body: JSON, one JSON object a line, or lines of a log (`start_time=…; end_time=…`)."""
    body = stripped(text)
    is_json = body[:1] in ("{", "[")
    return read_each(json_records(body) if is_json else _logged(body), _call_id, _event)


def _logged(body: str) -> Iterator[Members | Rejection]:
    """Yield the record of each line of a log, without what syslog and Kamailio write before it."""
    for line in lines_of(body):
        pairs = [pair.partition("=") for pair in line.split(";")]
        names = [name.split()[-1].split(":")[-1] if name.split() else "" for name, _, _ in pairs]
        fields = [(name, value) for name, (_, found, value) in zip(names, pairs, strict=True) if name and found]
        yield TOO_LARGE if len(line) > MAX_RECORD else Members(fields) if fields else _MALFORMED


def _call_id(record: Members) -> str:
    return call_id_of(text_of(record, *_CALL_IDS), "call_id")


def _event(record: Members, call_id: str) -> Event:
    is_call_record = any(text_of(record, name) for name in ("start_time", "call_start_time", "duration"))
    times, seconds, is_answered = _call(record) if is_call_record else _failed_invite(record)
    return build_event(
        call_id,
        (text_of(record, *_CALLING), text_of(record, *_CALLED)),
        times,
        seconds,
        "answered" if is_answered else _DISPOSITIONS.get(_code(record), "failed"),
        fields=_FIELDS,
        direction="inbound" if text_of(record, "direction").lower() == "inbound" else "outbound",
        owner={name: text_of(record, name) for name in OWNERS},
    )


def _call(record: Members) -> tuple[CallTimes, int | None, bool]:
    """Return times, talk time, and whether the call was answered, of a record of a whole dialog."""
    begun = any_time(text_of(record, "start_time", "call_start_time"), "start_time")
    ended = any_time(text_of(record, "end_time", "call_end_time"), "end_time")
    started = any_time(text_of(record, "started_at", "created_at"), "started_at") or begun
    answered = any_time(text_of(record, "answered_at", "answer_time"), "answered_at")
    if _code(record) >= 300:
        return CallTimes(started, None, ended), 0, False
    if answered is not None and ended is not None:
        return CallTimes(started, answered, ended), None, True
    seconds = seconds_of(text_of(record, "duration"), "duration")
    times = CallTimes(started, answered or begun, ended)
    return (times, seconds, True) if seconds != 0 else (CallTimes(started, None, ended), 0, False)


def _failed_invite(record: Members) -> tuple[CallTimes, int, bool]:
    """Return the facts of a call that ended before its answer, from the record of its INVITE.

    Raises:
        FieldError: `call_not_finished`, the record is of another transaction.
    """
    code = _code(record)
    if text_of(record, "method").upper() != "INVITE" or code < 300 or code in _NO_END:
        detail = "The record is of one transaction, not of a finished call; set cdr_enable=1 to write call records."
        raise FieldError(RejectionCode.CALL_NOT_FINISHED, detail)
    return CallTimes(None, None, any_time(text_of(record, "time", "timestamp"), "time")), 0, False


def _code(record: Members) -> int:
    """Return the code of the final answer; 0 if the record has none."""
    text = text_of(record, *_CODES)
    return int(text) if len(text) == 3 and text.isascii() and text.isdigit() else 0
