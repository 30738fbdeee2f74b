"""Anything that arrives as a record gives items and raises nothing; no hostile field charges a call."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.charging.formats.readers import Format
from calling_credit.charging.formats.records import MAX_READ
from calling_credit.rejection_codes import Rejection, UnreadableRecord
from tests.domain.record_examples import DURATIONS, read, record, sample, samples

FORMS = list(Format)
CONTENT_TYPES = ("", "application/json", "application/x-www-form-urlencoded", "application/x-www-form-base64-encoded")
HOSTILE = ("", " ", "-1", "1e9", "9" * 40, "NaN", "\0", "é" * 400, "[]", "null", "0", "=1+1", "\u202e", "٣")


def is_item(item: object) -> bool:
    """Whether a reader may return this."""
    if isinstance(item, dict):
        assert isinstance(item["duration_seconds"], int)
        assert isinstance(item["call_id"], str)
        return len(json.dumps(item)) < 16_384
    return isinstance(item, Rejection | UnreadableRecord)


@pytest.mark.parametrize("form", FORMS)
@given(body=st.binary(max_size=300), content_type=st.sampled_from(CONTENT_TYPES))
def test_any_bytes_give_a_list_of_items(form: Format, body: bytes, content_type: str) -> None:
    for text in (body.decode("utf-8", "replace"), body.decode("latin-1"), body.decode("utf-8", "surrogateescape")):
        assert all(map(is_item, read(form, text, content_type)))


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
def test_a_damaged_sample_gives_a_list_of_items(form: Format, data: st.DataObject) -> None:
    text = sample(form, data.draw(st.sampled_from([name for of_form, name in samples() if of_form == form])))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 200)))
    damaged = text[:start] + data.draw(st.text(max_size=20)) + text[end:]
    assert all(map(is_item, read(form, damaged, data.draw(st.sampled_from(CONTENT_TYPES)))))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(HOSTILE),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "variables",
                    "callflow",
                    "caller_profile",
                    "uuid",
                    "billsec",
                    "data",
                    "payload",
                    "event_type",
                    "id",
                    "call_id",
                    "duration",
                    "start_time",
                    "CallSid",
                    "CallStatus",
                    "Timestamp",
                    "call_leg_id",
                    "method",
                    "sip_code",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("form", FORMS)
@given(body=JSON)
def test_any_json_gives_a_list_of_items(form: Format, body: Any) -> None:
    assert all(map(is_item, read(form, json.dumps(body))))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000, '"' * 5_001, "\ud800", "&" * 9_999]
)
def test_hostile_text_is_refused_and_raises_nothing(form: Format, text: str) -> None:
    assert all(isinstance(item, Rejection | UnreadableRecord) for item in read(form, text))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_a_hostile_duration_charges_nothing_or_is_named(form: Format, value: str) -> None:
    (item,) = read(form, record(form, **{DURATIONS[form]: value}))
    if isinstance(item, dict):
        assert item["duration_seconds"] in (0, 60), "0 or empty: no talk time, or that of the times"
    else:
        assert isinstance(item, UnreadableRecord)
        assert item.rejection.code in ("invalid_duration", "missing_field")
        assert DURATIONS[form] in item.rejection.detail


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("line", ["a", '"', "{}", "cdr=", "x=1"])
def test_a_body_with_countless_lines_is_read_only_until_it_is_too_long(form: Format, line: str) -> None:
    assert len(read(form, f"{line}\n" * 5_000)) in (1, MAX_READ)
    assert len(read(form, f"{record(form).strip()}\n" * 103)) == MAX_READ == 101


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_body_has_no_answered_call(form: Format) -> None:
    for text in ("", " \r\n", "\ufeff", "[]"):
        assert all(isinstance(item, Rejection) for item in read(form, text))
