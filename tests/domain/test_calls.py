"""A message gives a call or a refusal with a stable code and a sentence, never an exception."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.call_event_form import MAX_BODY_CHARACTERS
from calling_credit.call_events import parse_call
from calling_credit.calls import Call, FreeEvent
from calling_credit.instants import format_instant
from calling_credit.rejection_codes import Rejection
from tests.domain.examples import EVENT, NOW, call, event_body, rejection_code


def spanning(start: timedelta, length: timedelta = timedelta(seconds=60), **changes: Any) -> str:
    """An event body of a call that starts this long after `NOW` (or before it) and is answered at once."""
    started = format_instant(NOW + start)
    times = {"started_at": started, "answered_at": started, "ended_at": format_instant(NOW + start + length)}
    return event_body(**{**times, "duration_seconds": int(length.total_seconds()), **changes})


def test_the_example_is_a_call() -> None:
    result = call()
    assert result.key == ("acct_1", "2026-11-23T10:00:00.000Z", "c_1")
    assert (result.duration_seconds, result.ended_at) == (125, "2026-11-23T10:02:09.000Z")


# --- Malformed bodies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "",
        "x",
        "null",
        "true",
        "7",
        "[]",
        '"call"',
        "{",
        event_body() + "x",
        event_body() + event_body(),
        "\ufeff" + event_body(),
        event_body().replace('"c_1"', '"c_\\ud800"'),
        event_body().replace("c_1", "c_\ud800"),
        "[" * 10_000,
        '{"answered_at":' * 1_000,
        event_body()[:-1] + ',"extra":' + "[" * 3_000 + "]" * 3_000 + "}",
    ],
    ids=range(16),
)
def test_a_body_that_is_not_one_json_object_is_malformed_json(body: str) -> None:
    assert rejection_code(body) == "malformed_json"


def test_a_body_over_the_size_limit_is_refused() -> None:
    padding = MAX_BODY_CHARACTERS - len(event_body()) - len(', "extra": ""')
    assert isinstance(parse_call(event_body(extra="x" * padding), NOW), Call)
    assert rejection_code(event_body(extra="x" * (padding + 1))) == "body_too_large"


@given(st.text(max_size=200))
def test_arbitrary_text_is_refused_without_an_exception(body: str) -> None:
    assert isinstance(parse_call(body, NOW), Rejection)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(EVENT)), json_values)
def test_any_value_in_any_field_gives_a_call_or_a_refusal(field: str, value: Any) -> None:
    result = parse_call(json.dumps(EVENT | {field: value}), NOW)
    assert isinstance(result, Call | FreeEvent | Rejection)


# --- Contradicting times ----------------------------------------------------------------------------------------------


def test_a_call_may_start_at_most_90_days_ago() -> None:
    assert isinstance(parse_call(spanning(-timedelta(days=90)), NOW), Call)
    assert rejection_code(spanning(-timedelta(days=90, milliseconds=1))) == "started_too_long_ago"


def test_a_call_that_starts_over_1_day_ahead_is_refused() -> None:
    assert rejection_code(spanning(timedelta(days=1))) == "ended_in_the_future"
    assert rejection_code(spanning(timedelta(days=1, milliseconds=1))) == "started_too_far_ahead"


def test_a_call_may_end_at_most_5_minutes_ahead() -> None:
    assert isinstance(parse_call(spanning(timedelta(minutes=4)), NOW), Call)
    assert rejection_code(spanning(timedelta(minutes=4, milliseconds=1))) == "ended_in_the_future"


def test_an_event_that_costs_nothing_may_end_at_any_time() -> None:
    assert isinstance(parse_call(spanning(timedelta(days=99), disposition="busy", duration_seconds=0), NOW), FreeEvent)


def test_a_call_may_last_at_most_7_days() -> None:
    assert isinstance(parse_call(spanning(-timedelta(days=8), timedelta(days=7)), NOW), Call)
    assert rejection_code(spanning(-timedelta(days=8), timedelta(days=7, seconds=1))) == "invalid_duration"


def test_a_call_that_ended_over_a_second_before_it_started_is_refused() -> None:
    assert rejection_code(event_body(ended_at="2026-11-23T09:59:58.999Z")) == "ended_before_started"
    end = "2026-11-23T10:00:00.000Z"
    times = {"started_at": "2026-11-23T10:00:01.000Z", "answered_at": end, "ended_at": end, "duration_seconds": 1}
    assert call(**times).duration_seconds == 1


@pytest.mark.parametrize("answered_at", ["2026-11-23T09:59:58.999Z", "2026-11-23T10:02:10.001Z"])
def test_a_call_answered_before_its_start_or_after_its_end_is_refused(answered_at: str) -> None:
    assert rejection_code(event_body(answered_at=answered_at)) == "ended_before_started"


@pytest.mark.parametrize(("answered_at", "seconds"), [("2026-11-23T09:59:59.000Z", 130), ("2026-11-23T10:02:10Z", 0)])
def test_times_may_be_a_second_out_of_order(answered_at: str, seconds: int) -> None:
    result = parse_call(event_body(answered_at=answered_at, duration_seconds=seconds), NOW)
    assert not isinstance(result, Rejection)


@pytest.mark.parametrize(("seconds", "taken"), [(130, True), (131, False)])
def test_without_answered_at_a_call_cannot_outlast_its_times(seconds: int, taken: bool) -> None:
    result = parse_call(event_body(answered_at=None, duration_seconds=seconds), NOW)
    assert isinstance(result, Call) if taken else isinstance(result, Rejection) and result.code == "duration_mismatch"


@pytest.mark.parametrize(
    ("ended_at", "taken"), [("08.000", True), ("10.000", True), ("07.999", False), ("10.001", False)]
)
def test_the_duration_may_differ_from_the_times_by_at_most_a_second(ended_at: str, taken: bool) -> None:
    result = parse_call(event_body(ended_at=f"2026-11-23T10:02:{ended_at}Z"), NOW)
    assert isinstance(result, Call) if taken else isinstance(result, Rejection) and result.code == "duration_mismatch"


# --- The same call ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"started_at": "2026-11-23T10:00:00Z"},
        {"started_at": "2026-11-23T12:00:00.0009+02:00"},
        {"ended_at": "2026-11-23t10:02:09z"},
        {"answered_at": "2026-11-23T05:00:04.000-05:00"},
        {"note": "unknown fields are ignored", "nested": {"call_id": "c_2"}},
    ],
    ids=str,
)
def test_the_same_facts_in_another_spelling_are_the_same_call(changes: dict[str, Any]) -> None:
    assert call(**changes) == call()


def test_the_order_of_fields_and_the_spacing_do_not_matter() -> None:
    shuffled = json.dumps(dict(sorted(EVENT.items(), reverse=True)), indent=2)
    assert parse_call(shuffled, NOW) == call()


@pytest.mark.parametrize(
    "changes",
    [
        {"call_id": "c_2"},
        {"account_id": "acct_2"},
        {"to": "+442071838751"},
        {"started_at": "2026-11-23T10:00:00.001Z"},
        {"duration_seconds": 126},
    ],
    ids=str,
)
def test_a_changed_fact_that_decides_the_charge_changes_the_hash(changes: dict[str, Any]) -> None:
    assert call(**changes).facts_hash != call().facts_hash
    assert call(**changes).facts_hash_v1 != call().facts_hash_v1


@pytest.mark.parametrize(
    "changes",
    [
        {"line_id": "line_2"},
        {"user_id": "user_2"},
        {"from": "+14155550101"},
        {"answered_at": "2026-11-23T10:00:04.001Z"},
        {"ended_at": "2026-11-23T10:02:09.001Z"},
    ],
    ids=str,
)
def test_other_facts_are_recorded_and_only_version_1_compares_them(changes: dict[str, Any]) -> None:
    assert call(**changes).facts_hash == call().facts_hash
    assert call(**changes).facts_hash_v1 != call().facts_hash_v1


def test_the_hash_separates_adjacent_fields() -> None:
    assert call(line_id="ab", user_id="c").facts_hash_v1 != call(line_id="a", user_id="bc").facts_hash_v1


def test_an_entry_of_version_1_recognizes_its_call() -> None:
    """The hash that version 1.0.0 stored for the example call."""
    assert call().facts_hash_v1 == "267aa2025f89f54762d982e778d2c9f2"


def test_no_refusal_repeats_a_value_of_the_message() -> None:
    for changes in ({"to": "+44 20 7183 8750"}, {"call_id": "secret\nid"}, {"line_id": "#x"}):
        result = parse_call(json.dumps(EVENT | changes), NOW)
        assert isinstance(result, Rejection)
        assert not any(str(value) in result.detail for value in changes.values())
