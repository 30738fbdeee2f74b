"""Records that the service does not take or refuses, and values that a caller may have chosen."""

import json

import pytest

from tests.connectors.freeradius.conftest import Started
from tests.connectors.freeradius.radius import (
    CALL,
    FROM,
    RECORD,
    TO,
    Radius,
    instant,
    log_of_refusals,
    raw,
    refused,
    stop,
    wait_for,
)
from tests.connectors.freeradius.service import TAKEN, Service


def test_refused_record_is_kept_with_its_cause_and_answered(radius: Radius, service: Service) -> None:
    refusal = {"index": 0, "call_id": None, "code": "invalid_number", "detail": "to: 12345"}
    service.answers["events"] = [(200, {"accepted": 0, "rejected": [refusal]})]
    assert stop(radius).code == "Accounting-Response"
    [event] = service.bodies("events")
    assert f"refused {event['call_id']}: invalid_number: to: 12345" in log_of_refusals(radius)
    assert 'Called-Station-Id = "011442071838750"' in refused(radius)


def test_refused_record_can_be_sent_again(with_settings: Started, service: Service) -> None:
    refusal = {"index": 0, "call_id": None, "code": "unknown_number", "detail": "…"}
    service.answers["events"] = [(200, {"accepted": 0, "rejected": [refusal]}), (200, TAKEN)]
    radius = with_settings(spool="disk")
    assert stop(radius).code == "Accounting-Response"
    [path] = (radius.folder / "radacct/calling_credit").glob("refused-*")
    path.rename(path.with_name("stop-again"))
    wait_for(lambda: len(service.bodies("events")) == 2)
    first, second = service.bodies("events")
    assert first == second


UNTIMELY = [
    ({"Acct-Session-Time": ""}, "Acct-Session-Time"),
    ({"Acct-Session-Time": "4294967295"}, "Acct-Session-Time"),
    ({"Event-Timestamp": ""}, "Class or Event-Timestamp"),
    ({"Event-Timestamp": "0"}, "Class or Event-Timestamp"),
    ({"Event-Timestamp": "89"}, "Class or Event-Timestamp"),
]


@pytest.mark.parametrize(("change", "missing"), UNTIMELY)
def test_record_that_tells_no_time_is_kept_and_not_sent(
    change: dict[str, str], missing: str, radius: Radius, service: Service
) -> None:
    record = {name: value for name, value in (CALL | RECORD | change).items() if value}
    assert radius.send("acct", record).code == "Accounting-Response"
    assert service.requests == []
    assert f"the record needs {missing}" in log_of_refusals(radius)
    assert 'Acct-Session-Id = "0000A1"' in refused(radius)


@pytest.mark.parametrize("delay", ["0", "30", "604800", "4294967295"])
def test_delay_never_refuses_a_record(delay: str, radius: Radius, service: Service) -> None:
    granted = radius.send("auth", CALL).attributes["Class"]
    change = {"Class": granted, "Acct-Delay-Time": delay, "Event-Timestamp": "4294967295"}
    assert radius.send("acct", CALL | RECORD | change).code == "Accounting-Response"
    [event] = service.bodies("events")
    assert instant(event["ended_at"]) == instant(event["started_at"]) + 90


def test_spool_keeps_what_the_service_does_not_take(with_settings: Started, service: Service) -> None:
    service.answers["events"] = [(503, {})]
    radius = with_settings(spool="disk")
    assert stop(radius).code == "Accounting-Response"
    radius.stop()
    radius.start()
    service.answers["events"] = [(503, {}), (200, {"accepted": 1, "rejected": []})]
    wait_for(lambda: len(service.bodies("events")) == 3)
    assert len({json.dumps(event) for event in service.bodies("events")}) == 1


HOSTILE = [
    b'"', b"%{User-Name}", b"%{md5:a}", b"${calling_credit.url}", b"'`$(id)",
    b'","account_id":"acct_other', b'"}', b"\xff\xfe", "é😀".encode(), b"a" * 253, b'"' * 253,
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_breaks_a_request(value: bytes, radius: Radius, service: Service) -> None:
    for attribute in ("User_Name", "Called_Station_Id", "Acct_Session_Id"):
        plain = {name: text for name, text in CALL.items() if name != attribute.replace("_", "-")}
        call: dict[str, str | bytes] = {**plain, **raw(**{attribute: value})}
        assert radius.send("auth", call).code == "Access-Accept"
        assert radius.send("acct", {**call, **RECORD}).code == "Accounting-Response"
    asked, events = service.bodies("authorize"), service.bodies("events")
    assert [set(body) for body in asked] == [{"call_id", "from", "requested_seconds", "to"}] * 3
    assert [set(body) for body in events] == [EVENT] * 3
    text = value.decode("latin-1")
    assert [(body["from"], body["to"]) for body in events] == [(text, TO), (FROM, text), (FROM, TO)]
    assert [body["call_id"] for body in asked] == [body["call_id"] for body in events]


CONTROL = [
    b"\\",
    b"+1415\\",
    b"\\n",
    b'"\\',
    b"\\" * 253,
    b"\n",
    b"911\n",
    b"1\r\n",
    b"\x00",
    b"911\x00",
    b"1\x01\x1f\x7f",
    b"\x01" * 253,
]


@pytest.mark.parametrize("value", CONTROL)
def test_number_with_backslash_or_control_character_is_refused(value: bytes, radius: Radius, service: Service) -> None:
    for attribute in ("User_Name", "Called_Station_Id"):
        plain = {name: text for name, text in CALL.items() if name != attribute.replace("_", "-")}
        call: dict[str, str | bytes] = {**plain, **raw(**{attribute: value})}
        reply = radius.send("auth", call)
        assert (reply.code, reply.attributes["Reply-Message"]) == ("Access-Reject", "invalid_request")
        assert radius.send("acct", {**call, **RECORD}).code == "Accounting-Response"
    assert service.requests == []
    assert log_of_refusals(radius).count("a number has a backslash or a control character") == 2


@pytest.mark.parametrize("value", CONTROL)
def test_session_with_any_character_is_like_any_other(value: bytes, radius: Radius, service: Service) -> None:
    plain = {name: text for name, text in CALL.items() if name != "Acct-Session-Id"}
    call: dict[str, str | bytes] = {**plain, **raw(Acct_Session_Id=value)}
    granted = radius.send("auth", call).attributes["Class"]
    assert radius.send("acct", {**call, **RECORD, "Class": granted}).code == "Accounting-Response"
    [asked], [event] = service.bodies("authorize"), service.bodies("events")
    assert asked["call_id"] == event["call_id"]


EVENT = {"call_id", "direction", "from", "to", "started_at", "ended_at", "duration_seconds", "disposition"}
