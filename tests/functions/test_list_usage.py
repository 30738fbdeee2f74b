"""Customers read the balance and the usage of their own account."""

from datetime import timedelta

import pytest

from tests.domain.examples import NOW, deck_csv
from tests.functions.usage_bench import MONTH, call_at
from tests.harness.cards import DECLINED, VISA
from tests.harness.table import sample_event
from tests.harness.till import Till
from tests.harness.world import INCLUDED, JAPAN, PREMIUM, World

pytestmark = pytest.mark.dynamodb


# --- Balance ----------------------------------------------------------------------------------------------------------


def test_the_balance_has_exactly_the_documented_shape(world: World) -> None:
    world.adjust("25.00", "k_1")
    world.clock.now += timedelta(minutes=1)
    world.deliver({})
    answer = world.get("/balance")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body == {
        "account_id": "acct_1",
        "currency": "USD",
        "time_zone": "UTC",
        "status": "open",
        "frozen": False,
        "balance": "24.70",
        "held": "0.00",
        "available": "24.70",
        "auto_recharge": {
            "enabled": False,
            "threshold": None,
            "amount": None,
            "status": "disabled",
            "reason": None,
            "next_attempt_at": None,
        },
        "included_minutes": [],
        "expiring": [],
        "updated_at": "2026-11-23T12:01:00.000Z",
    }


def test_the_balance_shows_the_recharge_rule_and_why_it_waits(till: Till) -> None:
    card = till.card(DECLINED)
    till.set_rule(card, threshold="10.00", amount="50.00")
    rule = {"enabled": True, "threshold": "10.00", "amount": "50.00"}
    active = {"status": "active", "reason": None, "next_attempt_at": None}
    assert till.world.get("/balance").body["auto_recharge"] == rule | active
    till.stream()
    waits = {"status": "paused", "reason": "backing_off", "next_attempt_at": "2026-11-23T13:00:00.000Z"}
    assert till.world.get("/balance").body["auto_recharge"] == rule | waits
    till.set_rule(till.card(VISA))
    till.stream()
    shown = till.world.get("/balance").body
    assert (shown["balance"], shown["available"], shown["auto_recharge"]) == ("50.00", "50.00", rule | active)
    till.rule(enabled=False)
    assert till.world.get("/balance").body["auto_recharge"] == rule | {
        "enabled": False,
        "status": "disabled",
        "reason": None,
        "next_attempt_at": None,
    }


def test_a_balance_below_zero_has_a_sign(world: World) -> None:
    world.deliver({})
    assert world.get("/balance").body["balance"] == "-0.30"


# --- Usage ------------------------------------------------------------------------------------------------------------


def test_the_sample_request_is_answered_with_the_months_usage(world: World) -> None:
    world.create_account("acct_meridian")
    world.deliver({"account_id": "acct_meridian"})
    answer = world.invoke("list_usage", sample_event("list_usage"))
    assert answer.status == 200
    assert answer.body == {
        "currency": "USD",
        "total": "0.30",
        "categories": [
            {
                "category": "outbound_international_call",
                "label": "Outbound International Call",
                "calls": 1,
                "billed_seconds": 180,
                "total": "0.30",
            }
        ],
        "days": [{"date": "2026-11-23", "total": "0.30"}],
    }


def test_usage_adds_up_calls_by_category_and_day_and_leaves_payments_out(world: World) -> None:
    world.adjust("25.00", "k_1")
    world.deliver(
        call_at("c_1", "2026-11-01T00:00"),
        call_at("c_2", "2026-11-01T23:59"),
        call_at("c_3", "2026-11-22T10:00", to=PREMIUM),
        call_at("c_4", "2026-11-22T11:00", to=JAPAN),
        call_at("c_5", "2026-11-22T12:00", to=INCLUDED),
        call_at("c_6", "2026-10-31T23:59"),
    )
    usage = world.get("/usage", **MONTH).body
    assert usage["days"] == [{"date": "2026-11-01", "total": "0.20"}, {"date": "2026-11-22", "total": "2.5123"}]
    assert [(row["category"], row["calls"], row["billed_seconds"], row["total"]) for row in usage["categories"]] == [
        ("outbound_international_call", 3, 180, "0.2123"),
        ("outbound_premium_call", 1, 60, "2.50"),
    ]
    assert usage["total"] == "2.7123"


def test_usage_without_dates_is_this_month_so_far_in_the_accounts_zone(world: World) -> None:
    world.create_account("acct_k", time_zone="Pacific/Kiritimati")
    world.clock.now = NOW.replace(month=12, day=1, hour=0) - timedelta(hours=13)
    world.deliver(
        {**call_at("c_1", "2026-11-30T09:59"), "account_id": "acct_k"},
        {**call_at("c_2", "2026-11-30T10:00"), "account_id": "acct_k"},
    )
    assert world.get("/usage", account="acct_k").body["days"] == [{"date": "2026-12-01", "total": "0.10"}]


def test_usage_of_days_to_come_is_empty_and_allowed(world: World) -> None:
    assert world.get("/usage", from_="2030-01-01", to="2030-12-31").body == {
        "currency": "USD",
        "total": "0.00",
        "categories": [],
        "days": [],
    }


def test_a_category_of_the_operators_own_is_shown_title_cased(world: World) -> None:
    world.stack.publish(deck_csv({"category": "satellite_call"}), "deck-2")
    world.deliver({})
    assert [row["label"] for row in world.get("/usage", **MONTH).body["categories"]] == ["Satellite Call"]


def test_paid_top_ups_are_not_usage(till: Till) -> None:
    till.paid("25.00", till.card())
    till.world.deliver({})
    usage = till.world.get("/usage", **MONTH).body
    assert (usage["total"], usage["days"]) == ("0.30", [{"date": "2026-11-23", "total": "0.30"}])
    assert [row["category"] for row in usage["categories"]] == ["outbound_international_call"]
    assert till.world.get("/balance").body["balance"] == "24.70"
