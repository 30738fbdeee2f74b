"""Rules that hold for the records of every format: nothing raises, each record has one item, and seconds are exact."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.calls import Call, FreeEvent
from calling_credit.charging.formats.readers import READERS, Format
from calling_credit.charging.formats.records import MAX_RECORD
from calling_credit.rejection_codes import Rejection
from tests.domain.record_examples import (
    BEGUN,
    BUILDERS,
    CALL_IDS,
    DURATIONS,
    ENDS,
    parsed,
    read,
    read_event,
    record,
    rejection,
    sample,
    samples,
    seconds_charged,
)

FORMS = list(Format)


# --- One item a record ------------------------------------------------------------------------------------------------


def test_every_format_has_a_reader_and_a_sample() -> None:
    assert set(READERS) == set(Format) == set(BUILDERS) == {form for form, _ in samples()}


@pytest.mark.parametrize(("form", "name"), samples())
def test_the_service_accepts_each_event_of_a_sample(form: Format, name: str) -> None:
    items = read(form, sample(form, name))
    assert items
    for item in items:
        if isinstance(item, dict):
            assert isinstance(parsed(item), Call | FreeEvent), item


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\r\n \r\n"], ids=ascii)
def test_records_on_lines_of_their_own_have_one_item_each(form: Format, end: str) -> None:
    seconds = (7, 60, 125)
    lines = [
        record(
            form,
            **{DURATIONS[form]: str(count), ENDS[form]: ""}
            if form == Format.ASTERISK_CSV
            else {DURATIONS[form]: str(count)},
        )
        for count in seconds
    ]
    body = "\ufeff" + end.join(line.strip() for line in lines) + end
    assert [item["duration_seconds"] for item in read(form, body)] == list(seconds)  # type: ignore[index]


@pytest.mark.parametrize(
    "form", [Format.FREESWITCH_JSON, Format.KAMAILIO_ACC, Format.TELNYX_CALL, Format.TWILIO_STATUS]
)
def test_a_bad_line_between_records_has_its_own_refusal(form: Format) -> None:
    good = record(form)
    items = read(form, f"{good}\n%%%\n{good}\n")
    assert [isinstance(item, dict) for item in items] == [True, False, True]


@pytest.mark.parametrize("form", [Format.FREESWITCH_JSON, Format.KAMAILIO_ACC, Format.TELNYX_CALL])
def test_an_array_of_records_has_one_item_for_each_element(form: Format) -> None:
    items = read(form, f"[{record(form)}, 5, {record(form)}]")
    assert [isinstance(item, dict) for item in items] == [True, False, True]
    assert isinstance(items[1], Rejection)
    assert items[1].code == "malformed_json"


@pytest.mark.parametrize("form", FORMS)
def test_a_record_of_64_kilobytes_is_read_and_a_larger_one_refused(form: Format) -> None:
    name = {Format.ASTERISK_CSV: "lastdata"}.get(form, "X")
    size = MAX_RECORD - len(record(form, **{name: ""}).strip())
    assert read_event(form, record(form, **{name: "x" * (size - 10)}))["duration_seconds"] == 60
    assert rejection(form, record(form, **{name: "x" * (size + 1)}))[0] == "body_too_large"


@pytest.mark.parametrize(
    "form", [Format.FREESWITCH_JSON, Format.KAMAILIO_ACC, Format.TWILIO_STATUS, Format.TELNYX_CALL]
)
@pytest.mark.parametrize("value", ["", " ", "a\nb", "x" * 256], ids=["empty", "blank", "line", "long"])
def test_a_call_without_a_usable_id_is_refused_by_its_field(form: Format, value: str) -> None:
    code, detail, call_id = rejection(form, record(form, **{CALL_IDS[form]: value}))
    assert code == ("invalid_id" if value.strip() else "missing_field")
    assert call_id is None
    assert {"id": "call_leg_id"}.get(CALL_IDS[form], CALL_IDS[form]) in detail


@pytest.mark.parametrize("form", FORMS)
def test_an_unknown_field_changes_nothing(form: Format) -> None:
    if form == Format.ASTERISK_CSV:
        extra = record(form).strip() + ",,,3,new,newer\n"
        plain = read_event(form, record(form))
    else:
        extra, plain = record(form, Unknown="x"), read_event(form, record(form))
    assert read_event(form, extra) == plain


# --- Seconds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60", 60), ("0060", 60), (" 60 ", 60), ("60.0", 60), ("59.02", 60), ("59,02", 60), ("6e1", 60)],
)
def test_a_duration_is_charged_as_whole_seconds(form: Format, text: str, seconds: int) -> None:
    event = read_event(form, record(form, **{DURATIONS[form]: text}))
    assert event["duration_seconds"] == seconds_charged(event) == seconds


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ["604801", "-5", "1:00", "60s", "+60"])
def test_an_impossible_duration_is_refused_by_its_field(form: Format, text: str) -> None:
    code, detail, call_id = rejection(form, record(form, **{DURATIONS[form]: text}))
    assert (code, detail.split()[0]) == ("invalid_duration", DURATIONS[form])
    assert call_id


@pytest.mark.parametrize("form", [Format.FREESWITCH_JSON, Format.ASTERISK_CSV, Format.KAMAILIO_ACC])
@given(seconds=st.integers(1, 7_000), drift=st.integers(-5, 5))
def test_an_end_that_is_seconds_off_refuses_no_call(form: Format, seconds: int, drift: int) -> None:
    event = read_event(form, timed(form, seconds, drift))
    assert event["duration_seconds"] == seconds_charged(event) == seconds


@pytest.mark.parametrize("form", [Format.FREESWITCH_JSON, Format.ASTERISK_CSV, Format.KAMAILIO_ACC])
@pytest.mark.parametrize("drift", [-30, 6, 90, 3_600])
def test_a_record_that_contradicts_itself_is_refused(form: Format, drift: int) -> None:
    outcome = parsed(read_event(form, timed(form, 60, drift)))
    assert isinstance(outcome, Rejection)
    assert outcome.code == "duration_mismatch"


def timed(form: Format, seconds: int, drift: int) -> str:
    """A record whose end differs from its answer plus its duration."""
    start = datetime.fromisoformat(BEGUN) - timedelta(hours=2)
    answer = start + timedelta(seconds=5)
    end = answer + timedelta(seconds=seconds + drift)
    if form == Format.ASTERISK_CSV:
        times = {
            name: f"{time:%Y-%m-%d %H:%M:%S}" for name, time in (("start", start), ("answer", answer), ("end", end))
        }
        return record(form, billsec=str(seconds), **times)
    names = (
        ("start_epoch", "answer_epoch", "end_epoch")
        if form == Format.FREESWITCH_JSON
        else ("started_at", "start_time", "end_time")
    )
    epochs = {
        name: str(int(time.astimezone(UTC).timestamp())) for name, time in zip(names, (start, answer, end), strict=True)
    }
    return record(form, **{DURATIONS[form]: str(seconds)}, **epochs)
