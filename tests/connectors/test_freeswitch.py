"""The dialplan of FreeSWITCH, evaluated as FreeSWITCH does, and its call records."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import pytest

from tests.connectors.agents import KEY, Agent
from tests.connectors.fake_service import FakeService
from tests.harness.template import ROOT

FOLDER = ROOT / "connectors" / "freeswitch"
DIALPLAN = FOLDER / "dialplan" / "calling_credit.xml"
RECORDS = FOLDER / "autoload_configs" / "json_cdr.conf.xml"
LINE = "+12125550102"
ALLOWED = {"decision": "allow", "reason": None, "max_seconds": 600, "rate_per_minute": "0.014", "held": "0.14"}


def global_variables() -> dict[str, str]:
    """The variables that vars.xml sets."""
    nodes = ET.parse(FOLDER / "vars.xml").getroot().iter("X-PRE-PROCESS")
    pairs = (node.attrib["data"].partition("=") for node in nodes)
    return {name: value for name, _, value in pairs}


def substitute(data: str, found: re.Match[str]) -> str:
    """Put the groups of a condition's expression in: $1."""
    return re.sub(r"(?<!\$)\$(\d)", lambda digit: found[int(digit[1])], data)


class Switch:
    """Evaluates the dialplan: conditions in order, inline actions at once, the others after the first match."""

    def __init__(self, agent: Agent | None, **settings: str) -> None:
        self.agent = agent
        self.globals = {**global_variables(), **settings}

    def call(self, dialed: str, line: str = LINE, **variables: str) -> tuple[list[tuple[str, str]], dict[str, str]]:
        """Return the actions of a call, and the variables of its channel."""
        channel = {"uuid": "4d0f", "destination_number": dialed, "calling_credit_number": line, **variables}
        actions: list[tuple[str, str]] = []
        for extension in ET.parse(DIALPLAN).getroot().iter("extension"):
            matched, found = self.extension(extension, channel)
            actions += found
            if matched and extension.get("continue") != "true":
                break
        done: list[tuple[str, str]] = []
        for application, data in actions:
            if application == "set":
                name, _, value = self.expand(data, channel).partition("=")
                channel[name] = value
            else:
                done.append((application, self.expand(data, channel)))
        return done, channel

    def extension(self, extension: ET.Element, channel: dict[str, str]) -> tuple[bool, list[tuple[str, str]]]:
        """Evaluate the conditions of an extension; by default, the first that fails ends it."""
        actions: list[tuple[str, str]] = []
        for condition in extension.iter("condition"):
            field = condition.get("field", "")
            value = channel[field] if field in channel else self.expand(field, channel)
            found = re.search(condition.get("expression", ""), value)
            for node in condition.iter("action" if found else "anti-action"):
                data = node.attrib["data"]
                if found:
                    data = substitute(data, found)
                if node.get("inline") == "true":
                    self.execute(node.attrib["application"], self.expand(data, channel), channel)
                else:
                    actions.append((node.attrib["application"], data))
            if not found:
                return bool(actions), actions
        return True, actions

    def expand(self, text: str, channel: dict[str, str]) -> str:
        """Put variables in."""
        text = re.sub(r"\$\$\{(\w+)\}", lambda name: self.globals.get(name[1], ""), text)
        return re.sub(r"\$\{(\w+)\}", lambda name: channel.get(name[1], ""), text)

    def execute(self, application: str, data: str, channel: dict[str, str]) -> None:
        """Run an inline action."""
        if application == "set":
            name, _, value = data.partition("=")
            channel[name] = value
            return
        assert application == "curl"
        url, kind, content_type, method, body = data.split(" ")
        assert (kind, content_type, method) == ("content-type", "application/json", "post")
        assert urlsplit(url).hostname == "127.0.0.1"
        if self.agent is None:
            channel.update(curl_response_code="0", curl_response_data="")
            return
        status, answer = self.agent.request("POST", urlsplit(url).path, unquote(body))
        channel.update(curl_response_code=str(status), curl_response_data=json.dumps(answer))


@pytest.fixture
def agent(tmp_path: Path, service: FakeService) -> Iterator[Agent]:
    """The agent on the switch."""
    with Agent(tmp_path, service.url, "--listen", "127.0.0.1:0", "--format", "freeswitch_json") as running:
        yield running


def test_an_allowed_call_is_connected_with_its_limit(agent: Agent, service: FakeService) -> None:
    service.authorize = lambda body: (200, ALLOWED)
    actions, channel = Switch(agent).call("011442071838750")
    assert actions == [("bridge", "sofia/gateway/carrier/011442071838750")]
    assert channel["execute_on_answer"] == "sched_hangup +600 allotted_timeout"
    assert service.questions == [{"call_id": "4d0f", "from": LINE, "to": "011442071838750", "requested_seconds": 7200}]
    assert (channel["calling_credit_from"], channel["calling_credit_to"]) == (LINE, "011442071838750")
    assert service.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_plus_sign_reaches_the_question(agent: Agent, service: FakeService) -> None:
    service.authorize = lambda body: (200, ALLOWED)
    actions, _ = Switch(agent).call("+442071838750")
    assert service.questions[0]["to"] == "+442071838750"
    assert actions == [("bridge", "sofia/gateway/carrier/+442071838750")]


@pytest.mark.parametrize(
    ("reason", "answer"),
    [
        ("insufficient_credit", "402 Payment Required"),
        ("daily_spend_limit", "402 Payment Required"),
        ("line_budget", "402 Payment Required"),
        ("young_money_cap", "402 Payment Required"),
        ("recharging", "503 Recharge in progress"),
        ("simultaneous_calls_limit", "486 Too many calls"),
        ("destination_unrated", "404 No price for this number"),
        ("unknown_number", "403 Not allowed"),
        ("account_frozen", "403 Not allowed"),
    ],
)
@pytest.mark.parametrize("policy", ["refuse", "connect"])
def test_a_denied_call_is_refused(agent: Agent, service: FakeService, reason: str, answer: str, policy: str) -> None:
    service.authorize = lambda body: (200, {"decision": "deny", "reason": reason, "max_seconds": 600, "message": "No"})
    actions, _ = Switch(agent, calling_credit_when_no_answer=policy).call("+442071838750")
    assert actions == [("respond", answer)]


@pytest.mark.parametrize("dialed", ["911", "112", "+112", "999"])
def test_an_emergency_call_never_asks(agent: Agent, service: FakeService, dialed: str) -> None:
    actions, _ = Switch(agent).call(dialed, line="")
    assert actions == [("bridge", f"sofia/gateway/carrier/{dialed.lstrip('+')}")]
    assert service.requests == []


def test_one_line_decides_when_there_is_no_answer(agent: Agent, service: FakeService) -> None:
    for running in (None, agent):
        service.faults = ["500", "500"]
        assert Switch(running).call("+442071838750")[0] == [("respond", "503 Credit check unavailable")]
        actions, channel = Switch(running, calling_credit_when_no_answer="connect").call("+442071838750")
        assert actions == [("bridge", "sofia/gateway/carrier/+442071838750")]
        assert channel["execute_on_answer"] == "sched_hangup +600 allotted_timeout"


def test_a_call_without_a_line_or_number_is_refused(agent: Agent, service: FakeService) -> None:
    policy = {"calling_credit_when_no_answer": "connect"}
    stale = {"curl_response_code": "200", "curl_response_data": json.dumps(ALLOWED)}
    assert Switch(agent, **policy).call("+442071838750", line="", **stale)[0] == [("respond", "403 Unknown line")]
    quoted = '+1","to":"+1'
    assert Switch(agent, **policy).call("+442071838750", line=quoted)[0] == [("respond", "403 Unknown line")]
    assert Switch(agent, **policy).call("operator", **stale)[0] == [("respond", "403 Unknown line")]
    assert service.requests == []
    service.authorize = lambda body: (422, {"code": "invalid_number"})
    assert Switch(agent, **policy).call("+442071838750")[0] == [("respond", "484 Not a phone number")]


def test_records_are_posted_to_the_agent_and_forwarded(agent: Agent, service: FakeService) -> None:
    settings = {node.attrib["name"]: node.attrib["value"] for node in ET.parse(RECORDS).getroot().iter("param")}
    assert settings["url"] == "http://127.0.0.1:8077/events"
    assert settings["log-b-leg"] == "false"
    record = {"variables": {"uuid": "4d0f", "billsec": "21"}, "callflow": []}
    #  mod_json_cdr adds ?uuid= to the URL; without its own list of headers, curl names a form as the content type.
    for headers in ({"Content-Type": "application/json"}, {"Content-Type": "application/x-www-form-urlencoded"}):
        assert agent.request("POST", "/events?uuid=4d0f", json.dumps(record), headers)[0] == 202
    agent.drain()
    assert [json.loads(line) for line in service.committed] == [record, record]
    assert {request.path for request in service.requests} == {"/connector/calls/events?format=freeswitch_json"}
