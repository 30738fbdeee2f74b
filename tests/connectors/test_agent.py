"""The agent and a service that fails in every way: nothing is lost, and nothing is put aside without a reason."""

import ast
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.connectors.agents import KEY, Agent, load_agent, wait_until
from tests.connectors.fake_service import FakeService
from tests.harness.template import ROOT

LISTEN = ("--listen", "127.0.0.1:0")


def events(count: int, name: str = "c") -> list[dict[str, str]]:
    """Made-up events."""
    return [{"call_id": f"{name}{number}"} for number in range(count)]


def ids(lines: list[str]) -> list[str]:
    """The call ids of lines."""
    return [json.loads(line)["call_id"] for line in lines]


def test_agent_sends_events_in_order_in_batches_of_a_hundred(tmp_path: Path, service: FakeService) -> None:
    service.faults = ["reset_before"]
    with Agent(tmp_path, service.url, *LISTEN) as agent:
        assert agent.send(*events(250)) == 202
        agent.drain()
        assert ids(service.committed) == [event["call_id"] for event in events(250)]
        assert max(len(request.body.split("\n")) for request in service.requests) == 100
        request = service.requests[-1]
        assert request.path == "/connector/calls/events"
        assert request.headers["authorization"] == f"Bearer {KEY}"
        assert request.headers["content-type"] == "application/x-ndjson"
        assert agent.stop() == 0


@pytest.mark.parametrize(
    "fault", ["reset_before", "reset_after", "half", "page", "500", "503", "429", "404", "302", "401", "403", "422"]
)
def test_agent_keeps_its_events_through_a_failure(tmp_path: Path, service: FakeService, fault: str) -> None:
    service.faults = [fault] * 3
    with Agent(tmp_path, service.url, *LISTEN) as agent:
        assert agent.send(*events(3)) == 202
        agent.drain()
        assert set(ids(service.committed)) == {"c0", "c1", "c2"}
        assert agent.rejected() == []
        assert "not sent: " in agent.text
        assert KEY not in agent.text


def test_agent_waits_as_long_as_retry_after_says(tmp_path: Path, service: FakeService) -> None:
    service.faults = ["503"]
    with Agent(tmp_path, service.url, *LISTEN) as agent:
        start = time.monotonic()
        agent.send(*events(1))
        agent.drain()
        assert time.monotonic() - start >= 1


def test_agent_keeps_events_while_the_service_is_away(tmp_path: Path, service: FakeService) -> None:
    port = service.server_port
    with Agent(tmp_path, "http://127.0.0.1:1/connector/calls/events", *LISTEN) as agent:
        assert agent.send(*events(5)) == 202
        wait_until(lambda: "no_answer" in agent.text)
        assert agent.stop() == 0
    with Agent(tmp_path, f"http://127.0.0.1:{port}/connector/calls/events", *LISTEN) as agent:
        agent.drain()
    assert ids(service.committed) == ["c0", "c1", "c2", "c3", "c4"]


def test_agent_puts_rejected_records_aside_with_their_code(tmp_path: Path, service: FakeService) -> None:
    service.reject = lambda line: {"code": "unknown_number", "detail": "No line"} if '"c1"' in line else None
    with Agent(tmp_path, service.url, *LISTEN) as agent:
        agent.send(*events(3))
        agent.drain()
        assert ids(service.committed) == ["c0", "c2"]
        (rejected,) = agent.rejected()
        assert (rejected["code"], rejected["detail"]) == ("unknown_number", "No line")
        assert json.loads(rejected["record"]) == {"call_id": "c1"}
        assert agent.health()["rejected"] == 1


@pytest.mark.parametrize("status", [400, 413])
def test_agent_finds_the_one_record_that_spoils_a_body(tmp_path: Path, service: FakeService, status: int) -> None:
    service.is_bad_body = lambda body: '"c37"' in body
    with Agent(tmp_path, service.url, *LISTEN) as agent:
        agent.send(*events(120))
        agent.drain()
        assert set(ids(service.committed)) == {f"c{number}" for number in range(120)} - {"c37"}
        (rejected,) = agent.rejected()
        assert rejected["code"] == "malformed_json"
        assert json.loads(rejected["record"]) == {"call_id": "c37"}


def test_agent_sends_less_at_a_time_if_the_service_is_too_slow(tmp_path: Path, service: FakeService) -> None:
    service.is_too_much = lambda body: body.count("\n") > 20
    with Agent(tmp_path, service.url, *LISTEN) as agent:
        agent.send(*events(100))
        agent.drain()
        assert ids(service.committed) == [event["call_id"] for event in events(100)]
        assert agent.rejected() == []


def test_agent_splits_when_an_answer_counts_other_events(tmp_path: Path, service: FakeService) -> None:
    module = load_agent()
    answer = module.Answer(200, {}, b'{"accepted": 2, "rejected": []}')
    assert module.judge(answer, 3, 0).action == "split"
    assert module.judge(answer, 2, 0).action == "taken"
    assert module.judge(module.Answer(200, {}, b'{"accepted": 0, "rejected": []}'), 1, 0).action == "split"
    wrong = module.Answer(200, {}, b'{"accepted": 1, "rejected": [{"index": 7, "code": "x"}]}')
    assert module.judge(wrong, 2, 0).action == "split"


def test_agent_reads_both_forms_of_retry_after() -> None:
    module = load_agent()
    wait = module.retry_after
    assert wait(module.Answer(503, {"retry-after": "7"}, b""), 0.0) == 7
    assert wait(module.Answer(503, {"retry-after": "Thu, 01 Jan 1970 00:00:09 GMT"}, b""), 4.0) == 5
    assert wait(module.Answer(503, {"retry-after": "999999"}, b""), 0.0) == 600
    assert wait(module.Answer(503, {"retry-after": "soon"}, b""), 0.0) is None
    assert wait(module.Answer(503, {}, b""), 0.0) is None


def test_agent_cuts_every_form_of_body_into_events() -> None:
    module = load_agent()

    def texts(body: str, form: str = "") -> list[str]:
        return [record.text for record in module.records_of(body, form)]

    assert texts('[{"a": [1,\n2]}, {"b": "x,]"}]') == ['{"a": [1, 2]}', '{"b": "x,]"}']
    assert texts('{"a": 1, "a": 2}\n\n{"b": 1.50}\n') == [
        '{"a": 1, "a": 2}',
        '{"b": 1.50}',
    ]
    assert texts('{"a": 1}\n{"b": \n{"c": 3}') == ['{"a": 1}', '{"b":', '{"c": 3}']
    assert texts("[]") == []
    assert texts('"a","b"\r\n\r\n"c","d"\r\n', "asterisk_csv") == ['"a","b"', '"c","d"']
    rows = [f'"{number}"' for number in range(150)]
    named = module.records_of("\n".join(["src,billsec", *rows]), "asterisk_csv")
    assert [record.text.split("\n") for record in named] == [["src,billsec", *rows[:100]], ["src,billsec", *rows[100:]]]
    assert all(record.alone for record in named)
    (posted,) = module.records_of("cdr=%7B%22a%22%3A1%7D", "freeswitch_json")
    assert posted.alone
    assert posted.text == "cdr=%7B%22a%22%3A1%7D"
    assert texts("CallSid=CA1&CallStatus=completed\n", "twilio_status") == ["CallSid=CA1&CallStatus=completed"]
    assert texts("[" * 100_000)[0].startswith("[[[")


def test_agent_names_the_format_and_refuses_unknown_ones(tmp_path: Path, service: FakeService) -> None:
    with Agent(tmp_path, service.url, *LISTEN, "--format", "freeswitch_json") as agent:
        assert agent.request("POST", "/events?uuid=1f2e", '{"variables": {}}')[0] == 202
        assert agent.request("POST", "/events?format=asterisk_csv", '"a","b"\n"c","d"')[0] == 202
        assert agent.request("POST", "/events?format=typo", "{}")[1]["code"] == "unknown_format"
        assert agent.request("POST", "/events", " \n ")[1]["code"] == "no_events"
        assert agent.request("POST", "/events", "x" * 1_000_001)[1]["code"] == "body_too_large"
        assert agent.request("POST", "/elsewhere", "{}")[0] == 404
        agent.drain()
    assert [(request.path.partition("?")[2], request.headers["content-type"]) for request in service.requests] == [
        ("format=freeswitch_json", "application/x-ndjson"),
        ("format=asterisk_csv", "text/csv"),
    ]


def test_agent_reads_standard_input_and_ends_when_all_is_sent(tmp_path: Path, service: FakeService) -> None:
    service.faults = ["500", "reset_after"]
    with Agent(tmp_path, service.url, "--stdin", stdin=subprocess.PIPE) as agent:
        assert agent.process.stdin is not None
        agent.process.stdin.write(b'{"call_id": "c1"}\n\n{"call_id": "c2"}')
        agent.process.stdin.close()
        assert agent.process.wait(timeout=60) == 0
    assert set(ids(service.committed)) == {"c1", "c2"}


def test_agent_passes_questions_on_with_the_key(tmp_path: Path, service: FakeService) -> None:
    service.authorize = lambda body: (200, {"decision": "allow", "max_seconds": 600, "asked": body})
    with Agent(tmp_path, service.url, *LISTEN) as agent:
        status, answer = agent.request("POST", "/authorize", '{"call_id": "c1"}')
        assert (status, answer["max_seconds"], answer["asked"]) == (200, 600, {"call_id": "c1"})
        assert service.requests[-1].path == "/connector/calls/authorize"
        assert service.requests[-1].headers["authorization"] == f"Bearer {KEY}"
        service.faults = ["503"]
        assert agent.request("POST", "/authorize", "{}")[0] == 503
        service.faults = ["reset_before"] * 2
        assert agent.request("POST", "/authorize", "{}")[1]["code"] == "no_answer"


@pytest.mark.parametrize("path", sorted((ROOT / "connectors").rglob("*.py")), ids=lambda path: path.name)
def test_connectors_need_python_3_9_and_no_package(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported <= sys.stdlib_module_names
