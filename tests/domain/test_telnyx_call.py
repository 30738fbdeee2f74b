"""Records of Telnyx: detail records, and webhooks of finished and unfinished calls."""

import json

import pytest

from calling_credit.charging.formats.readers import Format
from tests.domain.record_examples import (
    BEGUN,
    hangup,
    parsed,
    read,
    read_event,
    rejection,
    sample,
    seconds_charged,
    telnyx,
)

FORM = Format.TELNYX_CALL


def test_a_detail_record_is_charged_by_its_seconds() -> None:
    answered, unanswered = read(FORM, sample(FORM, "detail_records.json"))
    assert answered == {
        "version": "1",
        "call_id": "b0e6224c-c81c-11f0-afbb-02420aef93a0",
        "direction": "outbound",
        "from": "+12125550102",
        "to": "+442071838750",
        "started_at": BEGUN,
        "answered_at": "2026-11-23T10:00:04.000Z",
        "ended_at": "2026-11-23T10:02:09.000Z",
        "duration_seconds": 125,
        "disposition": "answered",
    }
    assert seconds_charged(answered) == 125
    assert unanswered["duration_seconds"] == 0  # type: ignore[index]


def test_rounded_seconds_count_only_without_those_of_the_call() -> None:
    assert read_event(FORM, telnyx(call_sec=5, billed_sec=60))["duration_seconds"] == 5
    assert read_event(FORM, telnyx(call_sec=None, billed_sec=60))["duration_seconds"] == 60
    assert rejection(FORM, telnyx(call_sec=None, billed_sec=None))[0] == "missing_field"


@pytest.mark.parametrize(
    ("cause", "disposition"),
    [
        ("user_busy", "busy"),
        ("no_answer", "no_answer"),
        ("timeout", "no_answer"),
        ("originator_cancel", "canceled"),
        ("call_rejected", "failed"),
    ],
)
def test_a_hangup_before_the_answer_costs_nothing(cause: str, disposition: str) -> None:
    event = read_event(FORM, hangup(hangup_cause=cause))
    assert (event["duration_seconds"], event["disposition"], event["ended_at"]) == (0, disposition, BEGUN)
    assert parsed(event).is_answered is False  # type: ignore[union-attr]


@pytest.mark.parametrize("cause", ["normal_clearing", "time_limit", "unspecified", ""])
def test_a_hangup_that_may_follow_an_answer_asks_for_the_detail_record(cause: str) -> None:
    code, detail, call_id = rejection(FORM, hangup(hangup_cause=cause))
    assert (code, call_id) == ("missing_field", "b0e6224c")
    assert detail.endswith("Send its detail record.")


@pytest.mark.parametrize("name", ["answered.json", "cost.json"])
def test_another_webhook_releases_nothing(name: str) -> None:
    assert rejection(FORM, sample(FORM, name))[0] == "call_not_finished"


@pytest.mark.parametrize("payload", [{"hangup_cause": "user_busy"}, None])
def test_the_id_of_a_webhook_is_never_the_id_of_a_call(payload: dict[str, str] | None) -> None:
    text = json.dumps({"event_type": "call.hangup", "id": "event-1", "payload": payload})
    assert rejection(FORM, text) == ("missing_field", "call_leg_id is missing; it is the id of the call.", None)


@pytest.mark.parametrize("direction", ["inbound", "incoming"])
def test_a_call_that_came_in_is_inbound(direction: str) -> None:
    assert read_event(FORM, telnyx(direction=direction))["direction"] == "inbound"
    assert read_event(FORM, hangup(direction=direction))["direction"] == "inbound"


def test_a_page_with_a_bad_record_has_one_item_for_each() -> None:
    good = json.loads(telnyx())
    items = read(FORM, json.dumps({"data": [good, 7, good]}))
    assert [isinstance(item, dict) for item in items] == [True, False, True]
