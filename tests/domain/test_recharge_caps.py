"""The caps of automatic recharge: how often in an hour, how much in a day and in a month of the account's own calendar,
how many declines of one card.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.instants import format_instant, local_date
from calling_credit.recharge.attempts import (
    Attempt,
    State,
    record_cancellation,
    record_claim,
    record_decline,
    record_payment,
)
from calling_credit.recharge.decision import BuyCredit, RechargeContext, Stop, decide_recharge
from calling_credit.topups.declines import Decline
from tests.domain.payment_examples import (
    CARD,
    MANY,
    OTHER_CARD,
    RULE,
    UNLIMITED,
    ago,
    ahead,
    automatic,
    declined_at,
    remembering,
    situation,
    succeeded,
    usd,
)


def moment(text: str) -> datetime:
    """An instant read from its text."""
    return datetime.fromisoformat(text).astimezone(UTC)


# --- Declines of one card ---------------------------------------------------------------------------------------------

FOUR = [ago(days=days) for days in (29, 20, 10, 5)]


def test_four_declines_of_a_card_in_thirty_days_stop_the_rule() -> None:
    state = remembering(*map(declined_at, FOUR))
    assert decide_recharge(situation(state=state)) == Stop("card_declined_too_often", ahead(days=1))
    assert decide_recharge(situation(state=remembering(*map(declined_at, FOUR[1:])))) == BuyCredit(usd("50"))


def test_a_fifth_decline_extends_the_stop() -> None:
    state = remembering(*map(declined_at, [*FOUR, ago(days=1)]))
    assert decide_recharge(situation(state=state)) == Stop("card_declined_too_often", ahead(days=10))


def test_another_cards_declines_do_not_count() -> None:
    foreign = [declined_at(at, OTHER_CARD.fingerprint) for at in FOUR]
    assert decide_recharge(situation(state=remembering(*foreign, *map(declined_at, FOUR[1:])))) == BuyCredit(usd("50"))
    rule = replace(RULE, fingerprint=OTHER_CARD.fingerprint)
    assert decide_recharge(situation(rule=rule, state=remembering(*map(declined_at, FOUR)))) == BuyCredit(usd("50"))


def test_attempts_without_a_decline_do_not_count() -> None:
    others = [replace(declined_at(at), outcome="canceled") for at in FOUR]
    asked = [replace(declined_at(at), outcome="authentication_required") for at in FOUR]
    assert decide_recharge(situation(state=remembering(*others, *asked))) == BuyCredit(usd("50"))


@pytest.mark.parametrize(
    ("oldest", "decision"),
    [
        (ago(days=30), BuyCredit(usd("50"))),
        (ago(days=30, milliseconds=-1), Stop("card_declined_too_often", ahead(milliseconds=1))),
    ],
)
def test_a_decline_counts_for_thirty_days_to_the_millisecond(oldest: str, decision: BuyCredit | Stop) -> None:
    assert decide_recharge(situation(state=remembering(*map(declined_at, [oldest, *FOUR[1:]])))) == decision


# --- An hour ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oldest", "decision"),
    [
        (ago(minutes=60), BuyCredit(usd("50"))),
        (ago(minutes=60, milliseconds=-1), Stop("hourly_count", ahead(milliseconds=1))),
    ],
)
def test_the_hourly_count_covers_a_rolling_hour(oldest: str, decision: BuyCredit | Stop) -> None:
    recent = [succeeded(at) for at in (oldest, ago(minutes=30), ago(minutes=1))]
    assert decide_recharge(situation(state=remembering(*recent))) == decision


def test_a_lowered_hourly_count_stops_until_enough_attempts_expire() -> None:
    recent = [succeeded(ago(minutes=minutes)) for minutes in (50, 40, 10)]
    rule = replace(RULE, hourly_count=1)
    assert decide_recharge(situation(rule=rule, state=remembering(*recent))) == Stop("hourly_count", ahead(minutes=50))


@pytest.mark.parametrize("outcome", ["declined", "canceled", "authentication_required"])
def test_a_failed_attempt_no_longer_counts_toward_the_caps(outcome: str) -> None:
    rule = replace(RULE, hourly_count=1, daily_limit_micros=usd("50"), monthly_limit_micros=usd("50"))
    spent = succeeded(ago(minutes=30))
    for counted in (spent, replace(spent, outcome="claimed")):
        assert decide_recharge(situation(rule=rule, state=remembering(counted))) == Stop(
            "hourly_count", ahead(minutes=30)
        )
    given_back = Attempt(1, spent.at, spent.amount_micros, spent.fingerprint, outcome)  # type: ignore[arg-type]
    lenient = replace(rule, hourly_count=2)
    assert decide_recharge(situation(rule=lenient, state=remembering(given_back))) == BuyCredit(usd("50"))


def test_canceled_attempts_still_count_toward_the_hour() -> None:
    """Nothing else would end it: a cancellation is no decline, so nothing backs off, and its money is given back."""
    record_cancellation = [
        Attempt(n, ago(minutes=50 - n), usd("50"), CARD.fingerprint, "canceled") for n in range(1, 4)
    ]
    assert decide_recharge(situation(state=remembering(*record_cancellation))) == Stop(
        "hourly_count", ahead(minutes=11)
    )


def test_a_charge_counts_from_its_claim_until_it_fails() -> None:
    rule = replace(RULE, daily_limit_micros=usd("50"))
    begun = record_claim(State(), "tu_1", usd("50"), CARD.fingerprint, moment(ago(hours=2)))
    full = Stop("daily_limit", "2026-11-24T05:00:00.000Z")
    assert decide_recharge(situation(rule=rule, state=replace(begun, in_flight=None))) == full
    assert decide_recharge(situation(rule=rule, state=record_payment(begun, automatic(1)))) == full
    assert decide_recharge(situation(rule=rule, state=record_cancellation(begun, automatic(1)))) == BuyCredit(usd("50"))
    refused = record_decline(begun, automatic(1), Decline("insufficient_funds"), moment(ago(hours=2)))
    assert decide_recharge(situation(rule=rule, state=refused)) == BuyCredit(usd("50"))


def test_a_late_payment_counts_on_the_day_of_its_claim() -> None:
    rule = replace(RULE, daily_limit_micros=usd("50"))
    begun = record_claim(State(), "tu_1", usd("50"), CARD.fingerprint, moment(ago(hours=2)))
    late = record_payment(record_cancellation(begun, automatic(1)), automatic(1))
    assert decide_recharge(situation(rule=rule, state=late)) == Stop("daily_limit", "2026-11-24T05:00:00.000Z")


# --- A day and a month of the account's calendar ----------------------------------------------------------------------


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
        # A midnight that does not exist, because clocks go from 0:00 to 1:00: the day begins at that very moment.
        ("America/Havana", "2026-03-07T12:00:00Z", "2026-03-08T05:00:00.000Z", "2026-04-01T04:00:00.000Z"),
        ("Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-23T22:00:00.000Z", "2026-04-30T21:00:00.000Z"),
        # A midnight that comes twice, because clocks go from 1:00 back to 0:00: the day begins at the first.
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


# --- Room -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("daily", "monthly", "maximum", "charge"),
    [
        ("10000", "10000", "10000", "450"),
        ("450", "10000", "10000", "450"),
        ("449.99", "10000", "10000", "400"),
        ("10000", "399.99", "10000", "350"),
        ("10000", "10000", "149.99", "100"),
        ("50", "10000", "500", "50"),
        ("300", "250", "200", "200"),
    ],
)
def test_a_charge_is_cut_to_the_multiples_that_every_cap_allows(
    daily: str, monthly: str, maximum: str, charge: str
) -> None:
    rule = replace(UNLIMITED, daily_limit_micros=usd(daily), monthly_limit_micros=usd(monthly))
    s = situation(rule=rule, posted_micros=usd("-429.80"), maximum_micros=usd(maximum))
    assert decide_recharge(s) == BuyCredit(usd(charge))


def test_a_charge_is_never_a_fraction_of_a_multiple() -> None:
    deep = {"posted_micros": usd("-1000")}
    assert decide_recharge(situation(state=remembering(succeeded(ago(hours=3), usd("120"))), **deep)) == BuyCredit(
        usd("50")
    )
    full = decide_recharge(situation(state=remembering(succeeded(ago(hours=3), usd("150.01"))), **deep))
    assert full == Stop("daily_limit", "2026-11-24T05:00:00.000Z")


def test_a_limit_below_the_spent_amount_stops() -> None:
    rule = replace(RULE, daily_limit_micros=usd("50"))
    assert isinstance(
        decide_recharge(situation(rule=rule, state=remembering(succeeded(ago(hours=3), usd("500"))))), Stop
    )
