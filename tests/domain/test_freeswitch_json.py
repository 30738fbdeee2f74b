"""Records of FreeSWITCH: its own seconds, its legs, transfers, encodings, and dispositions."""

import json
from base64 import b64encode
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from calling_credit.charging.formats.readers import Format
from tests.domain.record_examples import TEN, freeswitch, parsed, read, read_event, rejection, sample, seconds_charged

FORM = Format.FREESWITCH_JSON
LEG = "8f0b1d52-3c0e-4f55-a8c7-5b6f0e8d1a01"


def flow(*numbers: str, **more: Any) -> dict[str, Any]:
    """The callflow of a record: the newest profile first."""
    profiles = [{"caller_id_number": "+12125550102", "destination_number": number, **more} for number in numbers]
    return {"callflow": [{"caller_profile": profile} for profile in profiles]}


@pytest.mark.parametrize(
    ("name", "seconds"), [("answered.json", 21), ("billsec_below_billmsec.json", 59), ("posted.txt", 60)]
)
def test_the_whole_seconds_of_freeswitch_win_over_milliseconds(name: str, seconds: int) -> None:
    event = read_event(FORM, sample(FORM, name))
    assert event["duration_seconds"] == seconds_charged(event) == seconds


@pytest.mark.parametrize(
    ("variables", "seconds"), [({"billmsec": "20600"}, 21), ({"billusec": "20000001"}, 21), ({}, 60)]
)
def test_a_record_without_whole_seconds_is_rounded_up(variables: dict[str, str], seconds: int) -> None:
    end = {"end_epoch": str(TEN + 5 + seconds)}
    event = read_event(FORM, freeswitch(None, billsec=None, **variables, **end))
    assert event["duration_seconds"] == seconds_charged(event) == seconds


def test_the_sample_has_the_facts_that_the_dialplan_stored() -> None:
    assert read_event(FORM, sample(FORM, "answered.json")) == {
        "version": "1",
        "call_id": LEG,
        "direction": "outbound",
        "account_id": "acct_meridian",
        "line_id": "line_groups",
        "from": "+12125550102",
        "to": "00442071838750",
        "started_at": "2026-11-23T10:00:00.120Z",
        "answered_at": "2026-11-23T10:00:04.600Z",
        "ended_at": "2026-11-23T10:00:25.600Z",
        "duration_seconds": 21,
        "disposition": "answered",
    }


@pytest.mark.parametrize(
    ("cause", "disposition"),
    [
        ("USER_BUSY", "busy"),
        ("NO_ANSWER", "no_answer"),
        ("NO_USER_RESPONSE", "no_answer"),
        ("ORIGINATOR_CANCEL", "canceled"),
        ("CALL_REJECTED", "failed"),
        ("NORMAL_TEMPORARY_FAILURE", "failed"),
        ("", "failed"),
    ],
)
def test_a_call_without_answer_costs_nothing_and_keeps_its_end(cause: str, disposition: str) -> None:
    event = read_event(FORM, freeswitch(hangup_cause=cause, answer_epoch="0", billsec="0"))
    assert (event["duration_seconds"], event["disposition"]) == (0, disposition)
    assert event["ended_at"] == "2026-11-23T10:01:05.000Z"
    assert "answered_at" not in event
    assert parsed(event).key  # type: ignore[union-attr]


def test_a_call_that_was_hung_up_at_its_answer_costs_nothing() -> None:
    event = read_event(FORM, freeswitch(billsec="0", end_epoch=str(TEN + 5)))
    assert (event["duration_seconds"], event["disposition"]) == (0, "answered")


# --- Legs and transfers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        freeswitch(originator="another"),
        freeswitch(originating_leg_uuid="another"),
        freeswitch(flow("+442071838750", originator={"originator_caller_profiles": [{"uuid": "another"}]})),
        sample(FORM, "b_leg.json"),
    ],
)
def test_a_leg_that_another_leg_originated_is_not_charged(text: str) -> None:
    code, _, call_id = rejection(FORM, text)
    assert code == "other_leg"
    assert call_id


def test_a_leg_that_names_itself_as_its_origin_is_charged() -> None:
    assert seconds_charged(read_event(FORM, freeswitch(originating_leg_uuid=LEG))) == 60


@pytest.mark.parametrize(
    ("dialed", "called"),
    [
        (("+442071838750",), "+442071838750"),
        (("1002", "+442071838750"), "+442071838750"),
        (("+442071838750", "9"), "+442071838750"),
        (("442071838750", "00442071838750"), "00442071838750"),
        (("911",), "911"),
    ],
)
def test_a_transferred_call_is_priced_by_the_number_outside(dialed: tuple[str, ...], called: str) -> None:
    assert read_event(FORM, freeswitch(flow(*dialed)))["to"] == called


def test_a_call_that_was_transferred_between_numbers_must_say_which() -> None:
    code, detail, call_id = rejection(FORM, freeswitch(flow("+33144556677", "+442071838750")))
    assert (code, call_id) == ("missing_field", LEG)
    assert detail.startswith("calling_credit_to is missing")
    named = freeswitch(flow("+33144556677", "+442071838750"), calling_credit_to="+442071838750")
    assert read_event(FORM, named)["to"] == "+442071838750"


def test_the_repeated_callflow_of_an_old_version_is_read() -> None:
    flows = [
        json.dumps(one)[1:-1]
        for one in ({"callflow": {"caller_profile": {"destination_number": "1002"}}}, flow("+442071838750"))
    ]
    text = freeswitch({"callflow": None}).replace('"callflow": null', ", ".join(flows))
    assert text.count('"callflow"') == 2
    assert read_event(FORM, text)["to"] == "+442071838750"


def test_a_phone_cannot_choose_the_price_by_its_to_header() -> None:
    event = read_event(FORM, freeswitch({"callflow": []}, sip_to_user="+12125550199", sip_req_user="+442071838750"))
    assert event["to"] == "+442071838750"


def test_the_number_that_the_dialplan_shows_is_the_line() -> None:
    assert read_event(FORM, freeswitch(effective_caller_id_number="+12125550109"))["from"] == "+12125550109"


def test_a_call_that_came_in_is_inbound() -> None:
    event = read_event(FORM, freeswitch(call_direction="inbound"))
    assert event["direction"] == "inbound"
    assert parsed(event).is_answered  # type: ignore[union-attr]


# --- Encodings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encode", [quote, quote_plus, lambda text: quote(text, safe=',"')])
def test_a_form_encoded_record_is_the_same_record(encode: Any) -> None:
    text = freeswitch(sip_user_agent="Yealink + 100%")
    posted = f"cdr={encode(text)}"
    assert read(FORM, posted, "application/x-www-form-urlencoded") == read(FORM, text)
    assert read(FORM, f"{posted}\n{posted}\n") == read(FORM, text) * 2, "also without its content type"


def test_a_record_in_base64_is_the_same_record() -> None:
    text = freeswitch(sip_user_agent="~~~>>>???")
    posted = f"cdr={b64encode(text.encode()).decode()}"
    assert read(FORM, posted, "application/x-www-form-base64-encoded") == read(FORM, posted) == read(FORM, text)


def test_values_that_are_not_encoded_are_read() -> None:
    variables = json.loads(freeswitch())["variables"] | {
        "calling_credit_to": "+442071838750",
        "calling_credit_from": "+1 212 555 0102",
    }
    event = read_event(FORM, json.dumps({"variables": variables}))
    assert (event["from"], event["to"]) == ("+1 212 555 0102", "+442071838750")


def test_microseconds_are_preferred_to_seconds() -> None:
    assert read_event(FORM, freeswitch(start_uepoch=f"{TEN}123456"))["started_at"] == "2026-11-23T10:00:00.123Z"


# --- Refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["cdr=", "cdr=%7B", "cdr=****", "cdr=aGVsbG8=", "{}", "{", "5", '"x"', '{"variables": 5}']
)
def test_a_body_that_is_no_record_is_refused(text: str) -> None:
    code, _, call_id = rejection(FORM, text)
    assert code in ("malformed_json", "malformed_record", "missing_field")
    assert call_id is None


def test_a_variable_that_is_named_twice_is_refused() -> None:
    text = freeswitch().replace('"billsec": "60"', '"billsec": "60", "billsec": "6"')
    assert rejection(FORM, text) == ("duplicate_key", "The record names billsec twice; send it once.", LEG)


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"start_epoch": "-5"}, "invalid_timestamp"),
        ({"end_epoch": "9" * 18}, "invalid_timestamp"),
        ({"calling_credit_to": "4" * 256}, "invalid_number"),
        ({"billsec": None, "end_epoch": None}, "missing_field"),
        ({"billsec": None, "end_epoch": str(TEN)}, "invalid_duration"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(variables: dict[str, str | None], code: str) -> None:
    refused, detail, call_id = rejection(FORM, freeswitch(None, **variables))
    names = {"calling_credit_to": "destination_number"}
    assert (refused, call_id) == (code, LEG)
    assert names.get(next(iter(variables)), next(iter(variables))) in detail


def test_an_answered_call_without_numbers_is_refused() -> None:
    assert rejection(FORM, freeswitch({"callflow": []}))[:2] == (
        "missing_field",
        "destination_number is missing; an answered call needs it.",
    )
