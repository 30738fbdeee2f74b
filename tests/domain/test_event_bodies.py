"""A body of finished calls is one event, an array, or one event a line; an unreadable event is refused alone."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.charging.event_bodies import read_body, read_events
from calling_credit.errors import BadRequest, InvalidValue
from calling_credit.rejection_codes import Rejection

JSON, NDJSON = "application/json", "application/x-ndjson; charset=utf-8"
ONE, TWO = {"call_id": "c_1"}, {"call_id": "c_2"}
LINES = '{"call_id": "c_1"}\n{"call_id": "c_2"}'


def read(text: str, content_type: str = JSON) -> list[Any]:
    """The events of a body; a refused one is its code."""
    return [str(event.code) if isinstance(event, Rejection) else event for event in read_events(text, content_type)]


@pytest.mark.parametrize("content_type", [JSON, NDJSON, "", "text/plain", "nonsense"])
@pytest.mark.parametrize(
    ("text", "events"),
    [
        ('{"call_id": "c_1"}', [ONE]),
        ('[{"call_id": "c_1"}, {"call_id": "c_2"}]', [ONE, TWO]),
        ('{\n "call_id": "c_1"\n}\n', [ONE]),
        (LINES, [ONE, TWO]),
        (LINES.replace("\n", "\r\n") + "\r\n", [ONE, TWO]),
        ("\ufeff" + LINES.replace("\n", "\n\n  \n\t\r\n") + "\n\n", [ONE, TWO]),
        (LINES.replace("\n", "\n\ufeff"), [ONE, TWO]),
        ("", []),
        (" \r\n\n\ufeff", []),
        ("[]", []),
        ("7", ["malformed_json"]),
        ('[7, null, "x", [], {"call_id": "c_1"}]', [*["malformed_json"] * 4, ONE]),
        ('{"call_id": "c_1", "call_id": "c_2"}', ["duplicate_key"]),
        ('[{"call_id": "c_1"}, {"a": {"b": 1, "b": 2}}, {"call_id": "c_2"}]', [ONE, "duplicate_key", TWO]),
        ('[{"call_id": "c_1"}, {"call_id": "\\ud800"}]', [ONE, "malformed_json"]),
        (LINES + "\n{broken", [ONE, TWO, "malformed_json"]),
        (LINES + '\n{"a": 1, "a": 2}', [ONE, TWO, "duplicate_key"]),
        ('{"call_id": "a\u2028b"}\n{"call_id": "c_2"}', [{"call_id": "a\u2028b"}, TWO]),
    ],
    ids=ascii,
)
def test_events_are_read_in_order(text: str, content_type: str, events: list[Any]) -> None:
    assert read(text, content_type) == events


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "no json",
        '{"a": 1',
        '[{"call_id": "c_1"}',
        '[{"call_id": "c_1"},]',
        '[{"call_id": "c_1"}] x',
        "{}{}",
        "[" * 100_000,
    ],
)
def test_body_without_readable_events_is_refused(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(text)
    assert refused.value.code == "malformed_json"
    if "\n" not in text:
        assert read(text, NDJSON) == ["malformed_json"]


def test_table_that_begins_no_object_is_read_as_lines_only_if_it_says_so() -> None:
    text = f"call\n{LINES}"
    assert read(text, NDJSON) == ["malformed_json", ONE, TWO]
    with pytest.raises(BadRequest):
        read(text)


@pytest.mark.parametrize("count", [0, 101])
def test_number_of_events_is_limited(count: int) -> None:
    with pytest.raises(InvalidValue) as refused:
        read_body(json.dumps([ONE] * count), JSON, None)
    assert refused.value.code == ("too_many_events" if count else "no_events")
    for text in ("x\n" * 300_000, "{\n" * 101, f"[{'{},' * 300_000}{{}}]"):
        with pytest.raises(InvalidValue):
            read_body(text, NDJSON, None)
    assert len(read_body("\n".join([json.dumps(ONE)] * 100), NDJSON, None)) == 100


@pytest.mark.parametrize("name", ["", "native", "FREESWITCH_JSON", "freeswitch", "../x"])
def test_unknown_format_is_refused_and_the_formats_are_listed(name: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        read_body("{}", JSON, name)
    assert refused.value.code == "unknown_format"
    assert "freeswitch_json, asterisk_csv, kamailio_acc, twilio_status, telnyx_call" in refused.value.detail


@given(st.text() | st.text(alphabet='{}[]",: \n01\\ud8'), st.sampled_from([JSON, NDJSON]))
def test_any_text_is_read_or_refused(text: str, content_type: str) -> None:
    try:
        events = read_events(text, content_type)
    except BadRequest:
        return
    assert all(isinstance(event, dict | Rejection) for event in events)


@given(st.lists(st.dictionaries(st.text(), st.none() | st.text() | st.integers()), max_size=5), st.booleans())
def test_what_was_written_is_read(events: list[dict[str, Any]], is_lines: bool) -> None:
    text = "\n".join(map(json.dumps, events)) if is_lines else json.dumps(events)
    assert read(text, NDJSON if is_lines else JSON) == events
