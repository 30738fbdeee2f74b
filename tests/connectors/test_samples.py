"""The samples of every switch go through the agent to the readers of the service, and arrive as they were written."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from calling_credit.charging.formats.readers import READERS, Format
from tests.connectors.agents import Agent, wait_until
from tests.connectors.fake_service import FakeService, Request
from tests.connectors.test_asterisk import ALLOWED, Asterisk
from tests.harness.template import ROOT

CONNECTORS = ROOT / "connectors"
FORMATS = {
    "asterisk": Format.ASTERISK_CSV,
    "freeswitch": Format.FREESWITCH_JSON,
    "kamailio": Format.KAMAILIO_ACC,
    "telnyx": Format.TELNYX_CALL,
    "twilio": Format.TWILIO_STATUS,
}
SAMPLES = sorted(path for name in FORMATS for path in (CONNECTORS / name / "samples").iterdir())


def read(request: Request) -> list[Any]:
    """Read a request as the service does."""
    (name,) = parse_qs(urlsplit(request.path).query)["format"]
    return READERS[Format(name)](request.body, request.headers["content-type"])


def sample_id(path: Path) -> str:
    """The test id of a sample."""
    return f"{path.parent.parent.name}/{path.name}"


@pytest.mark.parametrize("path", SAMPLES, ids=sample_id)
def test_a_sample_arrives_as_its_reader_reads_it(tmp_path: Path, service: FakeService, path: Path) -> None:
    service.read = read
    form = FORMATS[path.parent.parent.name]
    text = path.read_text(encoding="utf-8")
    expected: list[Any] = READERS[form](text, "application/json")
    with Agent(tmp_path, service.url, "--listen", "127.0.0.1:0", "--format", form) as agent:
        assert agent.request("POST", "/events", text)[0] == 202
        agent.drain()
        rejected = agent.rejected()
    assert service.events == [item for item in expected if isinstance(item, dict)]
    refused = {getattr(item, "rejection", item).code for item in expected if not isinstance(item, dict)}
    assert {item["code"] for item in rejected} == refused


def test_each_rejected_record_of_an_object_is_kept(tmp_path: Path, service: FakeService) -> None:
    service.read = read
    text = json.dumps({"data": [{"record_type": "call_control"}, {"record_type": "sip-trunking"}]})
    expected: list[Any] = READERS[Format.TELNYX_CALL](text, "application/json")
    assert len(expected) == 2
    with Agent(tmp_path, service.url, "--listen", "127.0.0.1:0", "--format", "telnyx_call") as agent:
        assert agent.request("POST", "/events", text)[0] == 202
        agent.drain()
        assert [item["index"] for item in agent.rejected()] == [0, 1]


def test_records_of_freeswitch_share_a_body(tmp_path: Path, service: FakeService) -> None:
    service.read = read
    listen = ("--listen", "127.0.0.1:0", "--format", "freeswitch_json")
    samples = [path.read_text(encoding="utf-8") for path in SAMPLES if path.parent.parent.name == "freeswitch"]
    expected = [item for text in samples for item in READERS[Format.FREESWITCH_JSON](text, "")]
    with Agent(
        tmp_path, "http://127.0.0.1:1/events", "--listen", "127.0.0.1:0", "--format", "freeswitch_json"
    ) as agent:
        assert [agent.request("POST", "/events", text)[0] for text in samples] == [202] * len(samples)
        agent.stop()
    with Agent(tmp_path, service.url, *listen) as agent:
        agent.drain()
    assert service.events == [item for item in expected if isinstance(item, dict)]
    assert len(service.requests) < len(samples)


def test_a_record_of_asterisk_has_the_id_that_its_call_asked_with(tmp_path: Path, service: FakeService) -> None:
    service.authorize = lambda body: (200, ALLOWED)
    asterisk = Asterisk(tmp_path, service.url.replace("/events", "/authorize"))
    asterisk.run(agi_uniqueid="1795428360.51", agi_arg_2="+442071838750")
    service.read = read
    user_field = asterisk.set["CDR(userfield)"]
    row = (CONNECTORS / "asterisk" / "samples" / "Master.csv").read_text(encoding="utf-8").splitlines()[-1]
    (tmp_path / "Master.csv").write_text(row.rpartition(",")[0] + f',"{user_field}"\n')
    arguments = ("--file", str(tmp_path / "Master.csv"), "--format", "asterisk_csv", "--once")
    with Agent(tmp_path, service.url, *arguments) as agent:
        assert agent.process.wait(timeout=60) == 0
    (event,) = service.events
    question = service.questions[0]
    assert {name: event[name] for name in ("call_id", "from", "to")} == {
        name: question[name] for name in ("call_id", "from", "to")
    }
    assert (event["duration_seconds"], event["disposition"]) == (60, "answered")


def test_a_row_of_names_in_a_file_costs_no_record(tmp_path: Path, service: FakeService) -> None:
    service.read = read
    names = "accountcode,src,dst,dcontext,clid,channel,dstchannel,lastapp,lastdata,start,answer,end,duration,billsec"
    rows = (CONNECTORS / "asterisk" / "samples" / "Master.csv").read_text(encoding="utf-8")
    (tmp_path / "Master.csv").write_text(f"{names},disposition,amaflags,uniqueid,userfield\n{rows}")
    arguments = ("--file", str(tmp_path / "Master.csv"), "--format", "asterisk_csv", "--once")
    with Agent(tmp_path, service.url, *arguments) as agent:
        assert agent.process.wait(timeout=60) == 0
        assert [item["code"] for item in agent.rejected()] == ["answer_mismatch"]
    assert len({event["call_id"] for event in service.events}) == 6


def test_lines_of_a_quoted_record_stay_together(tmp_path: Path, service: FakeService) -> None:
    service.read = read
    samples = CONNECTORS / "asterisk" / "samples"
    rows = (samples / "Master.csv").read_text(encoding="utf-8")
    quoted = (samples / "new_columns.csv").read_text(encoding="utf-8")
    stray = '"a quote that is never closed\n'
    file = tmp_path / "Master.csv"
    half = quoted.index("\n") + 1
    file.write_text(rows + quoted[:half])
    with Agent(tmp_path, service.url, "--file", str(file), "--format", "asterisk_csv") as agent:
        wait_until(lambda: len(service.events) == 6)
        with file.open("a") as log:
            log.write(quoted[half:] + stray + rows + rows)
        wait_until(lambda: len(service.events) == 19 and len(agent.rejected()) == 2)
        assert [item["code"] for item in agent.rejected()] == ["other_leg", "malformed_record"]
    expected: list[Any] = READERS[Format.ASTERISK_CSV](rows + quoted + rows + rows, "text/csv")
    assert service.events == [item for item in expected if isinstance(item, dict)]
