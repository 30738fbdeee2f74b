"""Status callbacks of Twilio: the signature, and what is forwarded."""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.connectors.agents import Agent, load_agent
from tests.connectors.fake_service import FakeService
from tests.harness.template import ROOT

FOLDER = ROOT / "connectors" / "twilio"
TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
DOCUMENTED = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
"""The example in Twilio's documentation and in the tests of its libraries, with its auth token, URL, and signature."""
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
SAMPLES = {path.stem: path.read_text(encoding="utf-8").strip() for path in (FOLDER / "samples").glob("*.txt")}
BODIES = {
    "completed": "CallSid=CA5e9f&CallStatus=completed&CallDuration=126&From=%2B12125550102&To=%2B442071838750&ToState=",
    "no-answer": "CallSid=CA5e9f&CallStatus=no-answer&CallDuration=0&From=%2B12125550102&To=%2B442071838750",
    "ringing": "CallSid=CA5e9f&CallStatus=ringing&From=%2B12125550102&To=%2B442071838750&CallerCity=NEW+YORK",
    **SAMPLES,
}


def sign(body: str, url: str) -> str:
    """The signature of a body."""
    signature = load_agent().twilio_signature(TOKEN, url, parse_qsl(body, keep_blank_values=True))
    return str(signature)


@pytest.fixture
def agent(tmp_path: Path, service: FakeService) -> Agent:
    """An agent that takes callbacks."""
    arguments = ("--listen", "127.0.0.1:0", "--twilio", "--public-url", "https://calls.example.com")
    return Agent(tmp_path, service.url, *arguments, env={"TWILIO_AUTH_TOKEN": TOKEN})


def test_signature_is_that_of_the_documented_example() -> None:
    module = load_agent()
    assert module.twilio_signature(TOKEN, URL, list(DOCUMENTED.items())) == SIGNATURE
    assert module.twilio_signature(TOKEN, URL, sorted(DOCUMENTED.items(), reverse=True)) == SIGNATURE
    repeated = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234")]
    assert module.twilio_signature(TOKEN, URL, repeated) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


def test_signature_may_include_the_standard_port() -> None:
    module = load_agent()
    urls = module.signed_urls("https://mycompany.com", "/myapp.php?foo=1&bar=2")
    made = {module.twilio_signature(TOKEN, url, list(DOCUMENTED.items())) for url in urls}
    assert made == {SIGNATURE, "kvajT1Ptam85bY51eRf/AJRuM3w="}
    plain = module.signed_urls("http://mycompany.com", "/myapp.php?foo=1&bar=2")
    assert "0ZXoZLH/DfblKGATFgpif+LLRf4=" in {
        module.twilio_signature(TOKEN, url, list(DOCUMENTED.items())) for url in plain
    }


@pytest.mark.parametrize("name", sorted(BODIES))
def test_agent_forwards_a_signed_callback_unchanged(agent: Agent, service: FakeService, name: str) -> None:
    body, is_final = BODIES[name], not name.startswith("ringing")
    with agent:
        headers = {"X-Twilio-Signature": sign(body, "https://calls.example.com/events")}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        assert agent.request("POST", "/events", body, headers)[0] == (202 if is_final else 204)
        agent.drain()
    assert service.committed == ([body] if is_final else [])
    for request in service.requests:
        assert request.path == "/connector/calls/events?format=twilio_status"
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_agent_refuses_forged_and_changed_callbacks(agent: Agent, service: FakeService) -> None:
    body = urlencode({"CallSid": "CA1", "CallStatus": "completed", "CallDuration": "60"})
    signature = sign(body, "https://calls.example.com/events")
    with agent:
        for path, text, headers in [
            ("/events", body, {}),
            ("/events", body, {"X-Twilio-Signature": ""}),
            ("/events", body, {"X-Twilio-Signature": "é"}),
            ("/events", body, {"X-Twilio-Signature": signature.lower()}),
            ("/events", body.replace("60", "1"), {"X-Twilio-Signature": signature}),
            ("/events?line=2", body, {"X-Twilio-Signature": signature}),
            ("/events", json.dumps({"call_id": "c1"}), {"X-Twilio-Signature": signature}),
            ("/authorize", body, {"X-Twilio-Signature": signature}),
        ]:
            assert agent.request("POST", path, text, headers)[0] == 403, headers
        query = {"X-Twilio-Signature": sign(body, "https://calls.example.com/events?line=2")}
        assert agent.request("POST", "/events?line=2", body, query)[0] == 202
        agent.drain()
        assert TOKEN not in agent.text
    assert service.committed == [body]


def test_agent_needs_the_auth_token(tmp_path: Path, service: FakeService) -> None:
    arguments = ("--listen", "127.0.0.1:0", "--twilio", "--public-url", "https://calls.example.com")
    with Agent(tmp_path, service.url, *arguments) as agent:
        assert agent.process.wait(timeout=60) == 2
        assert "TWILIO_AUTH_TOKEN" in agent.text
