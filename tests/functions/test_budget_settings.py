"""Billing admins set and end budgets of lines and users; everyone of the account sees them."""

from typing import Any

import pytest

from tests.functions.budget_requests_bench import COUNTER, LINE_BUDGET, USER_BUDGET, counter, give, limit, shown, spend
from tests.harness.http import MEMBER
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


def test_a_new_budget_is_shown_with_what_the_month_has_cost(world: World) -> None:
    answer = world.change(LINE_BUDGET, {"monthly": "20.00"})
    month = {"month": "2026-11", "limit": "20.00", "spent": "0.00", "held": "0.00", "left": "20.00"}
    assert (answer.status, answer.body) == (200, {"monthly": "20.00", "at": "refuse", "state": "counting", **month})
    assert shown(world)["budget"] == answer.body
    assert shown(world)["user"] == {"id": "user_1", "name": "Ada", "budget": None}
    assert shown(world)["budget_requests"] == []


def test_a_member_sees_the_budgets_of_a_line_and_of_its_user(world: World) -> None:
    give(world, "20.00")
    give(world, "50.00", USER_BUDGET, at="tell")
    spend(world, "5.00")
    line = shown(world)
    assert (line["budget"]["spent"], line["budget"]["left"]) == ("5.00", "15.00")
    assert line["user"]["budget"]["at"] == "tell"
    assert (line["user"]["budget"]["spent"], line["user"]["budget"]["left"]) == ("5.00", "45.00")


def test_switching_a_line_shows_its_budget_too(world: World) -> None:
    give(world, "20.00")
    answer = world.change("/lines/line_1", {"international_calling": False})
    assert answer.body["budget"] == shown(world)["budget"]
    assert answer.body["budget"]["monthly"] == "20.00"


def test_the_operator_sees_the_budget_of_a_line_that_is_changed(world: World) -> None:
    give(world, "20.00")
    give(world, "50.00", USER_BUDGET)
    for change in (world.operate, world.desk):
        answer = change("PUT", "/accounts/acct_1/lines/line_1", {"international_calling": False})
        assert (answer.status, answer.body) == (200, shown(world))
        assert answer.body["user"]["budget"]["monthly"] == "50.00"


def test_a_list_without_budgets_reads_no_counters(world: World) -> None:
    spend(world, "5.00")
    assert world.of_kind("SPENT") == []
    assert shown(world)["budget"] is None


def test_an_ended_budget_is_not_shown(world: World) -> None:
    give(world, "20.00")
    assert world.change(LINE_BUDGET, {"monthly": None}).body == {"monthly": None}
    assert shown(world)["budget"] is None
    assert world.change(LINE_BUDGET, {"monthly": None}).status == 200


def test_another_amount_changes_the_limit_of_the_running_month(world: World) -> None:
    give(world, "20.00")
    spend(world, "5.00")
    assert give(world, "8.00")["left"] == "3.00"
    assert limit(world) == 800


def test_each_change_of_a_budget_is_recorded_once(world: World) -> None:
    give(world, "20.00")
    give(world, "20.00")
    give(world, "30.00", at="tell")
    give(world, "7.00", USER_BUDGET)
    give(world, None)
    changes = [(one["subject"], one["old"], one["new"]) for one in world.changes("budget_changed")]
    none: dict[str, Any] = {}
    assert changes == [
        ("line:line_1", none, {"budget": "20.00", "budget_at": "refuse"}),
        ("line:line_1", {"budget": "20.00", "budget_at": "refuse"}, {"budget": "30.00", "budget_at": "tell"}),
        ("user:user_1", none, {"budget": "7.00", "budget_at": "refuse"}),
        ("line:line_1", {"budget": "30.00", "budget_at": "tell"}, none),
    ]


@pytest.mark.parametrize("path", [LINE_BUDGET, USER_BUDGET])
def test_only_a_billing_admin_sets_a_budget(world: World, path: str) -> None:
    before = world.stack.items()
    answer = world.change(path, {"monthly": "20.00"}, **MEMBER)
    assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert world.stack.items() == before


@pytest.mark.parametrize(
    ("path", "code"),
    [("/lines/line_2/budget", "unknown_line"), ("/users/user_2/budget", "no_such_user")],
)
def test_a_line_or_user_of_another_account_is_not_found(world: World, path: str, code: str) -> None:
    world.create_account("acct_2")
    world.operate("PUT", "/accounts/acct_2/users/user_2", {"name": "Bo"})
    line = {"number": "+14155550102", "user_id": "user_2", "international_calling": True}
    assert world.operate("PUT", "/accounts/acct_2/lines/line_2", line).status == 201
    before = world.stack.items()
    answer = world.change(path, {"monthly": "20.00"})
    assert (answer.status, answer.code) == (404, code)
    assert world.stack.items() == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_field"),
        ({"monthly": 20}, "invalid_amount"),
        ({"monthly": "20.001"}, "invalid_amount"),
        ({"monthly": "-1.00"}, "amount_out_of_range"),
        ({"monthly": "1000000000.00"}, "invalid_amount"),
        ({"monthly": "20.00", "at": "ask"}, "invalid_field"),
        ({"monthly": "20.00", "limit": "5.00"}, "invalid_field"),
    ],
)
def test_a_wrong_budget_is_refused(world: World, body: dict[str, Any], code: str) -> None:
    answer = world.change(LINE_BUDGET, body)
    assert (answer.status, answer.code) == (422, code)
    assert world.of_kind("SPENT") == []


@pytest.mark.parametrize("monthly", ["0.00", "999999999.99"])
def test_the_smallest_and_the_largest_budget_are_stored(world: World, monthly: str) -> None:
    answer = world.change(LINE_BUDGET, {"monthly": monthly})
    assert (answer.status, answer.body["limit"]) == (200, monthly)


@pytest.mark.parametrize("body", [{"monthly": None}, {"monthly": "20.01"}, {"monthly": "20.00", "at": "tell"}])
def test_a_frozen_account_loosens_no_budget(world: World, body: dict[str, Any]) -> None:
    give(world, "20.00")
    world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    answer = world.change(LINE_BUDGET, body)
    assert (answer.status, answer.code) == (403, "account_frozen")
    assert limit(world) == 2000


def test_a_frozen_account_tightens_a_budget(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    assert world.change(LINE_BUDGET, {"monthly": "20.00"}).status == 200
    assert world.change(LINE_BUDGET, {"monthly": "19.99"}).status == 200
    assert counter(world, COUNTER)["left_micros"] == 19_990_000
