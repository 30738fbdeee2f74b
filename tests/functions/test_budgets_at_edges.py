"""Budgets at their edges: other limits, free calls, moved lines, changed time zones, and the end of a month."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.budgets_bench import LINE, USER, begin_budget, set_budget, spend, spending
from tests.functions.minutes_bench import UK, give, record
from tests.functions.moves_bench import goodwill
from tests.functions.test_corrected_minutes import correct
from tests.harness.wire import Pass, Sent, Wire
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
DECEMBER = LINE.replace("-11", "-12")
USER_2 = {"number": "+14155550101", "user_id": "user_2", "international_calling": True}


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Give acct_1 a hundred dollars."""
    world.adjust("100.00", "credit")


def add_line(world: World, user_id: str = "user_1") -> None:
    """Give acct_1 a second line."""
    line = {"number": "+14155550102", "user_id": user_id, "international_calling": True}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_2", line).status == 201


def sweep(world: World) -> None:
    """Run one round of expire_holds."""
    assert world.stack.invoke("expire_holds", {})["failed"] == 0


def test_the_daily_limit_is_named_before_the_budgets(world: World) -> None:
    begin_budget(world, 300_000)
    assert world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "0.30"}}).status == 200
    spend(world, "c_1", 180)
    assert world.authorize("c_2").body["reason"] == "daily_spend_limit"
    assert world.operate("PUT", "/accounts/acct_1", {"limits": {"daily_spend": "5.00"}}).status == 200
    assert world.authorize("c_2").body["reason"] == "line_budget"


def test_a_budget_that_resumes_at_the_end_of_a_month_counts_the_next_whole(world: World) -> None:
    begin_budget(world, 1_000_000)
    set_budget(world, None)
    world.clock.now = world.clock.now.replace(day=30, hour=23, minute=59, second=30)
    assert world.deliver({"call_id": "c_1"}) == []
    world.clock.now += timedelta(seconds=15)
    set_budget(world, 2_000_000)
    sweep(world)
    world.clock.now += timedelta(seconds=20)
    started = {"started_at": "2026-12-01T00:00:01Z", "answered_at": "2026-12-01T00:00:01Z"}
    assert world.deliver(record(1, call_id="c_2") | started | {"ended_at": "2026-12-01T00:00:02Z"}) == []
    [entry] = [one for one in world.entries() if one["kind"] == "call_charged" and one["local_date"] == "2026-12-01"]
    assert "counted" not in entry, "posting did not know yet"
    spending(world)
    world.clock.now += timedelta(minutes=5)
    sweep(world)
    assert spending(world)[DECEMBER] == (2_000_000, 100_000, 0, 1_900_000)


def test_a_budget_of_0_refuses_only_what_costs(world: World) -> None:
    begin_budget(world, 0)
    assert world.authorize("c_1").body["reason"] == "line_budget"
    assert world.authorize("c_2", "+14155550123").body["decision"] == "allow"
    assert world.authorize("c_3", "911").body["decision"] == "allow"
    give(world, UK)
    covered = world.authorize("c_4", seconds=900).body
    assert (covered["max_seconds"], covered["limited_by"], covered["held"]) == (600, "line_budget", "0.00")
    assert world.deliver(record(600, call_id="c_4", user_id="user_1")) == []
    assert spending(world) == {LINE: (0, 0, 0, 0)}
    spend(world, "c_5", 60)
    give(world, UK | {"minutes": 20})
    again = world.authorize("c_6", seconds=900).body
    assert (again["max_seconds"], again["limited_by"]) == (600, "line_budget"), "the rest is below zero"


def test_two_lines_of_one_user_share_its_budget(world: World, wire: Wire) -> None:
    add_line(world)
    begin_budget(world, 600_000, of="USER#user_1")
    begin_budget(world, 5_000_000)
    others: list[str] = []

    def authorize_another(sent: Sent, passed: Pass) -> object:
        if sent.operation == "TransactWriteItems" and not others:
            others.append("c_2")
            assert world.authorize("c_2", seconds=240, line_id="line_2").body["max_seconds"] == 240
        return passed()

    with wire.interfering(authorize_another):  # type: ignore[arg-type]
        answer = world.authorize("c_1", seconds=360).body
    assert (answer["max_seconds"], answer["limited_by"]) == (120, "user_budget")
    assert spending(world) == {USER: (600_000, 0, 600_000, 0), LINE: (5_000_000, 0, 200_000, 4_800_000)}


def test_a_call_stays_with_the_user_who_began_it(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_2", {"name": "Lin"})
    for user in ("user_1", "user_2"):
        begin_budget(world, 1_000_000, of=f"USER#{user}")
    world.authorize("c_1", seconds=120)
    assert world.operate("PUT", "/accounts/acct_1/lines/line_1", USER_2).status == 200
    world.clock.now += timedelta(seconds=100)
    assert world.authorize("c_1", seconds=200).body["decision"] == "allow"
    assert world.authorize("c_2", seconds=60).body["decision"] == "allow"
    other = USER.replace("user_1", "user_2")
    assert spending(world) == {USER: (1_000_000, 0, 500_000, 500_000), other: (1_000_000, 0, 100_000, 900_000)}
    spend(world, "c_1", 300)
    assert world.deliver(record(60, call_id="c_2", user_id="user_2")) == []
    assert spending(world) == {USER: (1_000_000, 500_000, 0, 500_000), other: (1_000_000, 100_000, 0, 900_000)}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_changed_time_zone_loses_no_call(world: World, zone: str) -> None:
    begin_budget(world, 1_000_000)
    world.clock.now = world.clock.now.replace(day=30, hour=12)
    world.authorize("c_1", seconds=120)
    assert world.operate("PUT", "/accounts/acct_1", {"time_zone": zone}).status == 200
    world.clock.now += timedelta(minutes=2)
    world.authorize("c_1", seconds=120)
    world.authorize("c_2", seconds=60)
    spending(world)
    noon = {"started_at": "2026-11-30T12:00:00Z", "answered_at": "2026-11-30T12:00:00Z"}
    assert world.deliver(record(120, call_id="c_1") | noon | {"ended_at": "2026-11-30T12:02:00Z"}) == []
    assert world.deliver(record(60, call_id="c_2") | noon | {"ended_at": "2026-11-30T12:01:00Z"}) == []
    assert sum(found[1] for found in spending(world).values()) == 300_000
    assert all(found[2] == 0 for found in spending(world).values())


def test_goodwill_does_not_give_back_and_a_waiver_does(world: World) -> None:
    begin_budget(world, 1_000_000)
    spend(world, "c_1", 180)
    spend(world, "c_2", 120)
    assert goodwill(world).status == 201
    assert spending(world)[LINE] == (1_000_000, 500_000, 0, 500_000)
    correct(world, "c_1", waive=True)
    correct(world, "c_2", duration_seconds=60)
    assert spending(world)[LINE] == (1_000_000, 100_000, 0, 900_000)


def test_a_refusal_by_a_budget_is_listed_and_no_sign_of_fraud(world: World) -> None:
    begin_budget(world, 0)
    with world.recorded("authorize_call") as requests:
        assert world.authorize("c_1").body["reason"] == "line_budget"
    assert requests
    [denied] = world.get("/denied-calls").body["items"]
    assert (denied["reason"], denied["line_id"]) == ("line_budget", "line_1")
    assert world.of_kind("DENIAL") == []


def test_a_closed_account_returns_what_its_calls_held(world: World) -> None:
    begin_budget(world, 1_000_000)
    world.authorize("c_1", seconds=300)
    world.authorize("c_2", seconds=300)
    assert world.operate("PUT", "/accounts/acct_1", {"status": "closed"}).status == 200
    spend(world, "c_1", 120)
    assert spending(world) == {LINE: (1_000_000, 200_000, 500_000, 300_000)}
    world.clock.now += timedelta(days=1)
    sweep(world)
    assert spending(world) == {LINE: (1_000_000, 200_000, 0, 800_000)}


def test_a_budget_lowered_below_its_holds_refuses_more(
    world: World,
) -> None:
    begin_budget(world, 1_000_000)
    world.authorize("c_1", seconds=300)
    set_budget(world, 200_000)
    assert spending(world) == {LINE: (200_000, 0, 500_000, -300_000)}
    world.clock.now += timedelta(seconds=200)
    further = world.authorize("c_1", seconds=300).body
    assert (further["decision"], further["max_seconds"], further["reason"]) == ("deny", 300, "line_budget")
    set_budget(world, 200_000, at="tell")
    assert world.authorize("c_1", seconds=300).body["max_seconds"] == 500
    assert world.authorize("c_2", seconds=60).body["decision"] == "allow"
    set_budget(world, None)
    spend(world, "c_1", 480)
    assert world.deliver(record(60, call_id="c_2")) == []
    assert spending(world) == {LINE: (200_000, 900_000, 0, -700_000)}


def test_what_a_call_writes_grows_by_one_item_for_each_budget(world: World) -> None:
    def written(call_id: str) -> list[int]:
        items = []
        with world.recorded("authorize_call") as asked:
            world.authorize(call_id, seconds=60)
        with world.recorded("rate_calls") as posted:
            spend(world, call_id, 60)
        for requests in (asked, posted):
            sent: list[Any] = [params for name, params in requests if name == "TransactWriteItems"]
            items += [len(params["TransactItems"]) for params in sent]
        return items

    assert written("c_1") == [2, 4]
    begin_budget(world, 1_000_000)
    assert written("c_2") == [3, 5]
    begin_budget(world, 1_000_000, of="USER#user_1")
    assert written("c_3") == [4, 6]
