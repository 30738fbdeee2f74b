"""Instants sort as text, calendar dates follow the account's zone, and only RFC 3339 is accepted."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.errors import InvalidValue
from calling_credit.instants import (
    canonical_instant,
    format_instant,
    local_date,
    parse_date,
    parse_instant,
    widened_utc_window,
    zone,
)

START, END = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (1900, 2200))
moments = st.datetimes(min_value=START, max_value=END, timezones=st.just(UTC))
ZONES = [
    "UTC",
    "America/New_York",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Nuuk",
]


@given(moments)
def test_an_instant_round_trips_in_milliseconds(moment: datetime) -> None:
    assert parse_instant(format_instant(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@given(moments, moments)
def test_instants_sort_as_text_in_time_order(first: datetime, second: datetime) -> None:
    if format_instant(first) < format_instant(second):
        assert first < second


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00.000Z"),
        ("2026-11-23t10:00:00z", "2026-11-23T10:00:00.000Z"),
        ("2026-11-23T10:00:00.250Z", "2026-11-23T10:00:00.250Z"),
        ("2026-11-23t10:00:00.250Z", "2026-11-23T10:00:00.250Z"),
        ("2026-11-23T10:00:00.250z", "2026-11-23T10:00:00.250Z"),
        ("2026-11-23T10:00:00.5Z", "2026-11-23T10:00:00.500Z"),
        ("2026-11-23T10:00:00.123999999Z", "2026-11-23T10:00:00.123Z"),
        ("2026-11-23T15:45:00+05:45", "2026-11-23T10:00:00.000Z"),
        ("2026-11-22T23:00:00-11:00", "2026-11-23T10:00:00.000Z"),
        ("2026-11-23T10:00:00-00:00", "2026-11-23T10:00:00.000Z"),
    ],
)
def test_every_spelling_of_an_instant_has_one_canonical_form(text: str, instant: str) -> None:
    moment = parse_instant(text)
    assert moment is not None
    assert format_instant(moment) == canonical_instant(text, moment) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23",
        "2026-11-23T10:00:00",
        "2026-11-23T10:00Z",
        "2026-11-23 10:00:00Z",
        "2026-11-23T10:00:00,5Z",
        "2026-11-23T10:00:00.Z",
        "2026-11-23T10:00:00.1234567890Z",
        "2026-11-23T10:00:00+0530",
        "2026-11-23T10:00:00+05",
        "2026-11-23T10:00:00+05:60",
        "2026-11-23T10:00:00+24:00",
        "2026-11-23T24:00:00Z",
        "2026-11-23T10:60:00Z",
        "2026-11-23T10:00:60Z",
        "2026-02-30T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "\uff12026-11-23T10:00:00Z",
        "2026-11-23T10:00:00Z\n",
        " 2026-11-23T10:00:00Z",
        "1795431600",
        "2026-W48-1T10:00:00Z",
    ],
)
def test_text_that_is_not_rfc_3339_is_rejected(text: str) -> None:
    assert parse_instant(text) is None


@pytest.mark.parametrize(
    ("instant", "time_zone", "day"),
    [
        ("2026-11-01T03:59:59.999Z", "America/New_York", "2026-10-31"),
        ("2026-11-01T04:00:00.000Z", "America/New_York", "2026-11-01"),
        ("2026-11-02T04:59:59.999Z", "America/New_York", "2026-11-01"),
        ("2026-11-02T05:00:00.000Z", "America/New_York", "2026-11-02"),
        ("2026-11-23T09:59:59.999Z", "Pacific/Kiritimati", "2026-11-23"),
        ("2026-11-23T10:00:00.000Z", "Pacific/Kiritimati", "2026-11-24"),
        ("2026-11-23T11:59:59.999Z", "Etc/GMT+12", "2026-11-22"),
        ("2026-11-23T18:15:00.000Z", "Asia/Kathmandu", "2026-11-24"),
    ],
)
def test_the_local_date_follows_the_zone_on_clock_changes(instant: str, time_zone: str, day: str) -> None:
    moment = parse_instant(instant)
    assert moment is not None
    assert local_date(moment, time_zone) == day


@given(moments, st.sampled_from(ZONES))
def test_the_widened_window_contains_every_moment_of_its_dates(moment: datetime, time_zone: str) -> None:
    day = date.fromisoformat(local_date(moment, time_zone))
    low, high = widened_utc_window(day, day)
    assert low <= format_instant(moment) < high


@pytest.mark.parametrize("day", [date.min, date.min + timedelta(days=1), date.max - timedelta(days=1), date.max])
def test_the_widened_window_never_overflows(day: date) -> None:
    low, high = widened_utc_window(day, day)
    assert low <= f"{day.isoformat()}T00:00:00.000Z" <= high


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Olympus",
        "EST5EDT4",
        "../UTC",
        "/etc/passwd",
        "America",
        "a\0b",
        "\ud800",
        "x" * 300,
        "UTC\n",
        "localtime",
        "right/UTC",
        "posix/UTC",
    ],
    ids=ascii,
)
def test_a_zone_outside_iana_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        zone(name)
    assert refused.value.code == "invalid_time_zone"


def test_a_calendar_date_is_read() -> None:
    assert parse_date("2028-02-29", "from") == date(2028, 2, 29)


@pytest.mark.parametrize(
    "text",
    ["", "2026-02-29", "2026-2-3", "20261123", "2026-W48-1", "2026-11-23T00:00:00Z", "\uff12026-11-23", "0000-01-01"],
)
def test_an_invalid_calendar_date_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="from must be a calendar date") as refused:
        parse_date(text, "from")
    assert refused.value.code == "invalid_date"
