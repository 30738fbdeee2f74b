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


def refused(changes: dict[str, Any], zone: str | None = None) -> str:
    """The detail of the refusal of the example with changes."""
    event = canonical_facts(EVENT | changes, zone)
    assert isinstance(event, Rejection), event
    assert event.code == "invalid_timestamp"
    return event.detail


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
    assert "ended_at" not in canonical(unanswered, "ended_at"), "it rang, nobody says how long"


def test_unknown_fields_are_left_out() -> None:
    assert canonical({"note": "x" * 20_000, "__proto__": {}}) == canonical({})


def test_times_are_in_utc() -> None:
    event = canonical({"started_at": "2026-11-23T05:00:00-05:00", "ended_at": "2026-11-23 10:02:09Z"})
    assert (event["started_at"], event["ended_at"]) == ("2026-11-23T10:00:00.000Z", "2026-11-23T10:02:09.000Z")


# --- Times without a zone ---------------------------------------------------------------------------------------------


def local(started: str, ended: str, seconds: int, **more: Any) -> dict[str, Any]:
    """A call with local times."""
    return {"started_at": started, "answered_at": None, "ended_at": ended, "duration_seconds": seconds, **more}


@pytest.mark.parametrize("field", ["started_at", "answered_at", "ended_at"])
@pytest.mark.parametrize("text", ["2026-11-23 10:00:04", "2026-11-23T10:00:04", "2026-11-23 10:00:04.123"])
def test_time_without_a_zone_is_refused_by_its_name(field: str, text: str) -> None:
    assert refused({field: text}).startswith(f"{field} has no time zone")


def test_time_without_a_zone_never_refuses_an_event_that_costs_nothing() -> None:
    free = canonical({"direction": "inbound", "ended_at": "2026-11-23 10:00:04"})
    assert not isinstance(parse_event(free, NOW), Rejection)


def test_zone_of_the_switch_gives_times_their_instants() -> None:
    event = canonical(local("2026-11-23 05:00:00", "2026-11-23T05:02:05.5", 125), zone=NEW_YORK)
    assert (event["started_at"], event["ended_at"]) == ("2026-11-23T10:00:00.000Z", "2026-11-23T10:02:05.500Z")
    kept = canonical({"started_at": "2026-11-23T10:00:00Z"}, zone=NEW_YORK)
    assert kept["started_at"] == "2026-11-23T10:00:00.000Z", "a time with an offset keeps it"


@pytest.mark.parametrize(
    ("started", "ended", "seconds", "instants"),
    [
        ("01:10:00", "01:20:00", 600, ("05:10", "05:20")),
        ("01:50:00", "01:10:00", 1200, ("05:50", "06:10")),
        ("00:50:00", "01:10:00", 1200, ("04:50", "05:10")),
        ("00:50:00", "01:10:00", 4800, ("04:50", "06:10")),
        ("01:10:00", "01:20:00", 4200, ("05:10", "06:20")),
        ("01:50:00", "02:10:00", 4800, ("05:50", "07:10")),
        ("01:50:00", "02:10:00", 60, ("05:50", "07:10")),
    ],
)
def test_hour_that_occurs_twice_is_understood_by_the_other_times(
    started: str, ended: str, seconds: int, instants: tuple[str, str]
) -> None:
    """New York set its clocks back on 2026-11-01 at 06:00 UTC."""
    event = canonical(local(f"2026-11-01 {started}", f"2026-11-01 {ended}", seconds), zone=NEW_YORK)
    assert (event["started_at"][11:16], event["ended_at"][11:16]) == instants


def test_answer_and_duration_choose_between_two_hours() -> None:
    times = local("2026-11-01 01:58:00", "2026-11-01 01:05:00", 300, answered_at="2026-11-01 01:00:00")
    event = canonical(times, zone=NEW_YORK)
    assert [event[name][11:16] for name in ("started_at", "answered_at", "ended_at")] == ["05:58", "06:00", "06:05"]


def test_hour_that_the_clocks_leave_out_is_refused() -> None:
    detail = refused(local("2026-03-08 02:30:00", "2026-03-08 03:30:00", 60), NEW_YORK)
    assert detail.startswith("started_at does not exist in America/New_York")


@pytest.mark.parametrize("text", ["0001-01-01 00:00:00", "9999-12-31 23:59:59", "2026-02-30 10:00:00"])
@pytest.mark.parametrize("zone", [NEW_YORK, "Pacific/Kiritimati", "UTC"])
def test_odd_time_refuses_only_its_event(text: str, zone: str) -> None:
    event = canonical_facts(EVENT | {"started_at": text, "answered_at": text}, zone)
    assert isinstance(event if isinstance(event, Rejection) else parse_event(event, NOW), Rejection)


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
