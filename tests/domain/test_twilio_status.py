"""Status callbacks of Twilio: times from the callback, statuses, legs, and identities."""

import json
from urllib.parse import parse_qsl

import pytest

from calling_credit.charging.formats.readers import Format
from tests.domain.record_examples import parsed, read, read_event, rejection, sample, seconds_charged, twilio

FORM = Format.TWILIO_STATUS
CALL = "CA5ef8732a3c49700934481addd5ce1651"


def test_the_answer_is_the_callback_less_the_duration() -> None:
    event = read_event(FORM, sample(FORM, "completed.txt"))
    assert event == {
        "version": "1",
        "call_id": CALL,
        "direction": "outbound",
        "from": "+12125550102",
        "to": "+442071838750",
        "started_at": "2026-11-23T10:00:04.000Z",
        "answered_at": "2026-11-23T10:00:04.000Z",
        "ended_at": "2026-11-23T10:02:09.000Z",
        "duration_seconds": 125,
        "disposition": "answered",
    }
    assert seconds_charged(event) == 125


def test_the_minutes_of_twilio_are_not_read() -> None:
    assert rejection(FORM, twilio(CallDuration=None, Duration="2")) == (
        "missing_field",
        "CallDuration is missing; an answered call needs it.",
        CALL,
    )


@pytest.mark.parametrize(
    ("status", "disposition"),
    [
        ("busy", "busy"),
        ("no-answer", "no_answer"),
        ("failed", "failed"),
        ("canceled", "canceled"),
        ("NO-ANSWER", "no_answer"),
    ],
)
@pytest.mark.parametrize("seconds", ["0", "", None])
def test_a_call_without_answer_costs_nothing(status: str, disposition: str, seconds: str | None) -> None:
    event = read_event(FORM, twilio(CallStatus=status, CallDuration=seconds))
    assert (event["duration_seconds"], event["disposition"]) == (0, disposition)
    assert (event["ended_at"], parsed(event).is_answered) == ("2026-11-23T10:01:00.000Z", False)  # type: ignore[union-attr]


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing", "in-progress", "answered"])
def test_a_status_before_the_end_releases_nothing(status: str) -> None:
    code, detail, call_id = rejection(FORM, twilio(CallStatus=status, CallDuration=None))
    assert (code, call_id) == ("call_not_finished", CALL)
    assert status in detail


@pytest.mark.parametrize(
    ("status", "code"), [("", "missing_field"), (None, "missing_field"), ("done", "invalid_disposition")]
)
def test_a_missing_or_unknown_status_is_refused(status: str | None, code: str) -> None:
    assert rejection(FORM, twilio(CallStatus=status))[0] == code


# --- Legs and identities ----------------------------------------------------------------------------------------------


def test_a_dialed_leg_has_the_id_of_the_call_that_was_authorized() -> None:
    leg, parent = (read_event(FORM, sample(FORM, name)) for name in ("dialed_leg.txt", "parent_call.txt"))
    assert leg["call_id"] == parent["call_id"]
    assert (leg["direction"], parent["direction"]) == ("outbound", "inbound")
    assert seconds_charged(leg) == 9
    assert parsed(parent).is_answered  # type: ignore[union-attr]


@pytest.mark.parametrize("direction", ["outbound-api", "inbound"])
def test_another_leg_keeps_its_own_id(direction: str) -> None:
    assert read_event(FORM, twilio(Direction=direction, ParentCallSid="CA1"))["call_id"] == CALL


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("sip:+442071838750@meridian.sip.twilio.com", "+442071838750"),
        ("sip:%2B442071838750@meridian.sip.twilio.com;region=us1", "+442071838750"),
        ("client:ana", "client:ana"),
        ("+44 20 7183 8750", "+44 20 7183 8750"),
    ],
)
def test_the_number_is_the_user_of_a_sip_identity(given: str, number: str) -> None:
    assert read_event(FORM, twilio(To=given))["to"] == number


def test_the_older_names_of_the_parties_are_read() -> None:
    event = read_event(FORM, twilio(From=None, To=None, Caller="+12125550102", Called="+442071838750"))
    assert (event["from"], event["to"]) == ("+12125550102", "+442071838750")


# --- Times and bodies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "time",
    [
        "Mon, 23 Nov 2026 10:01:00 +0000",
        "23 Nov 2026 10:01:00 GMT",
        "Mon, 23 November 2026 05:01:00 -0500",
        "2026-11-23 10:01:00.000479Z",
        "2026-11-23T15:31:00+05:30",
    ],
)
def test_the_time_of_the_callback_is_read_in_each_form(time: str) -> None:
    assert read_event(FORM, twilio(Timestamp=time))["ended_at"] == "2026-11-23T10:01:00.000Z"


@pytest.mark.parametrize(
    "time", ["Mon, 31 Feb 2026 10:01:00 +0000", "Mon, 23 Nov 2026 10:01:00", "now", "1 Foo 2026 00:00:00 Z"]
)
def test_a_time_that_cannot_be_read_is_named(time: str) -> None:
    code, detail, call_id = rejection(FORM, twilio(Timestamp=time))
    assert (code, detail.split()[0], call_id) == ("invalid_timestamp", "Timestamp", CALL)


def test_a_completed_call_without_a_time_is_refused() -> None:
    assert rejection(FORM, twilio(Timestamp=None))[:2] == (
        "missing_field",
        "Timestamp is missing; an answered call needs it.",
    )


def test_parameters_in_json_are_the_same_call() -> None:
    text = twilio()
    assert read(FORM, json.dumps(dict(parse_qsl(text)))) == read(FORM, text)


def test_a_parameter_that_is_sent_twice_is_refused() -> None:
    assert rejection(FORM, twilio() + "&CallDuration=6")[0] == "duplicate_key"
