"""Limits against fraud, set by operator and customer, and the effective limit of both."""

from dataclasses import replace
from typing import Any

import pytest

from calling_credit.accounts.limits import (
    DEFAULT_LIMITS,
    Limits,
    customer_limits_view,
    effective_limits,
    limits_from_item,
    limits_to_item,
    limits_view,
    parse_customer_limits,
    parse_limits,
)
from calling_credit.errors import InvalidValue
from tests.domain.admission_examples import DOLLAR, row

SAID: dict[str, Any] = {
    "daily_spend": "20.00",
    "call_price": "5.50",
    "simultaneous_calls": 3,
    "high_cost": "0.0014",
    "blocked": ["+1900", "CU"],
    "high_cost_allowed": ["+8816"],
}
KEPT = Limits(20 * DOLLAR, 5_500_000, 3, 1_400, ("+1900", "CU"), ("+8816",))


def test_default_limits_apply_until_they_are_set() -> None:
    assert effective_limits(None, None) == DEFAULT_LIMITS
    assert limits_view(DEFAULT_LIMITS) == {
        "daily_spend": "200.00",
        "call_price": "50.00",
        "simultaneous_calls": 30,
        "high_cost": "2.00",
        "blocked": [],
        "high_cost_allowed": [],
    }
    assert limits_to_item(DEFAULT_LIMITS) is None, "new defaults reach every account without limits of its own"


def test_given_limits_are_stored_and_shown() -> None:
    limits = parse_limits(SAID, DEFAULT_LIMITS)
    assert limits == KEPT
    assert limits_view(limits) == SAID
    assert limits_from_item(limits_to_item(limits)) == limits


def test_an_absent_limit_stays_and_null_restores_the_default() -> None:
    assert parse_limits({}, KEPT) == KEPT
    changed = parse_limits({"daily_spend": None, "blocked": None, "simultaneous_calls": 0}, KEPT)
    assert changed == replace(KEPT, daily_spend_micros=200 * DOLLAR, blocked=(), simultaneous_calls=0)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (None, "invalid_limits"),
        ([], "invalid_limits"),
        ({"daily": "5.00"}, "invalid_limits"),
        ({"daily_spend": 5}, "invalid_amount"),
        ({"call_price": "5.00001"}, "invalid_amount"),
        ({"high_cost": "-1.00"}, "amount_out_of_range"),
        ({"daily_spend": "1000000.01"}, "amount_out_of_range"),
        ({"simultaneous_calls": -1}, "invalid_limits"),
        ({"simultaneous_calls": 1.0}, "invalid_limits"),
        ({"simultaneous_calls": True}, "invalid_limits"),
        ({"simultaneous_calls": 10_001}, "invalid_limits"),
        ({"blocked": "CU"}, "invalid_place"),
        ({"blocked": ["Cuba"]}, "invalid_place"),
        ({"blocked": ["+"]}, "invalid_place"),
        ({"blocked": ["1900"]}, "invalid_place"),
        ({"high_cost_allowed": [1900]}, "invalid_place"),
        ({"high_cost_allowed": [f"+{digit}" for digit in range(1, 10)]}, "invalid_place"),
        ({"high_cost_allowed": ["+44"]}, "invalid_place"),
        ({"high_cost_allowed": ["+120"]}, "invalid_place"),
        ({"high_cost_allowed": ["+447"]}, "invalid_place"),
        ({"high_cost_allowed": ["+999"]}, "invalid_place"),
        ({"high_cost_allowed": ["001"]}, "invalid_place"),
        ({"high_cost_allowed": [f"+8816{number:02d}" for number in range(21)]}, "invalid_place"),
        ({"blocked": ["CU"] * 301}, "invalid_place"),
    ],
)
def test_an_invalid_limit_refuses_the_whole_request(said: Any, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_limits(said, KEPT)
    assert caught.value.code == code


def test_a_customer_can_tighten_but_not_loosen_limits() -> None:
    own = parse_customer_limits({"daily_spend": "10.00", "simultaneous_calls": 2, "blocked": ["JM"]}, {}, KEPT)
    assert customer_limits_view(own) == {"daily_spend": "10.00", "simultaneous_calls": 2, "blocked": ["JM"]}
    holds = effective_limits(limits_to_item(KEPT), own)
    assert (holds.daily_spend_micros, holds.simultaneous_calls) == (10 * DOLLAR, 2)
    assert (holds.call_price_micros, holds.blocked) == (5_500_000, ("+1900", "CU", "JM"))
    for name, value in (("daily_spend", "20.01"), ("call_price", "6.00"), ("simultaneous_calls", 4)):
        with pytest.raises(InvalidValue, match="above_operators_limit"):
            parse_customer_limits({name: value}, own, KEPT)
    assert parse_customer_limits({"daily_spend": None}, own, KEPT) == {"simultaneous_calls": 2, "blocked": ["JM"]}
    with pytest.raises(InvalidValue, match="invalid_limits"):
        parse_customer_limits({"daily": None}, own, KEPT)


def test_a_customer_limit_survives_later_operator_changes() -> None:
    own = parse_customer_limits({"daily_spend": "150.00"}, {}, DEFAULT_LIMITS)
    assert effective_limits({"daily_spend_micros": 5 * DOLLAR}, own).daily_spend_micros == 5 * DOLLAR
    assert effective_limits({"daily_spend_micros": 900 * DOLLAR}, own).daily_spend_micros == 150 * DOLLAR


@pytest.mark.parametrize(("minimum", "increment", "is_high"), [(60, 60, False), (0, 90, True), (600, 1, True)])
def test_a_minimum_above_a_minute_raises_the_first_minutes_cost(minimum: int, increment: int, is_high: bool) -> None:
    billed = row(minimum_seconds=minimum, increment_seconds=increment)
    assert Limits(high_cost_micros=DOLLAR).refuses_cost(billed, "442071838750") is is_high


def test_the_first_minute_with_its_fee_decides_high_cost() -> None:
    limits = Limits(high_cost_micros=DOLLAR)
    assert not limits.refuses_cost(row(), "442071838750")
    assert limits.refuses_cost(row(connection_fee_micros=1), "442071838750")
    for place in ("GB", "+44", "+442071838750"):
        assert not replace(limits, high_cost_allowed=(place,)).refuses_cost(
            row(connection_fee_micros=1), "442071838750"
        )


@pytest.mark.parametrize("place", ["CU", "XK", "+212", "+770", "+1900", "+1204", "+8816", "+870", "+4478393"])
def test_a_country_or_a_prefix_inside_a_country_is_accepted(place: str) -> None:
    assert parse_limits({"high_cost_allowed": [place]}, DEFAULT_LIMITS).high_cost_allowed == (place,)


def test_twenty_places_may_be_allowed() -> None:
    places = [f"+8816{number:02d}" for number in range(20)]
    assert parse_limits({"high_cost_allowed": places}, DEFAULT_LIMITS).high_cost_allowed == tuple(places)


def test_a_stored_place_of_an_earlier_release_stays_until_it_is_sent_again() -> None:
    stored = {"high_cost_allowed": ["+1", "+44"]}
    assert customer_limits_view(stored) == stored
    assert effective_limits(None, stored).high_cost_allowed == ("+1", "+44")
    assert parse_customer_limits({"daily_spend": "5.00"}, stored, DEFAULT_LIMITS)["high_cost_allowed"] == ["+1", "+44"]
    assert "high_cost_allowed" not in parse_customer_limits({"high_cost_allowed": None}, stored, DEFAULT_LIMITS)
    with pytest.raises(InvalidValue, match=r"must not name \+1:"):
        parse_customer_limits(stored, stored, DEFAULT_LIMITS)
