"""A message is a call or a refusal with a stable code and a sentence; it is never an exception."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.call_events import MAX_BODY_CHARACTERS, Call, Rejection, parse_call
from calling_credit.instants import format_instant
from tests.domain.examples import EVENT, NOW, call, event_body

UNANSWERED = {"disposition": "no_answer", "duration_seconds": 0, "answered_at": None}


def code_of(body: str) -> str:
    """The code a body is refused with."""
    judged = parse_call(body, NOW)
    assert isinstance(judged, Rejection), judged
    assert judged.detail.endswith(".")
    assert judged.detail.count(" ") > 2
    return judged.code


def spanning(start: timedelta, length: timedelta = timedelta(seconds=60), **changes: Any) -> str:
    """A call that began so long after (or before) now and was answered at once."""
    started = format_instant(NOW + start)
    times = {"started_at": started, "answered_at": started, "ended_at": format_instant(NOW + start + length)}
    return event_body(**{**times, "duration_seconds": int(length.total_seconds()), **changes})


def test_the_example_is_a_call() -> None:
    judged = call()
    assert judged.key == ("acct_1", "2026-11-23T10:00:00.000Z", "c_1")
    assert (judged.duration_seconds, judged.ended_at) == (125, "2026-11-23T10:02:09.000Z")


# --- What is no call event at all -------------------------------------------------------------------------------------


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
    assert code_of(body) == "malformed_json"


def test_a_body_over_the_size_limit_is_refused() -> None:
    padding = MAX_BODY_CHARACTERS - len(event_body()) - len(', "extra": ""')
    assert isinstance(parse_call(event_body(extra="x" * padding), NOW), Call)
    assert code_of(event_body(extra="x" * (padding + 1))) == "body_too_large"


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
    judged = parse_call(json.dumps(EVENT | {field: value}), NOW)
    assert isinstance(judged, Call | Rejection)


# --- Each field -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", sorted(set(EVENT) - {"answered_at"}))
def test_a_refusal_names_the_missing_field(field: str) -> None:
    body = json.dumps({name: value for name, value in EVENT.items() if name != field})
    judged = parse_call(body, NOW)
    assert isinstance(judged, Rejection)
    assert judged.code == "missing_field"
    assert judged.detail.startswith(f"{field} is missing")


@pytest.mark.parametrize("field", ["calling_number", "dialled_number"])
def test_internal_field_names_are_not_accepted(field: str) -> None:
    outside = {"calling_number": "from", "dialled_number": "to"}[field]
    event = {name: value for name, value in EVENT.items() if name != outside} | {field: EVENT[outside]}
    assert code_of(json.dumps(event)) == "missing_field"


@pytest.mark.parametrize("version", ["2", "1.0", "", 1, None])
def test_another_version_is_refused(version: object) -> None:
    assert code_of(event_body(version=version)) == "unknown_version"


@pytest.mark.parametrize("field", ["call_id", "account_id", "line_id", "user_id"])
@pytest.mark.parametrize(
    "value", ["", "a b", "a#b", "a/b", "_a", "é", "a\n", "a\0", "x" * 97, 7, None, ["a"]], ids=ascii
)
def test_an_id_that_is_unsafe_in_a_key_is_refused(field: str, value: object) -> None:
    assert code_of(event_body(**{field: value})) == "invalid_id"


def test_ids_are_accepted_up_to_their_maximum_length() -> None:
    assert call(call_id="c" * 96, account_id="a" * 64, line_id="l" * 64, user_id="u" * 64).call_id == "c" * 96
    for field in ("account_id", "line_id", "user_id"):
        assert code_of(event_body(**{field: "x" * 65})) == "invalid_id"


@pytest.mark.parametrize("direction", ["OUTBOUND", "internal", "", None, 1])
def test_another_direction_is_refused(direction: object) -> None:
    assert code_of(event_body(direction=direction)) == "invalid_direction"


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "442071838750",
        "00442071838750",
        "+0442071838750",
        "+44 2071838750",
        "+44-2071838750",
        "+44\uff12071838750",
        "+٤٤٢٠٧١٨٣٨٧٥٠",
        "+442071838750\n",
        "+123456",
        "+1234567890123456",
        "anonymous",
        "sip:a@b",
        "9" * 7,
        "1",
        "*67",
        442071838750,
        None,
    ],
    ids=ascii,
)
def test_an_invalid_dialled_number_is_refused(number: object) -> None:
    assert code_of(event_body(to=number)) == "invalid_number"


@pytest.mark.parametrize("number", ["", "4155550100", "911", "+1415555\uff10100", "+14155550100\n", None], ids=ascii)
def test_a_calling_number_that_is_not_e164_is_refused(number: object) -> None:
    assert code_of(event_body(from_=number)) == "invalid_number"


@pytest.mark.parametrize("number", ["911", "988", "11", "116117", "+1234567", "+123456789012345"])
def test_short_codes_and_e164_numbers_of_any_length_are_accepted(number: str) -> None:
    assert call(to=number).dialled_number == number


@pytest.mark.parametrize("field", ["started_at", "ended_at"])
@pytest.mark.parametrize("value", ["", "yesterday", "2026-11-23", "2026-11-23T10:00:00", 1795431600, None])
def test_a_time_that_is_not_rfc_3339_is_refused(field: str, value: object) -> None:
    assert code_of(event_body(**{field: value})) == "invalid_timestamp"


@pytest.mark.parametrize("value", ["", "soon", "2026-11-23T10:00:04", 7, True, [], {}])
def test_an_answered_call_needs_a_readable_answered_at(value: object) -> None:
    assert code_of(event_body(answered_at=value)) == "invalid_timestamp"


def test_an_answered_call_without_answered_at_is_refused() -> None:
    assert code_of(event_body(answered_at=None)) == "missing_field"
    assert (
        code_of(json.dumps({name: value for name, value in EVENT.items() if name != "answered_at"})) == "missing_field"
    )


@pytest.mark.parametrize("value", [None, "", "soon", 7, [], "2026-11-23T10:00:04.000Z", "2030-01-01T00:00:00Z"])
def test_answered_at_of_an_unanswered_call_is_ignored(value: object) -> None:
    assert call(**UNANSWERED | {"answered_at": value}) == call(**UNANSWERED)


@pytest.mark.parametrize("value", [-1, 86_401, 10**30, 125.0, 125.5, "125", True, None, [125], float("inf")], ids=ascii)
def test_an_absurd_duration_is_refused(value: object) -> None:
    assert code_of(event_body(duration_seconds=value)) == "invalid_duration"


@pytest.mark.parametrize("disposition", ["", "ANSWERED", "hung_up", None, 1])
def test_another_disposition_is_refused(disposition: object) -> None:
    assert code_of(event_body(disposition=disposition)) == "invalid_disposition"


@pytest.mark.parametrize("disposition", ["no_answer", "busy", "failed", "canceled"])
def test_every_unanswered_call_has_a_duration_of_zero(disposition: str) -> None:
    assert call(**UNANSWERED | {"disposition": disposition}).duration_seconds == 0
    assert (
        code_of(event_body(**UNANSWERED | {"disposition": disposition, "duration_seconds": 1})) == "duration_mismatch"
    )


# --- Times that contradict each other, the clock, or the duration -----------------------------------------------------


def test_a_call_may_start_at_most_90_days_ago() -> None:
    assert isinstance(parse_call(spanning(-timedelta(days=90)), NOW), Call)
    assert code_of(spanning(-timedelta(days=90, milliseconds=1))) == "started_too_long_ago"


def test_a_call_may_start_at_most_1_day_ahead() -> None:
    assert isinstance(parse_call(spanning(timedelta(days=1)), NOW), Call)
    assert code_of(spanning(timedelta(days=1, milliseconds=1))) == "started_too_far_ahead"


def test_a_call_may_last_at_most_24_hours() -> None:
    assert isinstance(parse_call(spanning(-timedelta(days=2), timedelta(hours=24)), NOW), Call)
    assert code_of(spanning(-timedelta(days=2), timedelta(hours=24, seconds=1))) == "invalid_duration"


def test_a_call_that_ended_before_it_started_is_refused() -> None:
    assert code_of(event_body(ended_at="2026-11-23T09:59:59.999Z")) == "ended_before_started"
    assert code_of(event_body(**UNANSWERED, ended_at="2026-11-23T09:59:59.999Z")) == "ended_before_started"


@pytest.mark.parametrize("answered_at", ["2026-11-23T09:59:59.999Z", "2026-11-23T10:02:09.001Z"])
def test_a_call_answered_before_its_start_or_after_its_end_is_refused(answered_at: str) -> None:
    assert code_of(event_body(answered_at=answered_at)) == "ended_before_started"


@pytest.mark.parametrize(
    ("ended_at", "taken"), [("08.000", True), ("10.000", True), ("07.999", False), ("10.001", False)]
)
def test_the_duration_may_differ_from_the_times_by_at_most_a_second(ended_at: str, taken: bool) -> None:
    judged = parse_call(event_body(ended_at=f"2026-11-23T10:02:{ended_at}Z"), NOW)
    assert isinstance(judged, Call) if taken else isinstance(judged, Rejection) and judged.code == "duration_mismatch"


def test_an_answered_call_may_last_zero_seconds() -> None:
    at = EVENT["answered_at"]
    assert call(duration_seconds=0, ended_at=at).duration_seconds == 0


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


def test_the_last_value_of_a_repeated_field_counts() -> None:
    body = event_body()[:-1] + ', "call_id": "c_2"}'
    assert parse_call(body, NOW) == call(call_id="c_2")


@pytest.mark.parametrize(
    "changes",
    [
        {"call_id": "c_2"},
        {"account_id": "acct_2"},
        {"line_id": "line_2"},
        {"user_id": "user_2"},
        {"direction": "inbound"},
        {"from": "+14155550101"},
        {"to": "+442071838751"},
        {"started_at": "2026-11-23T10:00:00.001Z"},
        {"answered_at": "2026-11-23T10:00:04.001Z"},
        {"ended_at": "2026-11-23T10:02:09.001Z"},
        {"duration_seconds": 126},
        UNANSWERED,
    ],
    ids=str,
)
def test_any_changed_fact_changes_the_hash(changes: dict[str, Any]) -> None:
    assert call(**changes).facts_hash != call().facts_hash


def test_the_hash_separates_adjacent_fields() -> None:
    assert call(line_id="ab", user_id="c").facts_hash != call(line_id="a", user_id="bc").facts_hash


def test_no_refusal_repeats_a_value_of_the_message() -> None:
    for changes in ({"to": "+44 20 7183 8750"}, {"from": "4155550100x"}, {"call_id": "secret id"}, {"line_id": "#x"}):
        judged = parse_call(json.dumps(EVENT | changes), NOW)
        assert isinstance(judged, Rejection)
        assert not any(str(value) in judged.detail for value in changes.values())
