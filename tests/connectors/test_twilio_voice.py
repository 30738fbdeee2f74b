"""The answer to Twilio's voice webhook."""

from xml.etree import ElementTree as ET

import pytest

from connectors.twilio.voice_answer import Settings, voice_answer
from tests.connectors.agents import KEY
from tests.connectors.fake_service import FakeService

CALLBACK = "https://calls.example.com/events#rc=5&rp=all"
LINE = "+12125550102"


def settings(service: FakeService, when_no_answer: str = "refuse") -> Settings:
    """The settings of an application."""
    return Settings(service.url.replace("/events", "/authorize"), KEY, CALLBACK, when_no_answer)


def test_an_allowed_call_is_dialed_with_its_limit(service: FakeService) -> None:
    service.authorize = lambda body: (200, {"decision": "allow", "max_seconds": 600})
    (dial,) = ET.fromstring(voice_answer("CA1", LINE, "+442071838750", settings(service)))
    assert dial.attrib == {"callerId": LINE, "timeLimit": "600"}
    (number,) = dial
    assert number.text == "+442071838750"
    assert number.attrib == {"statusCallback": CALLBACK, "statusCallbackEvent": "completed"}
    assert service.questions == [{"call_id": "CA1", "from": LINE, "to": "+442071838750", "requested_seconds": 7200}]
    assert service.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_limit_is_at_most_what_twilio_takes(service: FakeService) -> None:
    service.authorize = lambda body: (200, {"decision": "allow", "max_seconds": 90_000})
    assert 'timeLimit="86400"' in voice_answer("CA1", LINE, "+442071838750", settings(service))


@pytest.mark.parametrize(
    ("reason", "kind"), [("insufficient_credit", "rejected"), ("simultaneous_calls_limit", "busy")]
)
def test_a_denied_call_is_rejected(service: FakeService, reason: str, kind: str) -> None:
    service.authorize = lambda body: (200, {"decision": "deny", "reason": reason})
    text = voice_answer("CA1", LINE, "+442071838750", settings(service, when_no_answer="connect"))
    assert ET.fromstring(text)[-1].attrib == {"reason": kind}
    assert reason in text


@pytest.mark.parametrize("fault", ["500", "401", "302", "reset_before"])
def test_one_line_decides_when_there_is_no_answer(service: FakeService, fault: str) -> None:
    service.faults = [fault, fault]
    assert "<Reject" in voice_answer("CA1", LINE, "+442071838750", settings(service))
    assert 'timeLimit="600"' in voice_answer("CA1", LINE, "+442071838750", settings(service, when_no_answer="connect"))


def test_an_emergency_call_never_asks(service: FakeService) -> None:
    for dialed in ("911", "+112"):
        (dial,) = ET.fromstring(voice_answer("CA1", LINE, dialed, settings(service)))
        assert "timeLimit" not in dial.attrib
    assert service.requests == []


def test_a_dialed_text_cannot_change_the_answer(service: FakeService) -> None:
    service.authorize = lambda body: (200, {"decision": "allow", "max_seconds": 60})
    (dial,) = ET.fromstring(voice_answer("CA1", '"><Play/>', "<Number>1</Number>", settings(service)))
    assert [node.tag for node in dial.iter()] == ["Dial", "Number"]
