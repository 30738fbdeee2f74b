"""Times without a zone are local times of the switch that registered one, and are refused from any other."""

from typing import Any

import pytest

from calling_credit.call_events import parse_event
from calling_credit.charging.canonical_events import canonical_facts
from calling_credit.rejection_codes import Rejection
from tests.domain.examples import EVENT, NOW

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
