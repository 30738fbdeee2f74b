"""Events of every switch get one canonical form; an event in that form is not changed again."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.call_events import parse_event
from calling_credit.calls import Call
from calling_credit.charging.canonical_events import canonical_facts, whole_seconds
from calling_credit.charging.dialed_numbers import with_caller, with_dialed
from calling_credit.dialing import read_dialed
from calling_credit.rejection_codes import Rejection
from tests.domain.examples import EVENT, NOW, call

NEW_YORK = "America/New_York"


def canonical(changes: dict[str, Any], *absent: str, zone: str | None = None) -> dict[str, Any]:
    """The canonical form of the example with changes, without some fields."""
    event = canonical_facts({name: value for name, value in (EVENT | changes).items() if name not in absent}, zone)
    assert not isinstance(event, Rejection), event
    return event


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        (125, 125),
        (125.0, 125),
        (20.6, 21),
        (20.0001, 21),
        (0.2, 1),
        (0.0, 0),
        ("125", 125),
        (" 125 ", 125),
        ("20.6", 21),
        ("20.0", 20),
        ("0", 0),
        ("007", 7),
        (1e-7, 1),
        (-1, -1),
        (-0.5, -0.5),
        ("-1", "-1"),
        ("1:05", "1:05"),
        ("1e9", "1e9"),
        (1e9, 1_000_000_000),
        ("", ""),
        ("٣", "٣"),
        ("9" * 30, "9" * 30),
        (True, True),
        (None, None),
        ([5], [5]),
    ],
    ids=repr,
)
def test_duration_is_whole_seconds_and_a_fraction_is_rounded_up(sent: object, seconds: object) -> None:
    assert (whole_seconds(sent), type(whole_seconds(sent))) == (seconds, type(seconds))


@pytest.mark.parametrize("sent", [float("inf"), float("nan")])
def test_duration_that_is_no_number_is_refused(sent: float) -> None:
    result = parse_event(canonical({"duration_seconds": sent}), NOW)
    assert isinstance(result, Rejection)
    assert result.code == "invalid_duration"


@pytest.mark.parametrize(
    ("sent", "meaning"),
    [
        ("ANSWERED", "answered"),
        ("completed", "answered"),
        ("NO ANSWER", "no_answer"),
        ("no-answer", "no_answer"),
        ("NOANSWER", "no_answer"),
        ("BUSY", "busy"),
        ("FAILED", "failed"),
        ("CONGESTION", "failed"),
        ("CANCEL", "canceled"),
        ("cancelled", "canceled"),
        (" Answered ", "answered"),
        ("hung_up", "hung_up"),
        (None, None),
        (7, 7),
    ],
)
def test_disposition_has_the_spellings_of_the_formats(sent: object, meaning: object) -> None:
    assert canonical({"disposition": sent})["disposition"] == meaning


def test_what_a_record_does_not_have_may_be_absent_null_or_empty() -> None:
    optional = ("version", "user_id", "answered_at", "ended_at")
    absent = canonical({}, *optional)
    assert absent["ended_at"] == "2026-11-23T10:02:05.000Z"
    assert canonical(dict.fromkeys(optional)) == absent
    assert canonical(dict.fromkeys(optional[1:], "")) == absent
    result = parse_event(absent, NOW)
    assert isinstance(result, Call)
    assert result.facts_hash == call().facts_hash


def test_end_is_the_answer_and_the_duration_after_it() -> None:
    assert canonical({}, "ended_at")["ended_at"] == "2026-11-23T10:02:09.000Z"
    unanswered = {"disposition": "busy", "duration_seconds": 0}
    assert "ended_at" not in canonical(unanswered, "ended_at"), "the event does not say how long it rang"


def test_unknown_fields_are_left_out() -> None:
    assert canonical({"note": "x" * 20_000, "__proto__": {}}) == canonical({})


def test_times_are_in_utc() -> None:
    event = canonical({"started_at": "2026-11-23T05:00:00-05:00", "ended_at": "2026-11-23 10:02:09Z"})
    assert (event["started_at"], event["ended_at"]) == ("2026-11-23T10:00:00.000Z", "2026-11-23T10:02:09.000Z")


# --- Numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["+442071838750", "+4402071838750", "911", "+911", "+1911", "411", "988", "+36061234567"]
)
def test_number_that_earlier_releases_read_is_unchanged(text: str) -> None:
    assert read_dialed(text, "US") == read_dialed(text, "GB") == text


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("020 7183 8750", "GB", "+442071838750"),
        ("(415) 555-0100", "US", "+14155550100"),
        ("555-0100", "US", None),
        ("01144 20 7183 8750", "US", "+442071838750"),
        ("0044 20 7183 8750", "DE", "+442071838750"),
        ("030 123456", "DE", "+4930123456"),
        ("9-1-1", "US", "911"),
        ("anonymous", "US", None),
        ("sip:1@b", "US", None),
    ],
)
def test_dialed_number_is_read_in_the_country_of_the_line(text: str, country: str, number: str | None) -> None:
    assert read_dialed(text, country) == number
    assert with_dialed({"to": text}, country) == {"to": number or text}


def test_caller_that_is_no_number_is_kept() -> None:
    for caller in ("anonymous", "1001", "911", None, 7):
        assert with_caller({"from": caller}, "US") == {"from": caller}
    assert with_caller({}, "US") == {}
    assert with_caller({"from": "(415) 555-0100"}, "US") == {"from": "+14155550100"}


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())
SENSIBLE = st.sampled_from(
    ["2026-11-01 01:10:00", "2026-11-23T10:00:00Z", "answered", "COMPLETED", "12.5", 12.5, 0, "+442071838750", "0", ""]
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(EVENT, VALUES | SENSIBLE)), st.sampled_from([None, NEW_YORK]))
def test_canonical_event_is_not_changed_again(changes: dict[str, Any], zone: str | None) -> None:
    event = canonical_facts(EVENT | changes, zone)
    if not isinstance(event, Rejection):
        event = with_dialed(with_caller(event, "US"), "US")
        again = canonical_facts(event, None)
        if isinstance(again, Rejection):
            assert isinstance(parse_event(event, NOW), Rejection)
        else:
            again = with_dialed(with_caller(again, "US"), "GB")
            assert {name: repr(value) for name, value in again.items()} == {
                name: repr(value) for name, value in event.items()
            }


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(EVENT, VALUES | SENSIBLE)))
def test_call_that_earlier_releases_accepted_has_the_same_facts(changes: dict[str, Any]) -> None:
    before = parse_event(EVENT | changes, NOW)
    event = canonical_facts(EVENT | changes)
    if isinstance(before, Call):
        assert not isinstance(event, Rejection)
        after = parse_event(with_dialed(with_caller(event, "US"), "US"), NOW)
        assert isinstance(after, Call)
        assert (after.key, after.facts_hash) == (before.key, before.facts_hash)
        if before.calling_number is not None:
            assert after.facts_hash_v1 == before.facts_hash_v1
