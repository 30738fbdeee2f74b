"""Records of Kamailio: dialogs, transactions, logs, and times."""

import json
from typing import Any

import pytest

from calling_credit.charging.formats.readers import Format
from tests.domain.record_examples import (
    BEGUN,
    TEN,
    kamailio,
    parsed,
    read,
    read_event,
    rejection,
    sample,
    seconds_charged,
)

FORM = Format.KAMAILIO_ACC
CALL = "1-8841@10.0.0.21"


def transaction(**fields: Any) -> str:
    """A record of one transaction of acc_json."""
    values = {"time": TEN, "method": "INVITE", "callid": CALL, "sip_code": "486", "src_user": "+12125550102"}
    return json.dumps(values | {"dst_user": "+442071838750"} | fields)


def test_a_dialog_is_charged_by_its_duration_rounded_up() -> None:
    answered, busy, rung = read(FORM, sample(FORM, "call_records.jsonl"))
    assert answered == {
        "version": "1",
        "call_id": CALL,
        "direction": "outbound",
        "from": "+12125550102",
        "to": "+442071838750",
        "started_at": BEGUN,
        "answered_at": "2026-11-23T10:00:04.118Z",
        "ended_at": "2026-11-23T10:00:39.118Z",
        "duration_seconds": 35,
        "disposition": "answered",
    }
    assert (busy["duration_seconds"], busy["disposition"]) == (0, "busy")  # type: ignore[index]
    assert seconds_charged(rung) == 30, "from answered_at, not from start_time"  # type: ignore[arg-type]


def test_a_fraction_between_answer_and_end_is_rounded_up() -> None:
    event = read_event(FORM, kamailio(answered_at=f"{TEN + 20}.500000"))
    assert event["duration_seconds"] == seconds_charged(event) == 40


def test_a_line_of_the_log_is_the_same_call() -> None:
    event = read_event(FORM, sample(FORM, "syslog.txt"))
    assert event["call_id"] == CALL
    assert seconds_charged(event) == 35


@pytest.mark.parametrize(
    ("code", "disposition"),
    [
        ("486", "busy"),
        ("600", "busy"),
        ("487", "canceled"),
        ("408", "no_answer"),
        ("480", "no_answer"),
        ("503", "failed"),
    ],
)
def test_a_failure_costs_nothing_in_every_record(code: str, disposition: str) -> None:
    for text in (transaction(sip_code=code), kamailio(sip_code=code, duration="0"), kamailio(sip_code=code)):
        event = read_event(FORM, text)
        assert (event["duration_seconds"], event["disposition"]) == (0, disposition)
        assert parsed(event).is_answered is False  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "fields",
    [
        {"sip_code": "200"},
        {"sip_code": "183"},
        {"sip_code": "407"},
        {"sip_code": "401"},
        {"sip_code": "491"},
        {"sip_code": "488"},
        {"sip_code": ""},
        {"method": "BYE", "sip_code": "200"},
        {"method": "BYE", "sip_code": "408"},
        {"method": "CANCEL", "sip_code": "487"},
        {"method": "ACK"},
        {"method": ""},
    ],
)
def test_a_transaction_that_ends_no_call_releases_nothing(fields: dict[str, str]) -> None:
    code, detail, call_id = rejection(FORM, transaction(**fields))
    assert (code, call_id) == ("call_not_finished", CALL)
    assert "cdr_enable=1" in detail


def test_a_phone_cannot_choose_the_price_by_its_to_header() -> None:
    text = kamailio(to=None, dst_ouser="+12125550199", dst_user="+442071838750")
    assert read_event(FORM, text)["to"] == "+442071838750"
    assert rejection(FORM, kamailio(to=None, dst_ouser="+12125550199"))[:2] == (
        "missing_field",
        "to is missing; an answered call needs it.",
    )


@pytest.mark.parametrize(
    ("given", "number"), [("sip:+442071838750@sbc;user=phone", "+442071838750"), ("tel:+44-20", "+44-20")]
)
def test_the_number_is_the_user_of_a_uri(given: str, number: str) -> None:
    assert read_event(FORM, kamailio(to=given))["to"] == number


def test_formatted_times_have_the_zone_of_the_connector() -> None:
    times = {"start_time": "2026-11-23 10:00:00", "end_time": "2026-11-23 10:01:00"}
    event = read_event(FORM, kamailio(**times))
    assert (event["answered_at"], event["ended_at"]) == ("2026-11-23 10:00:00", "2026-11-23 10:01:00")
    mixed = rejection(FORM, kamailio(**times, answered_at=str(TEN)))
    assert mixed[0] == "invalid_timestamp"


def test_numbers_and_ids_are_read_under_their_other_names() -> None:
    names = {"call_id": "sip_call_id", "from": "src_username", "to": "dst_username"}
    fields: dict[str, Any] = json.loads(kamailio(line_id="line_1", account_id="acct_1"))
    renamed = {names.get(name, name): value for name, value in fields.items()}
    event = read_event(FORM, json.dumps(renamed))
    assert (event["call_id"], event["from"], event["to"]) == (CALL, "+12125550102", "+442071838750")
    assert (event["account_id"], event["line_id"]) == ("acct_1", "line_1")


@pytest.mark.parametrize("value", [[60], {"a": 1}, True])
def test_a_value_that_is_no_text_is_refused_by_its_name(value: object) -> None:
    code, detail, call_id = rejection(FORM, kamailio(duration=value))
    assert (code, detail.split()[0], call_id) == ("malformed_record", "duration", CALL)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start_time": "soon"}, "invalid_timestamp"),
        ({"duration": None, "end_time": None}, "missing_field"),
        ({"start_time": None, "end_time": None}, "missing_field"),
        ({"duration": None, "answered_at": str(TEN + 90)}, "invalid_duration"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(fields: dict[str, str | None], code: str) -> None:
    assert rejection(FORM, kamailio(**fields))[0] == code


def test_a_line_that_is_no_record_is_refused() -> None:
    assert rejection(FORM, "kamailio is starting")[0] == "malformed_record"
