"""Example records of other systems: their samples, and records with changed fields."""

import csv
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from calling_credit.call_events import parse_event
from calling_credit.calls import Call, FreeEvent
from calling_credit.charging.formats.readers import READERS, Format
from calling_credit.charging.formats.records import Item
from calling_credit.rejection_codes import Rejection, UnreadableRecord
from tests.domain.examples import NOW

CONNECTORS = Path(__file__).resolve().parents[2] / "connectors"
FOLDERS = {
    Format.FREESWITCH_JSON: "freeswitch",
    Format.ASTERISK_CSV: "asterisk",
    Format.KAMAILIO_ACC: "kamailio",
    Format.TWILIO_STATUS: "twilio",
    Format.TELNYX_CALL: "telnyx",
}
TEN = 1_795_428_000
"""2026-11-23T10:00:00Z in seconds since 1970."""
BEGUN = "2026-11-23T10:00:00.000Z"


def sample(form: Format, name: str) -> str:
    """The text of a sample."""
    return (CONNECTORS / FOLDERS[form] / "samples" / name).read_text(encoding="utf-8")


def samples() -> list[tuple[Format, str]]:
    """Every sample that is a record of a format, by its name."""
    paths = ((form, path) for form, folder in FOLDERS.items() for path in (CONNECTORS / folder / "samples").iterdir())
    suffixes = (".json", ".jsonl", ".csv", ".txt")
    return sorted((form, path.name) for form, path in paths if path.suffix in suffixes)


def read(form: Format, text: str, content_type: str = "") -> list[Item]:
    """The items of a body."""
    return READERS[form](text, content_type)


def read_event(form: Format, text: str, content_type: str = "") -> dict[str, Any]:
    """The event of a body with one record."""
    (item,) = read(form, text, content_type)
    assert isinstance(item, dict), item
    return item


def rejection(form: Format, text: str, content_type: str = "") -> tuple[str, str, str | None]:
    """The code, the detail, and the call of the refusal of a body with one record."""
    (item,) = read(form, text, content_type)
    if isinstance(item, UnreadableRecord):
        return item.rejection.code, item.rejection.detail, item.call_id
    assert isinstance(item, Rejection), item
    return item.code, item.detail, None


def parsed(event: dict[str, Any]) -> Call | FreeEvent | Rejection:
    """How the service judges an event once its line is known, its numbers are normalized, and its times have a zone."""
    times = {name: event[name] for name in ("started_at", "answered_at", "ended_at") if name in event}
    instants = {name: time if time.endswith("Z") else time.replace(" ", "T") + "Z" for name, time in times.items()}
    facts = {"account_id": "acct_1", "line_id": "line_1", "from": "+12125550102", "to": "+442071838750"}
    return parse_event(event | facts | instants, NOW)


def seconds_charged(event: dict[str, Any]) -> int:
    """The seconds that an event is charged for."""
    call = parsed(event)
    assert isinstance(call, Call), call
    return call.duration_seconds


def freeswitch(changes: dict[str, Any] | None = None, **variables: str | None) -> str:
    """A record of FreeSWITCH: a call of 60 s with changed channel variables, and changed members of the record."""
    values = {
        "uuid": "8f0b1d52-3c0e-4f55-a8c7-5b6f0e8d1a01",
        "start_epoch": str(TEN),
        "answer_epoch": str(TEN + 5),
        "end_epoch": str(TEN + 65),
        "billsec": "60",
        "hangup_cause": "NORMAL_CLEARING",
    } | variables
    profile = {"caller_id_number": "+12125550102", "destination_number": "+442071838750"}
    encoded = {name: quote(value) for name, value in values.items() if value is not None}
    return json.dumps({"variables": encoded, "callflow": [{"caller_profile": profile}]} | (changes or {}))


def asterisk(*more: str, **cells: str) -> str:
    """A record of Asterisk: a call of 60 s with changed cells. `more` are the columns after `amaflags`."""
    columns = {
        "accountcode": "",
        "src": "+12125550102",
        "dst": "+442071838750",
        "dcontext": "out",
        "clid": '"Ana" <+12125550102>',
        "channel": "PJSIP/1001-1",
        "dstchannel": "PJSIP/carrier-2",
        "lastapp": "Dial",
        "lastdata": "PJSIP/x",
        "start": "2026-11-23 10:00:00",
        "answer": "2026-11-23 10:00:05",
        "end": "2026-11-23 10:01:05",
        "duration": "65",
        "billsec": "60",
        "disposition": "ANSWERED",
        "amaflags": "DOCUMENTATION",
    } | cells
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([*columns.values(), *(more or ("1795428000.41", ""))])
    return text.getvalue()


def kamailio(**fields: Any) -> str:
    """A call record of acc_json: a call of 60 s with changed fields; None leaves one out."""
    values = {
        "start_time": f"{TEN}.000000",
        "end_time": f"{TEN + 60}.000000",
        "duration": "60.000000",
        "call_id": "1-8841@10.0.0.21",
        "from": "+12125550102",
        "to": "+442071838750",
    } | fields
    return json.dumps({name: value for name, value in values.items() if value is not None})


def twilio(**fields: str | None) -> str:
    """A status callback: a call of 60 s with changed parameters; None leaves one out."""
    values = {
        "CallSid": "CA5ef8732a3c49700934481addd5ce1651",
        "CallStatus": "completed",
        "CallDuration": "60",
        "Timestamp": "Mon, 23 Nov 2026 10:01:00 +0000",
        "From": "+12125550102",
        "To": "+442071838750",
        "Direction": "outbound-api",
    } | fields
    return urlencode({name: value for name, value in values.items() if value is not None})


def telnyx(**fields: Any) -> str:
    """A detail record: a call of 60 s with changed fields; None leaves one out."""
    values = {
        "id": "b0e6224c-c81c-11f0-afbb-02420aef93a0",
        "cli": "+12125550102",
        "cld": "+442071838750",
        "direction": "outbound",
        "started_at": BEGUN,
        "finished_at": "2026-11-23T10:01:05.000Z",
        "call_sec": 60,
        "billed_sec": 60,
    } | fields
    return json.dumps({name: value for name, value in values.items() if value is not None})


def hangup(**payload: Any) -> str:
    """A webhook `call.hangup` of Telnyx."""
    values = {"call_leg_id": "b0e6224c", "from": "+12125550102", "to": "+442071838750", "hangup_cause": "user_busy"}
    return json.dumps({"data": {"event_type": "call.hangup", "occurred_at": BEGUN, "payload": values | payload}})


BUILDERS = {
    Format.FREESWITCH_JSON: freeswitch,
    Format.ASTERISK_CSV: asterisk,
    Format.KAMAILIO_ACC: kamailio,
    Format.TWILIO_STATUS: twilio,
    Format.TELNYX_CALL: telnyx,
}
"""A record of an answered call of 60 s, by format."""
DURATIONS = {
    Format.FREESWITCH_JSON: "billsec",
    Format.ASTERISK_CSV: "billsec",
    Format.KAMAILIO_ACC: "duration",
    Format.TWILIO_STATUS: "CallDuration",
    Format.TELNYX_CALL: "call_sec",
}
ENDS = {
    Format.FREESWITCH_JSON: "end_epoch",
    Format.ASTERISK_CSV: "end",
    Format.KAMAILIO_ACC: "end_time",
    Format.TWILIO_STATUS: "Timestamp",
    Format.TELNYX_CALL: "finished_at",
}
CALL_IDS = {
    Format.FREESWITCH_JSON: "uuid",
    Format.KAMAILIO_ACC: "call_id",
    Format.TWILIO_STATUS: "CallSid",
    Format.TELNYX_CALL: "id",
}


def record(form: Format, **fields: Any) -> str:
    """A record of an answered call of 60 s, with changed fields."""
    return BUILDERS[form](**fields)  # type: ignore[operator,no-any-return]
