"""The daily and monthly caps of automatic recharge in the account's own calendar."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.instants import format_instant, local_date
from calling_credit.recharge.attempts import (
    State,
    record_claim,
    record_payment,
)
from calling_credit.recharge.decision import RechargeContext, Stop, decide_recharge
from tests.domain.payment_examples import (
    CARD,
    MANY,
    UNLIMITED,
    ago,
    automatic,
    moment,
    remembering,
    situation,
    succeeded,
    usd,
)


@pytest.mark.parametrize(
    ("zone", "at", "counts"),
    [
        ("America/New_York", "2026-11-23T05:00:00.000Z", True),
        ("America/New_York", "2026-11-23T04:59:59.999Z", False),
        ("UTC", "2026-11-23T04:59:59.999Z", True),
        ("UTC", "2026-11-22T23:59:59.999Z", False),
        ("Pacific/Kiritimati", "2026-11-23T10:00:00.000Z", True),
        ("Pacific/Kiritimati", "2026-11-23T09:59:59.999Z", False),
        ("Asia/Kathmandu", "2026-11-22T18:15:00.000Z", True),
        ("Asia/Kathmandu", "2026-11-22T18:14:59.999Z", False),
    ],
)
def test_a_day_begins_at_the_accounts_own_midnight(zone: str, at: str, counts: bool) -> None:
    rule = replace(UNLIMITED, daily_limit_micros=usd("60"))
    decision = decide_recharge(situation(rule=rule, state=remembering(succeeded(at)), time_zone=zone))
    assert isinstance(decision, Stop) == counts


@pytest.mark.parametrize(
    ("zone", "now", "at", "counts"),
    [
        ("America/New_York", "2026-11-23T12:00:00Z", "2026-11-01T04:00:00.000Z", True),
        ("America/New_York", "2026-11-23T12:00:00Z", "2026-11-01T03:59:59.999Z", False),
        ("America/New_York", "2026-12-01T04:59:59Z", "2026-11-10T12:00:00.000Z", True),
        ("America/New_York", "2026-12-01T05:00:00Z", "2026-11-10T12:00:00.000Z", False),
        ("Pacific/Kiritimati", "2026-11-30T10:00:00Z", "2026-11-30T09:59:59.999Z", False),
        ("UTC", "2028-02-29T23:59:59Z", "2028-02-01T00:00:00.000Z", True),
        ("UTC", "2028-03-01T00:00:00Z", "2028-02-29T23:59:59.999Z", False),
        ("UTC", "2027-11-23T12:00:00Z", "2026-11-23T12:00:00.000Z", False),
    ],
)
def test_a_month_follows_the_accounts_calendar(zone: str, now: str, at: str, counts: bool) -> None:
    rule = replace(UNLIMITED, monthly_limit_micros=usd("60"))
    s = situation(rule=rule, state=remembering(succeeded(at)), time_zone=zone, now=moment(now))
    assert isinstance(decide_recharge(s), Stop) == counts


def test_a_month_with_a_clock_change_counts_from_its_first_hour() -> None:
    rule = replace(UNLIMITED, monthly_limit_micros=usd("650"))
    first = record_claim(State(), "tu_1", usd("600"), CARD.fingerprint, moment("2026-10-01T00:00:00+02:00"))
    last = moment("2026-10-31T23:30:00+01:00")
    second = record_claim(record_payment(first, automatic(1)), "tu_2", usd("50"), CARD.fingerprint, last)
    s = situation(rule=rule, state=record_payment(second, automatic(2)), time_zone="Europe/Berlin", now=last)
    assert decide_recharge(s) == Stop("monthly_limit", "2026-10-31T23:00:00.000Z")


@pytest.mark.parametrize(
    ("zone", "now", "next_day", "next_month"),
    [
        ("UTC", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
        ("UTC", "2027-01-31T12:00:00Z", "2027-02-01T00:00:00.000Z", "2027-02-01T00:00:00.000Z"),
        ("UTC", "2028-02-28T12:00:00Z", "2028-02-29T00:00:00.000Z", "2028-03-01T00:00:00.000Z"),
        ("America/New_York", "2026-03-07T12:00:00Z", "2026-03-08T05:00:00.000Z", "2026-04-01T04:00:00.000Z"),
        ("America/New_York", "2026-03-08T12:00:00Z", "2026-03-09T04:00:00.000Z", "2026-04-01T04:00:00.000Z"),
        ("America/New_York", "2026-11-01T05:30:00Z", "2026-11-02T05:00:00.000Z", "2026-12-01T05:00:00.000Z"),
        ("Pacific/Kiritimati", "2026-11-30T09:59:59Z", "2026-11-30T10:00:00.000Z", "2026-11-30T10:00:00.000Z"),
        ("Pacific/Kiritimati", "2026-11-30T10:00:00Z", "2026-12-01T10:00:00.000Z", "2026-12-31T10:00:00.000Z"),
        # Clocks go from 0:00 to 1:00, so midnight does not exist: the day begins at that moment.
        ("America/Havana", "2026-03-07T12:00:00Z", "2026-03-08T05:00:00.000Z", "2026-04-01T04:00:00.000Z"),
        ("Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-23T22:00:00.000Z", "2026-04-30T21:00:00.000Z"),
        # Clocks go from 1:00 back to 0:00, so midnight occurs twice: the day begins at the first.
        ("America/Havana", "2026-10-31T12:00:00Z", "2026-11-01T04:00:00.000Z", "2026-11-01T04:00:00.000Z"),
    ],
)
def test_a_cap_ends_at_the_next_local_day_or_month(zone: str, now: str, next_day: str, next_month: str) -> None:
    spent = remembering(succeeded(ago(moment(now))))
    for limits, stop in (
        ({"daily_limit_micros": usd("50")}, Stop("daily_limit", next_day)),
        ({"monthly_limit_micros": usd("50")}, Stop("monthly_limit", next_month)),
    ):
        rule = replace(UNLIMITED, **limits)  # type: ignore[arg-type]
        assert decide_recharge(situation(rule=rule, state=spent, time_zone=zone, now=moment(now))) == stop


ZONES = [
    "UTC",
    "America/New_York",
    "America/Havana",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Niue",
]


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_a_cap_ends_in_the_first_millisecond_of_another_day_or_month(zone: str, now: datetime) -> None:
    spent = remembering(succeeded(format_instant(now)))
    for limit, length in (("daily_limit_micros", 10), ("monthly_limit_micros", 7)):
        rule = replace(UNLIMITED, **{limit: usd("50")})  # type: ignore[arg-type]
        stop = decide_recharge(
            RechargeContext(rule, spent, 0, 0, is_closed=False, time_zone=zone, maximum_micros=MANY, now=now)
        )
        assert isinstance(stop, Stop)
        assert stop.until is not None
        until = moment(stop.until)
        before = until - timedelta(milliseconds=1)
        assert local_date(now, zone)[:length] == local_date(before, zone)[:length] != local_date(until, zone)[:length]
