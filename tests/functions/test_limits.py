"""The limits that a customer sets apply to their calls, and refusals that suggest fraud are reported."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.accounts import limit_changes
from calling_credit.accounts.limits import Limits, parse_customer_limits
from tests.functions.freeze_bench import account, limits
from tests.harness.http import MEMBER
from tests.harness.table import sample_event
from tests.harness.wire import Pass, Sent, Wire, refusal
from tests.harness.world import MOBILE, PREMIUM, UNITED_KINGDOM, World

pytestmark = pytest.mark.dynamodb


OPERATORS = {
    "daily_spend": "200.00",
    "call_price": "50.00",
    "simultaneous_calls": 30,
    "high_cost": "2.00",
    "blocked": [],
    "high_cost_allowed": [],
    "daily_top_up": "2000.00",
    "first_country_cap": None,
    "young_money_cap": None,
}
ADDRESS = sample_event("change_settings")["requestContext"]["http"]["sourceIp"]


# --- Limits -----------------------------------------------------------------------------------------------------------


def test_limits_are_shown_to_everyone_of_the_account(world: World) -> None:
    assert limits(world) == {
        "daily_spend": "200.00",
        "call_price": "50.00",
        "simultaneous_calls": 30,
        "high_cost": "2.00",
        "blocked": [],
        "high_cost_allowed": [],
        "own": {},
        "operator": OPERATORS,
        "frozen": False,
        "version": 0,
    }


def test_a_billing_admin_tightens_them_and_calls_follow_at_once(world: World) -> None:
    world.adjust("50.00", "credit")
    answer = world.change("/limits", {"call_price": "0.50", "blocked": ["+447"]}, sub="someone")
    assert (answer.status, answer.body["own"]) == (200, {"call_price": "0.50", "blocked": ["+447"]})
    assert world.authorize(to=MOBILE).body["reason"] == "destination_blocked"
    assert world.authorize("c_2").body["limited_by"] == "call_price_limit"
    item = account(world)
    assert (item["own_limits_by"], item["own_limits_from"]) == ("user:someone", ADDRESS)
    world.change("/limits", {"call_price": None, "blocked": []})
    assert world.authorize("c_3", MOBILE).body["held"] == "2.50"


def test_high_cost_destinations_are_allowed_by_name(world: World) -> None:
    world.adjust("50.00", "credit")
    assert world.authorize(to=PREMIUM).body["reason"] == "high_cost_destination"
    assert world.change("/limits", {"high_cost_allowed": ["+1900"]}).status == 200
    assert world.authorize(to=PREMIUM).body["held"] == "20.50"


def test_the_operators_limits_are_the_most_a_customer_may_set(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "20.00"}})
    answer = world.change("/limits", {"daily_spend": "20.01"})
    assert (answer.status, answer.code) == (422, "above_operators_limit")
    shown = limits(world)
    assert (shown["daily_spend"], shown["operator"]) == ("20.00", OPERATORS | {"daily_spend": "20.00"})
    assert world.change("/limits", {"daily_spend": "5.00"}).body["daily_spend"] == "5.00"


def test_two_concurrent_limit_changes_are_both_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    others = iter([{"blocked": ["CU"]}, {"call_price": "1.00"}])

    def slowly(body: dict[str, Any], own: dict[str, Any], operators: Limits) -> dict[str, Any]:
        for other in others:
            assert world.change("/limits", other).status == 200
        return parse_customer_limits(body, own, operators)

    monkeypatch.setattr(limit_changes, "parse_customer_limits", slowly)
    answer = world.change("/limits", {"daily_spend": "5.00"})
    assert answer.body["own"] == {"daily_spend": "5.00", "call_price": "1.00", "blocked": ["CU"]}
    assert limits(world)["own"] == answer.body["own"]


def test_only_a_billing_admin_sets_limits(world: World) -> None:
    before = world.stack.items()
    answer = world.change("/limits", "{", **MEMBER)
    assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert world.stack.items() == before


# --- Reported refusals ------------------------------------------------------------------------------------------------


def test_a_refusal_is_kept_once_an_hour_for_each_reason(world: World) -> None:
    world.adjust("50.00", "credit")
    world.operate("PUT", "/accounts/acct_1", {"limits": {"blocked": ["GB"]}})

    def refused(call_id: str, to: str) -> int:
        before = world.of_kind("DENIAL")
        assert world.authorize(call_id, to).body["decision"] == "deny"
        return int(world.of_kind("DENIAL") != before)

    assert [refused(f"c_{number}", UNITED_KINGDOM) for number in range(3)] == [1, 0, 0]
    [item] = world.of_kind("DENIAL")
    assert (item["reason"], item["call_id"], item["to"]) == ("destination_blocked", "c_0", "GB…50")
    assert UNITED_KINGDOM not in str(item)
    assert refused("c_3", PREMIUM) == 1
    world.clock.now += timedelta(minutes=60)
    assert [refused("c_4", UNITED_KINGDOM), refused("c_5", UNITED_KINGDOM)] == [1, 0]
    assert world.of_kind("DENIAL")[0]["denials"] == 3


@pytest.mark.parametrize("reason", ["insufficient_credit", "unknown_line", "destination_unrated"])
def test_a_refusal_that_does_not_suggest_fraud_is_only_listed(world: World, reason: str) -> None:
    asked: dict[str, dict[str, Any]] = {
        "insufficient_credit": {},
        "unknown_line": {"line_id": "line_x"},
        "destination_unrated": {"to": "+33142685300"},
    }
    before = world.stack.items()
    assert world.authorize(**asked[reason]).body["reason"] == reason
    listed = ("DENIED", "DENIED_DAY", "REFUSED")
    assert [item for item in world.stack.items() if item["SK"].split("#")[0] not in listed] == before


def test_a_failed_notice_does_not_delay_the_response(world: World, wire: Wire) -> None:
    world.operate("PUT", "/accounts/acct_1", {"limits": {"blocked": ["GB"]}})

    def refuse(sent: Sent, passed: Pass) -> Any:
        return refusal(400, "ValidationException") if sent.operation == "TransactWriteItems" else passed()

    with wire.interfering(refuse):
        assert world.authorize().body["reason"] == "destination_blocked"
    assert world.of_kind("DENIAL") == []
