"""Budgets of lines and users: what a month has cost and holds, and what calls may still cost."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.budgets_bench import LINE, USER, begin_budget, set_budget, spend, spending
from tests.functions.calls_bench import UNANSWERED
from tests.functions.minutes_bench import record
from tests.harness.wire import Pass, Sent, Wire
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Give acct_1 a hundred dollars."""
    world.adjust("100.00", "credit")


def test_calls_within_the_budget_are_allowed(world: World) -> None:
    begin_budget(world, 2_000_000)
    for number, seconds in enumerate((300, 300, 240)):
        answer = world.authorize(f"c_{number}", seconds=seconds).body
        assert (answer["decision"], "limited_by" in answer) == ("allow", False)
        spend(world, f"c_{number}", seconds)
    assert spending(world) == {LINE: (2_000_000, 1_400_000, 0, 600_000)}


def test_a_call_is_shortened_to_what_the_budget_pays(world: World) -> None:
    begin_budget(world, 2_000_000)
    spend(world, "c_1", 900)
    answer = world.authorize("c_2", seconds=360).body
    assert (answer["decision"], answer["max_seconds"], answer["held"]) == ("allow", 300, "0.50")
    assert answer["limited_by"] == "line_budget"
    assert spending(world) == {LINE: (2_000_000, 1_500_000, 500_000, 0)}
    assert world.authorize("c_3", seconds=60).body["reason"] == "line_budget"
    spend(world, "c_2", 300)
    assert spending(world) == {LINE: (2_000_000, 2_000_000, 0, 0)}
    assert world.authorize("c_4", seconds=60).body["reason"] == "line_budget"


def test_of_two_budgets_the_tighter_one_decides(world: World) -> None:
    begin_budget(world, 500_000)
    begin_budget(world, 300_000, of="USER#user_1")
    answer = world.authorize(seconds=600).body
    assert (answer["max_seconds"], answer["limited_by"]) == (180, "user_budget")
    assert spending(world) == {LINE: (500_000, 0, 300_000, 200_000), USER: (300_000, 0, 300_000, 0)}
    assert world.authorize("c_2").body["reason"] == "user_budget"
    set_budget(world, 100_000)
    assert world.authorize("c_2").body["reason"] == "line_budget", "the first in the order of the reasons"
    spend(world, "c_1", 180)
    assert spending(world) == {LINE: (100_000, 300_000, 0, -200_000), USER: (300_000, 300_000, 0, 0)}


def test_two_calls_at_once_cannot_exceed_a_budget(world: World, wire: Wire) -> None:
    begin_budget(world, 600_000)
    others: list[str] = []

    def authorize_another(sent: Sent, passed: Pass) -> object:
        if sent.operation == "TransactWriteItems" and not others:
            others.append("c_2")
            assert world.authorize("c_2", seconds=240).body["max_seconds"] == 240
        return passed()

    with wire.interfering(authorize_another):  # type: ignore[arg-type]
        answer = world.authorize("c_1", seconds=360).body
    assert (answer["max_seconds"], answer["limited_by"]) == (120, "line_budget")
    assert spending(world) == {LINE: (600_000, 0, 600_000, 0)}


def test_a_call_without_a_hold_is_charged_beyond_the_budget(world: World) -> None:
    begin_budget(world, 200_000)
    spend(world, "c_1", 300)
    assert spending(world) == {LINE: (200_000, 500_000, 0, -300_000)}
    assert world.authorize("c_2").body["reason"] == "line_budget"
    set_budget(world, 600_000)
    assert spending(world) == {LINE: (600_000, 500_000, 0, 100_000)}
    assert world.authorize("c_2").body["max_seconds"] == 60


def test_a_budget_that_tells_refuses_nothing(world: World) -> None:
    begin_budget(world, 200_000, at="tell")
    answer = world.authorize(seconds=600).body
    assert (answer["max_seconds"], "limited_by" in answer) == (600, False)
    assert spending(world) == {LINE: (200_000, 0, 1_000_000, -800_000)}
    spend(world, "c_1", 600)
    assert spending(world) == {LINE: (200_000, 1_000_000, 0, -800_000)}


def test_an_extension_takes_the_difference(world: World) -> None:
    begin_budget(world, 1_000_000)
    world.authorize(seconds=300)
    world.clock.now += timedelta(seconds=240)
    answer = world.authorize(seconds=600).body
    assert (answer["max_seconds"], answer["limited_by"], answer["held"]) == (600, "line_budget", "1.00")
    assert spending(world) == {LINE: (1_000_000, 0, 1_000_000, 0)}
    world.clock.now += timedelta(seconds=240)
    again = world.authorize(seconds=600).body
    assert (again["reason"], again["max_seconds"]) == ("line_budget", 600), (
        "the call may go on as long as it was allowed"
    )
    spend(world, "c_1", 500)
    assert spending(world) == {LINE: (1_000_000, 900_000, 0, 100_000)}


def test_a_call_from_before_the_budget_counts_once_it_is_extended(world: World) -> None:
    world.authorize(seconds=300)
    begin_budget(world, 1_000_000)
    assert spending(world) == {LINE: (1_000_000, 0, 0, 1_000_000)}
    answer = world.authorize(seconds=120).body
    assert answer["max_seconds"] == 420
    assert spending(world) == {LINE: (1_000_000, 0, 700_000, 300_000)}


@pytest.mark.parametrize("end", ["unanswered", "expired", "free"])
def test_every_end_of_a_hold_returns_what_it_took(world: World, end: str) -> None:
    begin_budget(world, 1_000_000)
    begin_budget(world, 1_000_000, of="USER#user_1")
    world.authorize(seconds=600)
    assert {left for *_, left in spending(world).values()} == {0}
    if end == "expired":
        world.clock.now += timedelta(hours=2)
        assert world.stack.invoke("expire_holds", {})["holds_expired"] == 1
    else:
        world.clock.now += timedelta(seconds=30)
        ended: dict[str, Any] = {"ended_at": "2026-11-23T12:10:20Z"}
        free = UNANSWERED | {"call_id": "c_1"} | ended
        assert world.deliver(free if end == "unanswered" else free | {"disposition": "failed"}) == []
    assert spending(world) == {LINE: (1_000_000, 0, 0, 1_000_000), USER: (1_000_000, 0, 0, 1_000_000)}


def test_a_redelivered_call_counts_once(world: World) -> None:
    begin_budget(world, 1_000_000)
    for _ in range(3):
        spend(world, "c_1", 300)
    assert spending(world) == {LINE: (1_000_000, 500_000, 0, 500_000)}


def test_a_late_call_counts_in_its_own_month(world: World) -> None:
    begin_budget(world, 1_000_000)
    world.clock.now += timedelta(days=10)
    assert world.deliver(record(300, call_id="c_late", user_id="user_1")) == []
    december = {"started_at": "2026-12-02T12:00:00Z", "answered_at": "2026-12-02T12:00:00Z"}
    assert world.deliver(record(120, call_id="c_2") | december | {"ended_at": "2026-12-02T12:02:00Z"}) == []
    assert spending(world) == {
        LINE: (1_000_000, 500_000, 0, 500_000),
        LINE.replace("-11", "-12"): (1_000_000, 200_000, 0, 800_000),
    }


def test_a_call_of_a_month_before_the_budget_counts_nowhere(world: World) -> None:
    begin_budget(world, 1_000_000)
    october = {"started_at": "2026-10-30T12:00:00Z", "answered_at": "2026-10-30T12:00:00Z"}
    assert world.deliver(record(120, call_id="c_1") | october | {"ended_at": "2026-10-30T12:02:00Z"}) == []
    assert spending(world) == {LINE: (1_000_000, 0, 0, 1_000_000)}


def test_the_month_of_a_call_is_that_of_its_beginning(world: World) -> None:
    begin_budget(world, 1_000_000)
    world.clock.now = world.clock.now.replace(day=30, hour=23, minute=58)
    world.authorize(seconds=180)
    world.clock.now += timedelta(minutes=3)
    assert world.authorize(seconds=600).body["limited_by"] == "line_budget"
    assert spending(world) == {LINE: (1_000_000, 0, 1_000_000, 0)}
    assert world.authorize("c_2", seconds=600).body["max_seconds"] == 600, "December has a budget of its own"
    assert spending(world)[LINE.replace("-11", "-12")] == (1_000_000, 0, 1_000_000, 0)


def test_an_account_without_a_budget_reads_and_writes_nothing_more(world: World) -> None:
    with world.recorded("authorize_call") as before:
        world.authorize("c_1")
    with world.recorded("rate_calls") as posted:
        spend(world, "c_1", 60)
    assert [name for name, _ in before] == ["BatchGetItem", "BatchGetItem", "TransactWriteItems"]
    assert len([one for name, params in posted if name == "TransactWriteItems" for one in params["TransactItems"]]) == 4
    begin_budget(world, 1_000_000, of="USER#user_1")
    with world.recorded("rate_calls") as counted:
        spend(world, "c_2", 60)
    assert (
        len([one for name, params in counted if name == "TransactWriteItems" for one in params["TransactItems"]]) == 4
    )
