"""A user whose budget is nearly used asks for more, and a billing admin raises it once, until the month ends."""

from datetime import UTC, datetime, timedelta

import pytest

from calling_credit.accounts.erasure import erase_number
from calling_credit.changes.actor import Actor, ActorKind
from tests.functions.budget_requests_bench import (
    COUNTER,
    LINE_BUDGET,
    USER_BUDGET,
    USER_COUNTER,
    ask,
    give,
    limit,
    lost_answer,
    raise_it,
    shown,
    spend,
)
from tests.harness.http import MEMBER
from tests.harness.world import PREMIUM, World

pytestmark = pytest.mark.dynamodb


@pytest.fixture
def used(world: World) -> World:
    """An account whose line has used 1.60 of a budget of 2.00."""
    give(world, "2.00")
    spend(world, "1.60")
    return world


def test_a_member_asks_and_everyone_sees_it(used: World) -> None:
    answer = ask(used, {"note": "calls to the Oslo office"})
    at = answer.body["at"]
    assert (answer.status, answer.body) == (201, {"id": "line_1-2026-11-1", "at": at, "state": "open"})
    asker = {"id": "user-bo", "name": "bo@halcyon.example"}
    expected = {"id": "line_1-2026-11-1", "at": at, "by": asker, "note": "calls to the Oslo office"}
    assert shown(used)["budget_requests"] == [expected]
    [change] = used.changes("budget_increase_requested")
    assert (change["by"], change["subject"]) == ("user:user-bo", "line:line_1")
    assert change["new"]["increases"] == [{"budget": "line", "amount": "2.00", "limit": "2.00"}]


def test_a_request_below_80_percent_is_refused(world: World) -> None:
    give(world, "2.00")
    spend(world, "1.50")
    answer = ask(world)
    assert (answer.status, answer.code) == (409, "budget_not_reached")
    assert world.of_kind("BUDGET_REQUEST") == []


def test_what_calls_in_progress_hold_counts_as_used(world: World) -> None:
    give(world, "2.00")
    spend(world, "1.50")
    world.adjust("10.00", "credit")
    assert world.stack.invoke("expire_holds", {})["budgets_counted"] == 1
    assert world.authorize("c_live", seconds=600).body["held"] == "0.50"
    assert world.authorize("c_over", seconds=60).body["reason"] == "line_budget"
    assert ask(world).status == 201


def test_a_user_whose_call_was_refused_asks_below_80_percent(world: World) -> None:
    world.adjust("10.00", "credit")
    for path, monthly in ((LINE_BUDGET, "2.00"), (USER_BUDGET, "3.00")):
        give(world, monthly, path)
    assert world.stack.invoke("expire_holds", {})["budgets_counted"] == 2
    spend(world, "1.50")
    world.change("/limits", {"high_cost_allowed": ["+1900"]})
    assert (ask(world).code, "refused" in shown(world)["budget"]) == ("budget_not_reached", False)
    for number in range(2):
        assert world.authorize(f"c_{number}", PREMIUM, 60).body["reason"] == "line_budget"
    assert shown(world)["budget"]["refused"] is True
    assert "refused" not in shown(world)["user"]["budget"]
    assert ask(world).status == 201
    assert raise_it(world).status == 200
    assert (limit(world), limit(world, USER_COUNTER)) == (400, 300)
    assert "refused" not in shown(world)["budget"], "the limit has changed"
    world.clock.now += timedelta(minutes=1)
    assert ask(world).code == "budget_not_reached"


def test_a_budget_that_only_tells_needs_no_request(world: World) -> None:
    give(world, "2.00", at="tell")
    spend(world, "2.00")
    assert ask(world).code == "budget_not_reached"


def test_asking_twice_on_a_day_is_refused(used: World) -> None:
    assert ask(used).status == 201
    used.clock.now += timedelta(minutes=1)
    answer = ask(used, sub="user-eve")
    assert (answer.status, answer.code) == (409, "already_asked")
    assert len(used.changes("budget_increase_requested")) == 1


def test_a_request_of_the_next_day_replaces_the_open_one(used: World) -> None:
    assert ask(used).status == 201
    used.clock.now += timedelta(days=1)
    assert ask(used).body["id"] == "line_1-2026-11-2"
    assert [one["id"] for one in shown(used)["budget_requests"]] == ["line_1-2026-11-2"]


def test_a_repeated_request_is_stored_once(used: World) -> None:
    with lost_answer(used):
        assert ask(used).status == 201
    assert len(used.changes("budget_increase_requested")) == 1


def test_a_billing_admin_grants_a_request_once(used: World) -> None:
    ask(used)
    answer = raise_it(used)
    assert answer.status == 200
    assert (answer.body["monthly"], answer.body["limit"], answer.body["left"]) == ("2.00", "4.00", "2.40")
    used.clock.now += timedelta(minutes=1)
    again = raise_it(used)
    assert (again.status, again.code) == (409, "no_open_request")
    assert limit(used) == 400
    assert shown(used)["budget_requests"] == []
    [change] = used.changes("budget_raised")
    assert (change["old"], change["new"]) == ({"line": "2.00"}, {"line": "4.00", "month": "2026-11"})


def test_a_member_may_ask_but_not_raise(used: World) -> None:
    ask(used)
    answer = raise_it(used, **MEMBER)
    assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert limit(used) == 200


def test_nothing_is_raised_without_a_request(used: World) -> None:
    assert raise_it(used).code == "no_open_request"
    assert limit(used) == 200


def test_budgets_of_line_and_user_are_raised_together(used: World) -> None:
    give(used, "1.50", USER_BUDGET)
    used.stack.invoke("expire_holds", {})
    spend(used, "1.50")
    ask(used)
    assert raise_it(used).body["limit"] == "4.00"
    assert (limit(used, COUNTER), limit(used, USER_COUNTER)) == (400, 300)


def test_a_raise_ends_with_its_month(used: World) -> None:
    ask(used)
    raise_it(used)
    used.clock.now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert shown(used)["budget"]["limit"] == "2.00"
    spend(used, "0.10")
    assert limit(used, "SPENT#2026-12#LINE#line_1") == 200


def test_a_request_of_last_month_raises_nothing(used: World) -> None:
    ask(used)
    used.clock.now = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert shown(used)["budget_requests"] == []
    assert raise_it(used).code == "no_open_request"
    assert limit(used) == 200


def test_a_request_ends_when_its_budget_is_changed(used: World) -> None:
    ask(used)
    give(used, "9.00")
    assert raise_it(used).code == "no_open_request"
    assert limit(used) == 900


def test_a_frozen_account_neither_asks_nor_raises(used: World) -> None:
    ask(used)
    used.operate("PUT", "/accounts/acct_1", {"frozen": True})
    assert (raise_it(used).status, raise_it(used).code) == (403, "account_frozen")
    used.clock.now += timedelta(days=1)
    assert (ask(used).status, ask(used).code) == (403, "account_frozen")
    assert limit(used) == 200


def test_a_line_of_another_account_is_not_found(used: World) -> None:
    used.create_account("acct_2")
    used.operate("PUT", "/accounts/acct_2/users/user_2", {"name": "Bo"})
    line = {"number": "+14155550102", "user_id": "user_2", "international_calling": True}
    assert used.operate("PUT", "/accounts/acct_2/lines/line_2", line).status == 201
    answer = ask(used, line="line_2")
    assert (answer.status, answer.code) == (404, "unknown_line")


@pytest.mark.parametrize("body", [{"note": ""}, {"note": "x" * 201}, {"note": 1}, {"raise": "yes"}])
def test_a_wrong_request_is_refused(used: World, body: dict[str, object]) -> None:
    answer = ask(used, body)
    assert (answer.status, answer.code) == (422, "invalid_field")
    assert used.of_kind("BUDGET_REQUEST") == []


def test_a_raise_whose_answer_is_lost_raises_once(used: World) -> None:
    ask(used)
    with lost_answer(used):
        assert raise_it(used).status == 200
    assert limit(used) == 400
    assert len(used.changes("budget_raised")) == 1


def test_erasing_a_number_masks_it_in_a_note(used: World) -> None:
    ask(used, {"note": "calls to +44 20 7183 8750"})
    table = (used.stack.dynamodb, used.stack.table_name)
    actor = Actor(ActorKind.CLIENT, "command:ada")
    changed = list(erase_number(*table, "acct_1", "+442071838750", actor, used.clock.now))
    assert "BUDGET_REQUEST#line_1#2026-11" in changed
    assert shown(used)["budget_requests"][0]["note"] == "calls to GB…50"


def test_requests_for_two_lines_raise_their_user_s_budget_once(world: World) -> None:
    line = {"number": "+14155550102", "user_id": "user_1", "international_calling": True}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_2", line).status == 201
    give(world, "1.00", USER_BUDGET)
    spend(world, "0.90")
    for name in ("line_1", "line_2"):
        assert ask(world, line=name).status == 201
    assert raise_it(world).status == 200
    assert shown(world, "line_2")["budget_requests"] == [], "what it asks for stands"
    world.clock.now += timedelta(minutes=1)
    assert raise_it(world, line="line_2").code == "no_open_request"
    assert limit(world, USER_COUNTER) == 200
    spend(world, "0.90")
    assert ask(world, line="line_2").status == 201, "the same day, because the budget was raised since"
    assert raise_it(world, line="line_2").status == 200
    assert limit(world, USER_COUNTER) == 300


def test_a_request_raises_what_no_other_has_raised(world: World) -> None:
    line = {"number": "+14155550102", "user_id": "user_1", "international_calling": True}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_2", line).status == 201
    give(world, "1.00", USER_BUDGET)
    give(world, "1.00")
    spend(world, "0.90")
    for name in ("line_1", "line_2"):
        assert ask(world, line=name).status == 201
    assert raise_it(world, line="line_2").status == 200
    answer = raise_it(world)
    assert (answer.status, answer.body["limit"]) == (200, "2.00")
    assert (limit(world), limit(world, USER_COUNTER)) == (200, 200)
    changes = {change["subject"]: change["new"] for change in world.changes("budget_raised")}
    assert changes["line:line_1"] == {"line": "2.00", "month": "2026-11"}
    assert changes["line:line_2"] == {"user": "2.00", "month": "2026-11"}
