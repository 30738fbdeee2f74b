"""The forecast of an account's balance and the simulation of a recharge rule."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.recharge import simulation
from tests.harness.cards import MASTERCARD
from tests.harness.http import MEMBER, Answer
from tests.harness.recharging import automatic, leave, talk, usd
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
RULE = {"threshold": "40.00", "amount": "50.00"}


def simulate(world: World, body: Any = RULE, **claims: Any) -> Answer:
    """Simulate a rule."""
    return world.ask("change_settings", "POST", "/auto-recharge/simulate", body, **claims)


def days_of_calls(till: Till) -> None:
    """Two premium minutes on each of the last eight days, and a balance of $16."""
    start = till.world.clock.now
    till.world.clock.now = start - timedelta(days=40)
    till.world.adjust("52.00", "opening")
    for days in range(8, 0, -1):
        till.world.clock.now = start - timedelta(days=days)
        talk(till)
    till.world.clock.now = start


# --- GET /forecast ----------------------------------------------------------------------------------------------------


def test_the_balance_lasts_at_the_pace_of_the_last_seven_days(till: Till) -> None:
    days_of_calls(till)
    answer = till.world.get("/forecast")
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.body == {
        "daily_spend": "4.50",
        "lasts_until": "2026-11-26",
        "basis_days": 7,
        "destinations": [{"destination": "United States - Premium", "rate_per_minute": "2.00", "minutes_left": 7}],
        "recharges": False,
    }


def test_an_account_without_calls_has_no_pace_and_no_destinations(world: World) -> None:
    world.adjust("5.00", "k_1")
    nothing: dict[str, Any] = {
        "daily_spend": None,
        "lasts_until": None,
        "basis_days": 1,
        "destinations": [],
        "recharges": False,
    }
    assert world.get("/forecast").body == nothing


def test_a_forecast_is_of_the_callers_own_account_and_of_one_that_exists(till: Till) -> None:
    days_of_calls(till)
    till.world.create_account("acct_2")
    assert till.world.get("/forecast", account="acct_2").body["daily_spend"] is None
    assert till.world.get("/forecast", account="acct_none").code == "unknown_account"


def test_a_simulation_changes_nothing(till: Till) -> None:
    days_of_calls(till)
    before = till.everything()
    assert till.world.get("/forecast").status == 200
    assert simulate(till.world).status == 200
    assert till.everything() == before


# --- POST /auto-recharge/simulate -------------------------------------------------------------------------------------


def test_a_rule_is_played_over_the_last_thirty_days(till: Till) -> None:
    days_of_calls(till)
    assert simulate(till.world).body == {
        "from": "2026-10-24T12:00:00.000Z",
        "to": "2026-11-23T12:00:00.000Z",
        "calls": 8,
        "charges": 1,
        "charged": "50.00",
        "tax": "0.00",
        "total": "50.00",
        "refused_calls": 0,
        "lowest_balance": "38.50",
        "stops": [],
        "charges_now": None,
        "charged_at_once": None,
    }


@pytest.mark.parametrize("limits", [{}, {"hourly_count": 1}, {"daily_limit": "100.00"}], ids=str)
def test_a_simulated_rule_matches_the_real_one(till: Till, limits: dict[str, Any]) -> None:
    till.world.clock.now -= timedelta(days=31)
    leave(till, "60.00")
    till.world.clock.now += timedelta(days=31)
    rule: dict[str, Any] = {
        "threshold": "50.00",
        "amount": "50.00",
        "daily_limit": "1000.00",
        "hourly_count": 20,
    } | limits
    till.set_rule(till.card(MASTERCARD), **rule)
    for _ in range(24):
        till.later(minutes=5)
        talk(till, minutes=3)
        till.stream()
        till.sweep()
        till.stream()
    real = automatic(till)
    assert {item["status"] for item in real} == {"succeeded"}
    played = simulate(till.world, rule).body
    assert (played["calls"], played["refused_calls"]) == (24, 0)
    assert (played["charges"], played["charged"]) == (
        len(real),
        f"{sum(item['amount_micros'] for item in real) // usd('1')}.00",
    )
    assert bool(played["stops"]) == bool(limits)


def test_omitted_settings_come_from_the_current_rule_or_the_defaults(till: Till) -> None:
    days_of_calls(till)
    assert simulate(till.world, {"threshold": "40.00"}).code == "missing_field"
    till.set_rule(till.card(MASTERCARD), threshold="5.00", amount="30.00")
    assert simulate(till.world, {"threshold": "40.00"}).body["charged"] == "30.00"
    assert simulate(till.world, {}).body["charged"] == "0.00"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"threshold": "1e3", "amount": "50.00"}, "invalid_amount"),
        ({"threshold": "40.00", "amount": "1.00"}, "amount_out_of_range"),
        ({"threshold": "40.00", "amount": "50.00", "daily_limit": "10.00"}, "limit_below_amount"),
        ({"threshold": "40.00", "amount": "50.00", "hourly_count": 0}, "invalid_field"),
        ([], "malformed_json"),
    ],
)
def test_an_invalid_rule_is_not_simulated(world: World, body: Any, code: str) -> None:
    assert simulate(world, body).code == code


def test_members_simulate_rules_for_their_own_account_only(till: Till) -> None:
    days_of_calls(till)
    till.world.create_account("acct_2")
    assert simulate(till.world, **MEMBER).body["calls"] == 8
    assert simulate(till.world, **{"custom:account_id": "acct_2"}).body["calls"] == 0


def test_of_a_busy_account_the_latest_entries_are_played(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    days_of_calls(till)
    monkeypatch.setattr(simulation, "MAX_ENTRIES", 3)
    played = simulate(till.world).body
    assert (played["calls"], played["from"]) == (3, "2026-11-20T11:58:00.000Z")
    assert played["charged"] == "50.00"


def test_overlapping_postings_leave_out_no_entry(till: Till) -> None:
    """The balance shows the start of the first posting as its last change."""
    days_of_calls(till)
    expected = simulate(till.world).body
    till.paid("100.00", till.card())
    till.world.stack.dynamodb.update_item(
        TableName=till.world.stack.table_name,
        Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "BALANCE"}},
        UpdateExpression="SET updated_at = :before",
        ExpressionAttributeValues={":before": {"S": "2026-11-01T00:00:00.000Z"}},
    )
    assert simulate(till.world).body["lowest_balance"] == expected["lowest_balance"]
