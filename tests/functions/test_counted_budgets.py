"""A budget that begins within a month counts each entry of the month exactly once; corrections give back."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from calling_credit.budgets import counting
from calling_credit.budgets.counters import counter_from_item
from tests.functions.budgets_bench import COUNTED, LINE, USER, begin_budget, set_budget, spend, spending
from tests.functions.rerate_bench import COVERING, DEARER
from tests.functions.test_corrected_minutes import correct
from tests.functions.test_rerate_charged_calls import reprice
from tests.harness.wire import Pass, Sent, Wire
from tests.harness.world import UNCOVERED, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
COSTS: Any = 100_000
"""The price of a minute."""


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Give acct_1 a hundred dollars."""
    world.adjust("100.00", "credit")


def minute(world: World, call_id: str) -> None:
    """Let a second pass, and post a call of a minute."""
    world.clock.now += timedelta(seconds=1)
    spend(world, call_id, 60)


def sweep(world: World) -> dict[str, int]:
    """Run one round of expire_holds."""
    counts: dict[str, int] = world.stack.invoke("expire_holds", {})
    return counts


def is_counting(world: World) -> bool:
    """Whether the counter of the line waits for the entries of before."""
    return any("counting" in item for item in world.of_kind("SPENT"))


def test_calls_before_during_and_after_the_counting_count_once(world: World) -> None:
    minute(world, "c_1")
    minute(world, "c_2")
    world.clock.now += timedelta(seconds=100)
    set_budget(world, 1_000_000)
    for number in range(3, 8):  # The first of them by the account as posting cached it; the others marked.
        minute(world, f"c_{number}")
        world.clock.now += timedelta(seconds=45)
        assert "budgets_counted" not in sweep(world)
        spending(world)
    assert is_counting(world)
    world.clock.now += timedelta(seconds=15)
    assert sweep(world)["budgets_counted"] == 1
    assert not is_counting(world)
    minute(world, "c_8")
    for number in range(1, 9):
        minute(world, f"c_{number}")  # Delivered again.
    assert sweep(world).get("budgets_counted") is None
    assert spending(world) == {LINE: (1_000_000, 8 * COSTS, 0, 2 * COSTS)}
    marks = ["L" in entry.get("counted", "") for entry in world.entries() if entry["kind"] == "call_charged"]
    assert (marks[0], marks[-1]) == (False, True)


def test_while_it_counts_a_budget_refuses_nothing(world: World) -> None:
    minute(world, "c_1")
    set_budget(world, 50_000)
    assert world.authorize("c_2", seconds=60).body["decision"] == "allow"
    assert spending(world) == {LINE: (50_000, 0, COSTS, -50_000)}
    world.clock.now += COUNTED
    sweep(world)
    assert spending(world) == {LINE: (50_000, COSTS, COSTS, -150_000)}
    assert world.authorize("c_3", seconds=60).body["reason"] == "line_budget"


def test_a_budget_that_ended_and_begins_again_counts_nothing_twice(world: World) -> None:
    minute(world, "c_1")
    begin_budget(world, 100_000)
    assert world.authorize("c_2", seconds=60).body["reason"] == "line_budget"
    set_budget(world, None)
    assert world.authorize("c_2", seconds=60).body["decision"] == "allow"
    minute(world, "c_2")
    world.clock.now += timedelta(minutes=2)
    minute(world, "c_3")
    assert spending(world) == {LINE: (100_000, 3 * COSTS, 0, -200_000)}
    set_budget(world, 500_000)
    assert spending(world) == {LINE: (500_000, 3 * COSTS, 0, 200_000)}
    world.clock.now += COUNTED
    assert "budgets_counted" not in sweep(world)
    assert world.authorize("c_4", seconds=300).body["max_seconds"] == 120


def test_an_ended_budget_counts_to_the_end_of_its_month(world: World) -> None:
    begin_budget(world, 500_000)
    set_budget(world, None)
    world.clock.now += timedelta(days=8)
    december = {"started_at": "2026-12-01T11:00:00Z", "answered_at": "2026-12-01T11:00:00Z"}
    spend(world, "c_1", 60)
    spend(world, "c_2", 60, **december, ended_at="2026-12-01T11:01:00Z")
    assert spending(world) == {LINE: (500_000, COSTS, 0, 400_000)}
    begin_budget(world, 300_000)
    assert spending(world)[LINE.replace("-11", "-12")] == (300_000, COSTS, 0, 200_000)
    correct(world, "c_1", waive=True)
    assert spending(world)[LINE] == (500_000, 0, 0, 500_000)


def test_a_budget_that_begins_at_the_end_of_a_month_counts_the_next_too(world: World) -> None:
    world.clock.now = world.clock.now.replace(day=30, hour=23, minute=58)
    december = {"started_at": "2026-12-01T00:05:00Z", "answered_at": "2026-12-01T00:05:00Z"}
    assert world.deliver({"call_id": "c_1", "user_id": "user_1"}) == []
    set_budget(world, 1_000_000)
    world.clock.now += timedelta(minutes=8)
    spend(world, "c_2", 60, **december, ended_at="2026-12-01T00:06:00Z")
    assert sweep(world)["budgets_counted"] == 2
    assert {name: found[1] for name, found in spending(world).items()} == {
        LINE: 300_000,
        LINE.replace("-11", "-12"): COSTS,
    }


def test_a_lost_answer_of_the_counting_adds_nothing_twice(world: World, wire: Wire) -> None:
    minute(world, "c_1")
    set_budget(world, 1_000_000)
    world.clock.now += COUNTED
    lost: list[Sent] = []

    def lose(sent: Sent, passed: Pass) -> object:
        answer = passed()
        if sent.operation == "TransactWriteItems" and not lost:
            lost.append(sent)
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        return answer

    with wire.interfering(lose):  # type: ignore[arg-type]
        sweep(world)
    sweep(world)
    assert spending(world) == {LINE: (1_000_000, COSTS, 0, 9 * COSTS)}


@pytest.mark.parametrize("is_counted", [False, True])
def test_a_correction_gives_back_in_the_month_of_the_call(world: World, is_counted: bool) -> None:
    minute(world, "c_1")
    minute(world, "c_2")
    world.clock.now += timedelta(minutes=2)
    set_budget(world, 1_000_000)
    if is_counted:
        world.clock.now += COUNTED
        sweep(world)
    correct(world, "c_1", duration_seconds=300)
    correct(world, "c_2", waive=True)
    spending(world)
    world.clock.now += COUNTED
    sweep(world)
    assert spending(world) == {LINE: (1_000_000, 5 * COSTS, 0, 5 * COSTS)}
    world.clock.now += timedelta(days=30)
    correct(world, "c_1", duration_seconds=60)
    assert spending(world) == {LINE: (1_000_000, COSTS, 0, 9 * COSTS)}


def test_a_rerating_moves_the_spending_of_lines_and_users(world: World) -> None:
    minute(world, "c_1")
    begin_budget(world, 1_000_000)
    begin_budget(world, 2_000_000, of="USER#user_1")
    minute(world, "c_2")
    world.stack.publish(DEARER, "dearer")
    assert reprice(world)["changed"] == 2
    assert spending(world) == {
        LINE: (1_000_000, 4 * COSTS, 0, 6 * COSTS),
        USER: (2_000_000, 4 * COSTS, 0, 16 * COSTS),
    }
    assert reprice(world)["changed"] == 0


def test_a_call_that_waited_for_its_price_counts_in_its_month(world: World) -> None:
    begin_budget(world, 1_000_000, of="USER#user_1")
    spend(world, "c_1", 60, to=UNCOVERED)
    assert spending(world) == {USER: (1_000_000, 0, 0, 1_000_000)}
    world.clock.now += timedelta(days=9)
    world.stack.publish(COVERING, "france")
    world.clock.now += timedelta(hours=1)
    world.stack.invoke("rerate_calls", {}, seconds=300)
    assert spending(world) == {USER: (1_000_000, 4 * COSTS, 0, 6 * COSTS)}


def test_a_line_that_the_operator_changes_keeps_its_budget(world: World) -> None:
    begin_budget(world, 1_000_000)
    begin_budget(world, 1_000_000, of="USER#user_1")
    assert world.operate("PUT", "/accounts/acct_1/lines/line_1", {"international_calling": False}).status == 200
    assert world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": "Ada L."}).status == 200
    minute(world, "c_1")
    assert {spent for _, spent, *_ in spending(world).values()} == {COSTS}


def test_many_entries_are_counted_in_several_rounds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        minute(world, f"c_{number}")
    set_budget(world, 1_000_000)
    world.clock.now += COUNTED
    query = counting._query
    monkeypatch.setattr(counting, "_query", lambda counter: query(counter) | {"Limit": 2})
    outcomes = []
    while is_counting(world):
        key = {"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": LINE}}
        item: Any = world.stack.dynamodb.get_item(TableName=world.stack.table_name, Key=key)["Item"]
        counter, due = counter_from_item(item), item["sweep_sk"]["S"]
        table = (world.stack.dynamodb, world.stack.table_name)
        outcomes.append(counting.count_before(*table, counter, due, world.clock.now, lambda: 0.0))
        assert not counting.count_before(*table, counter, due, world.clock.now, lambda: 0.0), "by two at once"
        spending(world)
    assert (outcomes[-1], len(outcomes)) == (True, 4)
    assert spending(world) == {LINE: (1_000_000, 6 * COSTS, 0, 4 * COSTS)}
