"""A simulated rule over past calls: its charges, denied calls, and stops."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from calling_credit.instants import format_instant
from calling_credit.recharge.decision import Rule, StopReason
from calling_credit.recharge.simulation import Simulation, simulation_view
from tests.domain.examples import NOW
from tests.domain.payment_examples import MANY, RULE, usd

BEGIN = NOW - timedelta(days=30)
FREE_HAND = replace(
    RULE,
    threshold_micros=usd("10"),
    amount_micros=usd("50"),
    hourly_count=100,
    daily_limit_micros=MANY,
    monthly_limit_micros=MANY,
)


def entry(at: datetime, amount: str, kind: str = "call_charged", **more: Any) -> dict[str, Any]:
    category = {"call_charged": "outbound_international_call", "top_up_paid": "top_up"}.get(kind, "adjustment")
    shown = {"kind": kind, "category": category, "amount_micros": usd(amount), **more}
    return {"SK": f"ENTRY#{format_instant(at)}#c_{at.timestamp()}", **shown}


def played(entries: list[dict[str, Any]], posted: str, rule: Rule = FREE_HAND, maximum: str = "500") -> Simulation:
    simulation = Simulation(rule, usd(posted), "UTC", usd(maximum))
    simulation.play(entries, BEGIN, NOW)
    return simulation


def every(minutes: int, amount: str, count: int, begin: datetime = BEGIN) -> list[dict[str, Any]]:
    return [entry(begin + timedelta(minutes=minutes * (n + 1)), amount) for n in range(count)]


def test_a_balance_at_the_threshold_charges_nothing() -> None:
    simulation = played(every(60, "-1", 5), "15")
    assert (simulation.calls, simulation.charges, simulation.refused) == (5, 0, 0)
    assert (simulation.posted_micros, simulation.lowest_micros) == (usd("10"), usd("10"))


def test_falling_below_the_threshold_charges_the_amount_once() -> None:
    simulation = played(every(60, "-1", 6), "15")
    assert (simulation.charges, simulation.charged_micros) == (1, usd("50"))
    assert (simulation.posted_micros, simulation.lowest_micros) == (usd("59"), usd("9"))


def test_a_rule_that_begins_below_its_threshold_charges_at_once() -> None:
    simulation = played([], "-429.80")
    assert (simulation.charges, simulation.charged_micros) == (1, usd("450"))


def test_a_call_above_the_balance_is_denied_and_costs_nothing() -> None:
    simulation = played([entry(NOW, "-30"), entry(NOW, "-12")], "12", replace(FREE_HAND, threshold_micros=0))
    assert (simulation.refused, simulation.posted_micros, simulation.charges) == (1, 0, 0)


def test_manual_payments_count_and_past_recharges_do_not() -> None:
    by_hand = entry(BEGIN, "20", "top_up_paid", payment="manual")
    automatic = entry(BEGIN, "70", "top_up_paid", payment="automatic")
    reversal = entry(BEGIN, "-70", "credit_reversed") | {"category": "reversal"}
    given = entry(BEGIN, "-2", "balance_adjusted")
    assert played([by_hand, automatic, reversal, given], "12").posted_micros == usd("30")


def test_charging_resumes_when_the_hour_of_a_full_count_is_over() -> None:
    rule = replace(FREE_HAND, hourly_count=1)
    simulation = played(every(10, "-50", 8), "50", rule)
    assert (simulation.charges, simulation.stops) == (3, {StopReason.HOURLY_COUNT: 2}), (
        "the third an hour after the last call"
    )
    assert simulation.refused == 5


def test_the_daily_limit_stops_until_the_accounts_midnight() -> None:
    rule = replace(FREE_HAND, threshold_micros=usd("50"), daily_limit_micros=usd("100"))
    simulation = played(every(60, "-45", 40), "50", rule)
    assert simulation.stops == {StopReason.DAILY_LIMIT: 3}
    assert simulation.charged_micros == usd("350"), "two a day on 24 to 26 October, one at the midnight after"


def test_the_view_shows_the_simulation_with_messages() -> None:
    simulation = played(every(10, "-50", 8), "50", replace(FREE_HAND, hourly_count=1))
    message = "Paused: the hourly number of recharges was reached."
    assert simulation_view(simulation, BEGIN, NOW) == {
        "from": "2026-10-24T12:00:00.000Z",
        "to": "2026-11-23T12:00:00.000Z",
        "calls": 8,
        "charges": 3,
        "charged": "150.00",
        "tax": "0.00",
        "total": "150.00",
        "refused_calls": 5,
        "lowest_balance": "0.00",
        "stops": [{"reason": "hourly_count", "message": message, "count": 2}],
    }


@given(
    st.lists(st.tuples(st.integers(0, 30 * 24 * 60 - 1), st.integers(1, 200)), max_size=60),
    st.integers(0, 100),
    st.integers(5, 100),
    st.integers(1, 4),
    st.integers(100, 400),
)
def test_sums_add_up_and_caps_hold_for_any_calls(
    made: list[tuple[int, int]], threshold: int, amount: int, hourly: int, daily: int
) -> None:
    rule = replace(
        FREE_HAND,
        threshold_micros=usd(str(threshold)),
        amount_micros=usd(str(amount)),
        hourly_count=hourly,
        daily_limit_micros=usd(str(daily)),
    )
    calls = [entry(BEGIN + timedelta(minutes=at), f"-{price}") for at, price in sorted(made)]
    simulation = played(calls, "40", rule)
    paid = sum(usd(str(price)) for _, price in made)
    assert simulation.posted_micros >= min(0, simulation.lowest_micros)
    assert simulation.calls == len(made)
    assert simulation.posted_micros >= usd("40") + simulation.charged_micros - paid
    assert simulation.charged_micros <= 31 * usd(str(daily))
    assert simulation.charges <= len(simulation.state.recent)
    assert all(attempt.amount_micros % rule.amount_micros == 0 for attempt in simulation.state.recent)
    if not simulation.refused:
        assert simulation.posted_micros == usd("40") + simulation.charged_micros - paid
