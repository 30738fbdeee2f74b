"""Records of other systems are reported as they are, with `?format=`, and are charged like native events."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from calling_credit.api.switch import SwitchCaller
from tests.functions.report_bench import Reporter
from tests.harness.http import Answer, http_event
from tests.harness.template import ROOT
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
FORMATS = {
    "freeswitch": "freeswitch_json",
    "asterisk": "asterisk_csv",
    "kamailio": "kamailio_acc",
    "twilio": "twilio_status",
    "telnyx": "telnyx_call",
}
SAMPLES = sorted(path for folder in FORMATS for path in (ROOT / "connectors" / folder / "samples").iterdir())
TYPES = {".json": "application/json", ".csv": "text/csv", ".txt": "application/x-www-form-urlencoded"}


def send(reporter: Reporter, name: str, body: str, content_type: str = "application/json") -> Answer:
    """The answer to records in a format."""
    event = http_event("report_calls", "POST", "/calls/events", body=body)
    event["headers"]["content-type"] = content_type
    event["rawQueryString"], event["queryStringParameters"] = f"format={name}", {"format": name}
    return reporter.post(event)


@pytest.fixture
def reporter(world: World, monkeypatch: pytest.MonkeyPatch) -> Reporter:
    """A switch in New York."""
    caller = SwitchCaller("sbc-1", "America/New_York")
    monkeypatch.setattr(world.stack.apps["report_calls"], "switch_caller", lambda *_: caller)
    return Reporter(world)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_each_record_of_a_sample_is_accepted_or_rejected_by_name(reporter: Reporter, path: Path) -> None:
    content_type = TYPES.get(path.suffix, "application/x-ndjson")
    answer = send(reporter, FORMATS[path.parts[-3]], path.read_text(encoding="utf-8"), content_type)
    assert answer.status == 200, answer.text
    assert answer.body["accepted"] == len(reporter.queue.bodies)
    assert answer.body["accepted"] + len(answer.body["rejected"]) >= 1
    assert all(one["detail"].endswith(".") for one in answer.body["rejected"])


def test_record_of_asterisk_is_charged_in_the_zone_of_its_key(world: World, reporter: Reporter) -> None:
    cells = ["", "4155550100", "011442071838750", "pbx", '"Front" <4155550100>', "SIP/1", "SIP/2", "Dial", "x"]
    cells += [
        "2026-11-23 07:00:30",
        "2026-11-23 07:00:34",
        "2026-11-23 07:01:34",
        "64",
        "60",
        "ANSWERED",
        "3",
        "u-1",
        "",
    ]
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    world.clock.now += timedelta(minutes=5)
    assert send(reporter, "asterisk_csv", line, "text/csv").body == {"accepted": 1, "rejected": []}
    assert reporter.drain() == []
    [entry] = world.entries()
    assert entry["SK"] == "ENTRY#2026-11-23T12:00:30.000Z#u-1"
    assert (entry["to"], entry["line_id"], entry["duration_seconds"]) == (UNITED_KINGDOM, "line_1", 60)


def test_unfinished_record_is_rejected_by_its_call(reporter: Reporter) -> None:
    body = "CallSid=CA1&CallStatus=ringing&From=%2B14155550100&To=%2B442071838750"
    answer = send(reporter, "twilio_status", body, TYPES[".txt"])
    [rejected] = answer.body["rejected"]
    assert (rejected["call_id"], rejected["code"], answer.body["accepted"]) == ("CA1", "call_not_finished", 0)


@pytest.mark.parametrize("field", ["uuid", "effective_caller_id_number", "sip_user_agent"])
@pytest.mark.parametrize("text", ["\\ud800", "\\uffff", "\\u0000", "\\u2028", "\U0001f3a7"], ids=ascii)
def test_odd_characters_of_a_record_break_neither_answer_nor_queue(reporter: Reporter, field: str, text: str) -> None:
    path = ROOT / "connectors" / "freeswitch" / "samples" / "busy.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["variables"] |= {field: "MARK", "calling_credit_account_id": "acct_1"}
    answer = send(reporter, "freeswitch_json", json.dumps(record).replace("MARK", f"a{text}b"))
    assert answer.status == 200, answer.text
    answer.text.encode()
    assert all(body.isascii() for body in reporter.queue.bodies)
    assert reporter.drain() == []


@pytest.mark.parametrize("name", ["", "native", "Asterisk_CSV"])
def test_unknown_format_lists_the_formats(reporter: Reporter, name: str) -> None:
    answer = send(reporter, name, json.dumps([{}]))
    assert (answer.status, answer.code) == (422, "unknown_format")
    assert all(one in answer.body["detail"] for one in FORMATS.values())


def test_more_than_a_hundred_records_are_refused(reporter: Reporter) -> None:
    records: list[Any] = [{"CallSid": f"CA{index}"} for index in range(101)]
    assert send(reporter, "telnyx_call", json.dumps(records)).code == "too_many_events"
