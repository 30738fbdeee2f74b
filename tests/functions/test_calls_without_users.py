"""A call whose event names a line and no user counts for the user of the line."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.instants import format_instant
from tests.functions.budgets_bench import USER, begin_budget, spending
from tests.functions.minutes_bench import record
from tests.functions.rerate_bench import COVERING
from tests.harness.world import UNCOVERED, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
USER_2 = USER.replace("user_1", "user_2")
TO_USER_2 = {"number": "+14155550100", "user_id": "user_2", "international_calling": True}


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Give acct_1 a hundred dollars."""
    world.adjust("100.00", "credit")


def call(world: World, seconds: int, **changes: Any) -> None:
    """Deliver a call whose event names no user, once it may have ended."""
    world.clock.now += timedelta(hours=1)
    assert world.deliver(record(seconds, user_id=None, **changes)) == []


def give_line_on(world: World) -> None:
    """Give the line to another user."""
    assert world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "Lin"}).status == 201
    assert world.operate("PUT", "/accounts/acct_1/lines/line_1", TO_USER_2).status == 200


def after_the_change(world: World) -> dict[str, str]:
    """The times of a call of a minute that begins now."""
    began, ended = world.clock.now, world.clock.now + timedelta(minutes=1)
    return {
        "started_at": format_instant(began),
        "answered_at": format_instant(began),
        "ended_at": format_instant(ended),
    }


def test_a_call_of_a_line_counts_for_its_user(world: World) -> None:
    begin_budget(world, 1_000_000, of="USER#user_1")
    call(world, 300)
    assert spending(world) == {USER: (1_000_000, 500_000, 0, 500_000)}
    [item] = world.get("/usage/outbound_international_call").body["items"]
    assert item["user"] == {"id": "user_1", "name": "Ada"}
    assert world.authorize("c_2", seconds=600).body["limited_by"] == "user_budget"


def test_calls_before_the_budget_are_counted_too(world: World) -> None:
    call(world, 300)
    begin_budget(world, 1_000_000, of="USER#user_1")
    assert spending(world) == {USER: (1_000_000, 500_000, 0, 500_000)}


def test_a_held_call_counts_for_the_user_whose_budget_held_it(world: World) -> None:
    assert world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "Lin"}).status == 201
    for user in ("user_1", "user_2"):
        begin_budget(world, 1_000_000, of=f"USER#{user}")
    world.authorize("c_1", seconds=300)
    assert world.operate("PUT", "/accounts/acct_1/lines/line_1", TO_USER_2).status == 200
    call(world, 300)
    call(world, 60, call_id="c_2", **after_the_change(world))
    assert spending(world) == {USER: (1_000_000, 500_000, 0, 500_000), USER_2: (1_000_000, 100_000, 0, 900_000)}


def test_a_call_that_waited_for_its_price_counts_for_the_user(world: World) -> None:
    begin_budget(world, 1_000_000, of="USER#user_1")
    call(world, 60, to=UNCOVERED)
    world.stack.publish(COVERING, "france")
    world.clock.now += timedelta(hours=1)
    world.stack.invoke("rerate_calls", {}, seconds=300)
    assert spending(world) == {USER: (1_000_000, 400_000, 0, 600_000)}


def test_a_named_user_stays_and_an_unknown_line_has_none(world: World) -> None:
    begin_budget(world, 1_000_000, of="USER#user_1")
    world.clock.now += timedelta(hours=1)
    assert world.deliver(record(60, call_id="c_1", user_id="user_9")) == []
    call(world, 60, call_id="c_2", line_id="line_9")
    assert [entry.get("user_id") for entry in world.entries()[1:]] == ["user_9", None]
    assert spending(world) == {USER: (1_000_000, 0, 0, 1_000_000)}


def test_a_redelivered_call_stays_with_its_user(world: World) -> None:
    call(world, 60)
    give_line_on(world)
    call(world, 60)
    [entry] = world.entries()[1:]
    assert entry["user_id"] == "user_1"


def test_a_late_call_of_a_line_that_was_given_on_has_no_user(world: World) -> None:
    world.clock.now += timedelta(hours=1)
    give_line_on(world)
    call(world, 60)
    call(world, 60, call_id="c_2", **after_the_change(world))
    assert [entry.get("user_id") for entry in world.entries()[1:]] == [None, "user_2"]
