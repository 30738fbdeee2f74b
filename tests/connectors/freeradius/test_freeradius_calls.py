"""What the FreeRADIUS connector answers a switch, and what it sends to the service."""

import json
import re
import time
from pathlib import Path

import pytest

from tests.connectors.freeradius.conftest import Started
from tests.connectors.freeradius.radius import CALL, CONNECTOR, NAS_CLOCK, RECORD, Radius, ask, at, instant, stop
from tests.connectors.freeradius.service import ALLOW, Service, deny


def test_allowed_call_gets_the_seconds_that_were_granted(radius: Radius, service: Service) -> None:
    reply = ask(radius)
    assert reply.code == "Access-Accept"
    assert reply.attributes["Session-Timeout"] == "600"
    [(path, headers, body)] = service.requests
    assert path == "/connector/calls/authorize"
    assert headers["Authorization"] == "Bearer ck_test-key-of-the-connector"
    assert headers["Content-Type"] == "application/json"
    assert body == {
        "call_id": body["call_id"],
        "from": "+14155550100",
        "to": "011442071838750",
        "requested_seconds": 7200,
    }
    assert body["call_id"].startswith("0000A1.")


@pytest.mark.parametrize(
    ("rate", "held", "timeout"),
    [("0.00", "0.00", None), ("0.00", "0.05", "600"), ("0.014", "0.00", "600"), ("10.00", "100.00", "600")],
)
def test_only_a_call_that_costs_nothing_has_no_end(
    rate: str, held: str, timeout: str | None, radius: Radius, service: Service
) -> None:
    service.answers["authorize"] = [(200, ALLOW | {"rate_per_minute": rate, "held": held})]
    reply = ask(radius)
    assert (reply.code, reply.attributes.get("Session-Timeout")) == ("Access-Accept", timeout)


@pytest.mark.parametrize("reason", ["insufficient_credit", "recharging", "unknown_number", "destination_blocked"])
def test_denied_call_is_rejected_with_its_reason(reason: str, radius: Radius, service: Service) -> None:
    service.answers["authorize"] = [(200, deny(reason))]
    reply = ask(radius)
    assert (reply.code, reply.attributes["Reply-Message"]) == ("Access-Reject", reason)


@pytest.mark.parametrize("number", ["911", "+1911", "112", "+112", "999", "sip:911@pbx.example"])
def test_emergency_call_is_connected_without_asking(number: str, radius: Radius, service: Service) -> None:
    service.silent = True
    reply = ask(radius, **{"Called-Station-Id": f'"{number}"', "User-Name": '"blocked"'})
    assert reply.code == "Access-Accept"
    assert "Session-Timeout" not in reply.attributes
    assert service.requests == []


@pytest.mark.parametrize("number", ["9112", "4911", "+19115550100", "011112"])
def test_number_that_only_resembles_an_emergency_number_is_asked(number: str, radius: Radius, service: Service) -> None:
    ask(radius, **{"Called-Station-Id": f'"{number}"'})
    assert [body["to"] for body in service.bodies("authorize")] == [number]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
@pytest.mark.parametrize("when_silent", ["closed", "open"])
def test_one_line_decides_about_calls_while_the_service_fails(
    when_silent: str, status: int, with_settings: Started, service: Service
) -> None:
    service.answers["authorize"] = [(status, {"code": "any"})]
    reply = ask(with_settings(when_silent=when_silent))
    assert (reply.code, reply.attributes.get("Session-Timeout"), reply.attributes.get("Reply-Message")) == {
        "closed": ("Access-Reject", None, "credit_check_unavailable"),
        "open": ("Access-Accept", "600", None),
    }[when_silent]


@pytest.mark.parametrize(("when_silent", "code"), [("closed", "Access-Reject"), ("open", "Access-Accept")])
def test_one_line_decides_about_calls_without_an_answer(
    when_silent: str, code: str, with_settings: Started, service: Service
) -> None:
    service.silent = True
    radius, began = with_settings(when_silent=when_silent), time.monotonic()
    assert ask(radius).code == code
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("status", [400, 422])
def test_unreadable_request_is_rejected_even_if_open(status: int, with_settings: Started, service: Service) -> None:
    service.answers["authorize"] = [(status, {"code": "invalid_number", "detail": "to is not a number"})]
    radius = with_settings(when_silent="open")
    reply = ask(radius)
    assert (reply.code, reply.attributes["Reply-Message"]) == ("Access-Reject", "invalid_request")
    assert "to is not a number" in radius.log


def test_records_carry_the_id_and_the_beginning_that_were_authorized(radius: Radius, service: Service) -> None:
    before = int(time.time())
    granted = ask(radius)
    assert stop(radius, Class=granted.attributes["Class"]).code == "Accounting-Response"
    [asked], [event] = service.bodies("authorize"), service.bodies("events")
    assert event["call_id"] == asked["call_id"]
    assert before <= instant(event["started_at"]) <= time.time()
    assert instant(event["ended_at"]) == instant(event["started_at"]) + 90
    assert (event["duration_seconds"], event["disposition"], event["direction"]) == (90, "answered", "outbound")
    assert (event["from"], event["to"]) == ("+14155550100", "011442071838750")


def test_without_class_the_clock_of_the_switch_tells_the_times(radius: Radius, service: Service) -> None:
    ask(radius)
    stop(radius)
    [asked], [event] = service.bodies("authorize"), service.bodies("events")
    assert event["call_id"] == asked["call_id"]
    assert (event["started_at"], event["ended_at"]) == (at(NAS_CLOCK - 90), at(NAS_CLOCK))


def test_five_duplicates_are_the_same_event(radius: Radius, service: Service) -> None:
    granted = ask(radius).attributes["Class"]
    for delay in range(5):
        assert stop(radius, Class=granted, Acct_Delay_Time=str(delay)).code == "Accounting-Response"
    events = service.bodies("events")
    facts = {(event["call_id"], event["started_at"], event["duration_seconds"], event["to"]) for event in events}
    assert (len(events), len(facts)) == (5, 1)


def test_duplicates_without_class_are_the_same_event(radius: Radius, service: Service) -> None:
    for delay in range(5):
        stop(radius, Acct_Delay_Time=str(delay))
    assert len({json.dumps(event) for event in service.bodies("events")}) == 1


OTHERS = [("NAS-Identifier", "sbc-2"), ("User-Name", "+14155550101")]
OTHERS += [("Called-Station-Id", "4930123456"), ("Acct-Session-Id", "0000A2")]


@pytest.mark.parametrize(("name", "value"), OTHERS)
def test_calls_that_differ_have_other_ids(name: str, value: str, radius: Radius, service: Service) -> None:
    ask(radius)
    ask(radius, **{name: f'"{value}"'})
    first, second = service.bodies("authorize")
    assert first["call_id"] != second["call_id"]


def test_call_after_a_restart_of_the_switch_gets_an_id_of_its_own(radius: Radius, service: Service) -> None:
    service.answers["authorize"] = [(200, deny("call_finished")), (200, ALLOW)]
    granted = ask(radius)
    assert granted.code == "Access-Accept"
    first, second = service.bodies("authorize")
    assert second["call_id"].startswith(first["call_id"] + ".")
    stop(radius, Class=granted.attributes["Class"])
    assert [event["call_id"] for event in service.bodies("events")] == [second["call_id"]]


def test_class_of_another_session_does_not_count(radius: Radius, service: Service) -> None:
    granted = ask(radius).attributes["Class"]
    stop(radius, Class=granted, Acct_Session_Id='"0000B7"')
    [event] = service.bodies("events")
    assert event["call_id"].startswith("0000B7.")
    assert event["started_at"] == at(NAS_CLOCK - 90)


def test_class_brings_back_the_id_of_a_call_without_session(radius: Radius, service: Service) -> None:
    call = {name: value for name, value in CALL.items() if name != "Acct-Session-Id"}
    granted = [radius.send("auth", call).attributes["Class"] for _ in range(2)]
    stop(radius, Class=granted[1])
    first, second = (body["call_id"] for body in service.bodies("authorize"))
    assert first != second
    assert [event["call_id"] for event in service.bodies("events")] == [second]


def test_unanswered_call_is_reported_with_zero_seconds(radius: Radius, service: Service) -> None:
    granted = ask(radius).attributes["Class"]
    stop(radius, seconds=0, Class=granted)
    [event] = service.bodies("events")
    assert (event["duration_seconds"], event["disposition"]) == (0, "no_answer")


@pytest.mark.parametrize("kind", ["Start", "Interim-Update", "Accounting-On", "Accounting-Off"])
def test_other_records_are_answered_and_not_sent(kind: str, radius: Radius, service: Service) -> None:
    assert stop(radius, Acct_Status_Type=kind).code == "Accounting-Response"
    assert service.requests == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503])
def test_record_that_is_not_taken_is_not_answered(status: int, radius: Radius, service: Service) -> None:
    service.answers["events"] = [(status, {"code": "not_queued"})]
    assert stop(radius, wait=1).code == ""
    assert len(service.bodies("events")) == 1


def test_switch_repeats_a_record_until_it_is_taken(radius: Radius, service: Service) -> None:
    service.answers["events"] = [(503, {}), (503, {}), (200, {"accepted": 1, "rejected": []})]
    assert radius.send("acct", CALL | RECORD, retries=6, wait=1).code == "Accounting-Response"
    assert len({json.dumps(event) for event in service.bodies("events")}) == 1
    assert len(service.bodies("events")) == 3


def test_debug_output_does_not_show_the_key(radius: Radius) -> None:
    stop(radius, Class=ask(radius).attributes["Class"])
    assert "calling_credit_key" in radius.log
    assert radius.key not in radius.log


SAMPLES = sorted((CONNECTOR / "samples").glob("*.txt"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_sample_is_answered_and_becomes_the_expected_event(sample: Path, radius: Radius, service: Service) -> None:
    lines = [line.split(" = ", 1) for line in sample.read_text(encoding="utf-8").splitlines()]
    kind = "auth" if sample.stem == "access-request" else "acct"
    assert radius.send(kind, dict(lines)).code in ("Access-Accept", "Accounting-Response")
    expected = sample.with_suffix(".json")
    events = [json.loads(re.sub("[0-9a-f]{32}", "MD5", json.dumps(event))) for event in service.bodies("events")]
    assert events == ([json.loads(expected.read_text(encoding="utf-8"))] if expected.exists() else [])
