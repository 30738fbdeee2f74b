"""How long the balance lasts and the calls that it covers: known answers and the general rule."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.rates.deck import RateRow
from calling_credit.rates.pricing import billed_seconds, price_micros
from calling_credit.usage.forecast import (
    Pace,
    basis,
    depletion_date,
    forecast_view,
    minutes_left,
    pace,
    top_destinations,
)
from tests.domain.examples import deck
from tests.domain.payment_examples import usd

TODAY = date(2026, 11, 23)
AT = "2026-11-23T12:00:00.000Z"


def day(local_date: str, spent: str, category: str = "outbound_international_call") -> dict[str, Any]:
    return {"SK": f"DAY#{local_date}#{category}", "total_micros": -usd(spent)}


def call(destination: str, prefix: str = "44") -> dict[str, Any]:
    return {"destination": destination, "prefix": prefix, "origin": "US"}


def row(rate: str, fee: str = "0") -> RateRow:
    return deck(priced("44", "United Kingdom", rate, connection_fee=fee)).rows[0]


def priced(prefix: str, destination: str, rate: str, **more: str) -> dict[str, str]:
    by_second = {"connection_fee": "0", "minimum_seconds": "1", "increment_seconds": "1"}
    return {"prefix": prefix, "destination": destination, "rate_per_minute": rate} | by_second | more


def test_a_forecast_looks_at_seven_whole_days_and_today() -> None:
    assert basis(TODAY) == (date(2026, 11, 16), TODAY)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([], Pace(0, 1)),
        ([day("2026-11-23", "3")], Pace(usd("3"), 1)),
        ([day("2026-11-22", "4"), day("2026-11-23", "100")], Pace(usd("4"), 1)),
        ([day("2026-11-16", "7"), day("2026-11-20", "7")], Pace(usd("14"), 7)),
        ([day("2026-11-20", "3"), day("2026-11-20", "3", "outbound_premium_call")], Pace(usd("6"), 3)),
        ([day("2026-11-20", "-50", "top_up"), day("2026-11-21", "-1", "adjustment")], Pace(0, 1)),
    ],
    ids=["nothing", "today alone", "today is not over", "quiet days count", "all calls count", "payments do not"],
)
def test_the_pace_covers_calls_on_whole_days_since_the_first(days: list[dict[str, Any]], expected: Pace) -> None:
    assert pace(days, TODAY) == expected


@pytest.mark.parametrize(
    ("available", "spent", "days", "until"),
    [
        ("10", "7", 7, date(2026, 12, 3)),
        ("10.99", "7", 7, date(2026, 12, 3)),
        ("0.5", "7", 7, TODAY),
        ("0", "7", 7, None),
        ("-3", "7", 7, None),
        ("10", "0", 7, None),
        ("100000", "0.07", 7, None),
    ],
)
def test_the_balance_lasts_the_days_that_it_covers(available: str, spent: str, days: int, until: date | None) -> None:
    assert depletion_date(usd(available), Pace(usd(spent), days), TODAY) == until


@pytest.mark.parametrize(
    ("available", "rate", "fee", "minutes"),
    [("10", "1", "0", 10), ("9.9999", "1", "0", 9), ("10", "1", "1", 9), ("0.5", "1", "0", 0), ("-1", "1", "0", 0)],
)
def test_minutes_are_whole_and_the_fee_is_paid_first(available: str, rate: str, fee: str, minutes: int) -> None:
    assert minutes_left(usd(available), row(rate, fee)) == minutes


def test_a_destination_without_a_rate_per_minute_has_no_minutes() -> None:
    assert minutes_left(usd("5"), row("0", "0.1")) is None


@given(
    st.integers(-1_000_000, 10**10),
    st.integers(1, 5_000_000),
    st.integers(0, 2_000_000),
    st.integers(0, 300),
    st.integers(1, 90),
)
def test_the_balance_does_not_cover_one_minute_more(
    available: int, rate: int, fee: int, minimum: int, increment: int
) -> None:
    made = replace(
        row("1"),
        rate_micros_per_minute=rate,
        connection_fee_micros=fee,
        minimum_seconds=minimum,
        increment_seconds=increment,
    )

    def price(minutes: int) -> int:
        return price_micros(billed_seconds(60 * minutes, minimum, increment), rate, fee)

    left = minutes_left(available, made)
    assert left is not None
    assert price(left + 1) > available
    assert left == 0 or price(left) <= available


def test_a_forecast_shows_the_three_most_called_destinations() -> None:
    calls = [call("B"), call("A"), call("C"), call("B"), call("D"), call("D"), call("D"), call("C")]
    assert [found["destination"] for found in top_destinations(calls)] == ["D", "B", "C"]


def test_the_view_shows_todays_prices_of_priced_destinations() -> None:
    prices = deck(
        priced("44", "United Kingdom", "0.02"),
        priced("44", "United Kingdom", "0.05", effective_from="2026-11-01"),
        priced("49", "Germany", "9", country="DE", effective_from="2027-01-01"),
        priced("1", "United States", "0", country="US", category="included"),
    )
    calls = [call("United Kingdom"), call("Germany", "49"), call("Nowhere", "999"), call("United States", "1")]
    assert forecast_view(usd("10"), Pace(usd("14.0007"), 7), calls, prices, AT, TODAY, recharges=False) == {
        "daily_spend": "2.0001",
        "lasts_until": "2026-11-27",
        "basis_days": 7,
        "destinations": [{"destination": "United Kingdom", "rate_per_minute": "0.05", "minutes_left": 200}],
        "recharges": False,
    }


def test_an_account_without_spending_gets_no_end_date() -> None:
    view = forecast_view(usd("10"), Pace(0, 1), [], deck(priced("44", "UK", "0.02")), AT, TODAY, recharges=False)
    assert view == {"daily_spend": None, "lasts_until": None, "basis_days": 1, "destinations": [], "recharges": False}
