"""Runs over waiting calls: oldest first, in groups, from a stored position. No call stops others."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from calling_credit.charging import waiting_calls
from calling_credit.dynamodb import sweep
from calling_credit.dynamodb.positions import read_position
from calling_credit.dynamodb.sweep import read_round
from tests.functions.rerate_bench import COVERING
from tests.functions.test_rerate_faults import interrupted, put_back, timeless
from tests.harness.faults import CRASHES, DONE_UNHEARD, ask_anew, points, throttled
from tests.harness.table import Context
from tests.harness.wire import Sent, Wire, refusal
from tests.harness.world import UNCOVERED, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
NEVER_PRICED = "+4930123456"
ACCOUNTS = [f"acct_{number}" for number in range(1, 6)]


@pytest.fixture(autouse=True)
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of three calls, from answers of two."""
    monkeypatch.setattr(waiting_calls, "GROUP", 3)
    monkeypatch.setattr(sweep, "PAGE_SIZE", 2)


class Hurried(Context):
    """An invocation that has time for a number of looks at its clock."""

    def __init__(self, looks: int) -> None:
        super().__init__(300)
        self.looks = looks

    def get_remaining_time_in_millis(self) -> int:
        """Five minutes for each look, then nothing."""
        self.looks -= 1
        return 300_000 if self.looks >= 0 else 0


def wait_for_a_price(world: World, *numbers: str) -> None:
    """Let a call to each number wait, of one account after the other, each a minute later than the one before."""
    for account_id in ACCOUNTS[1:]:
        world.create_account(account_id)
    for position, number in enumerate(numbers):
        began = f"2026-11-23T09:{position:02d}:00Z"
        event = {"call_id": f"c_{position}", "to": number, "account_id": ACCOUNTS[position % len(ACCOUNTS)]}
        event |= {"started_at": began, "answered_at": began, "ended_at": began.replace(":00Z", ":30Z")}
        assert world.deliver(event | {"duration_seconds": 30}) == []


def sweep_with(world: World, looks: int) -> dict[str, Any]:
    """Run a sweep that has little time."""
    answer: dict[str, Any] = world.stack.apps["rerate_calls"].handler({}, Hurried(looks))
    return answer


def waiting(world: World) -> list[str]:
    """The calls that wait, the oldest first."""
    items = [item for item in world.stack.items() if item["SK"].startswith("UNRATED#") and "sweep_pk" in item]
    return [item["SK"].split("#")[2] for item in sorted(items, key=lambda item: str(item["sweep_sk"]))]


def position(world: World) -> str | None:
    """The call at which the next run continues."""
    stored = read_position(world.stack.dynamodb, world.stack.table_name, waiting_calls.POSITION)
    return None if stored is None else stored.split("#")[2]


def without_position(world: World) -> list[dict[str, Any]]:
    """The table without times and without the position."""
    return [item for item in timeless(world) if item["PK"] != "LEASE"]


def test_waiting_calls_are_charged_oldest_first_over_all_shards(world: World, wire: Wire) -> None:
    wait_for_a_price(world, *[UNCOVERED] * 10)
    world.stack.publish(COVERING, "covering")
    wire.sent.clear()
    world.stack.invoke("rerate_calls", {}, seconds=300)
    closed = [
        action["Key"]["SK"]["S"].split("#")[2]
        for sent in wire.sent
        for kind, action in sent.actions
        if kind == "Update" and action["Key"]["SK"]["S"].startswith("UNRATED#")
    ]
    groups = [set(closed[begin : begin + 3]) for begin in range(0, 10, 3)]
    assert groups == [{f"c_{number}" for number in range(begin, min(begin + 3, 10))} for begin in range(0, 10, 3)]
    assert (waiting(world), position(world)) == ([], None)


def test_every_run_makes_progress_however_little_time_it_has(world: World) -> None:
    wait_for_a_price(world, *[UNCOVERED] * 10)
    world.stack.publish(COVERING, "covering")
    left = []
    for _ in range(20):
        sweep_with(world, 2)
        left.append(len(waiting(world)))
        if not left[-1]:
            break
    assert left == sorted(set(left), reverse=True)
    assert left[-1] == 0
    assert sum(world.balance(account_id) for account_id in ACCOUNTS) == -10 * 400_000


def test_calls_without_a_price_are_passed_and_looked_at_again_later(world: World) -> None:
    wait_for_a_price(world, *[NEVER_PRICED] * 7, UNCOVERED, UNCOVERED)
    world.stack.publish(COVERING, "covering")
    assert sweep_with(world, 0) == {"calls_not_covered": 3}
    assert position(world) == "c_2"
    assert sweep_with(world, 0) == {"calls_not_covered": 3}
    assert position(world) == "c_5"
    told = world.stack.invoke("rerate_calls", {}, seconds=300)
    assert told == {"calls_not_covered": 7, "calls_rated": 2}, "the older calls are seen again after the newest"
    assert (len(waiting(world)), position(world)) == (7, None)


def test_a_call_that_arrives_behind_the_position_is_charged_too(world: World) -> None:
    wait_for_a_price(world, *[NEVER_PRICED] * 7)
    world.stack.publish(COVERING, "covering", world.clock.now)
    sweep_with(world, 0)
    assert position(world) == "c_2"
    older = {"call_id": "c_late", "to": UNCOVERED, "started_at": "2026-11-23T08:00:00Z", "answered_at": None}
    assert world.deliver(older | {"ended_at": "2026-11-23T08:00:30Z", "duration_seconds": 30}) == []
    world.clock.now += timedelta(minutes=16)
    assert world.stack.invoke("rerate_calls", {}, seconds=300)["calls_rated"] == 1


def test_a_position_behind_all_calls_or_damaged_hides_none(world: World) -> None:
    wait_for_a_price(world, *[UNCOVERED] * 4)
    world.stack.publish(COVERING, "covering")
    for stored in ({"S": "~~~"}, {"N": "7"}):
        key = {"PK": {"S": "LEASE"}, "SK": {"S": "POSITION#waiting_calls"}}
        world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=key | {"position": stored})
        world.stack.invoke("rerate_calls", {}, seconds=300)
        assert waiting(world) == []


def test_a_damaged_item_is_listed_and_stops_no_other_call(world: World) -> None:
    wait_for_a_price(world, *[UNCOVERED] * 5)
    [item] = world.of_kind("UNRATED", "acct_2")
    key = {"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}}
    world.stack.dynamodb.update_item(
        TableName=world.stack.table_name, Key=key, UpdateExpression="REMOVE line_id", ReturnValues="NONE"
    )
    world.stack.publish(COVERING, "covering")
    told = world.stack.invoke("rerate_calls", {}, seconds=300)
    assert told == {"calls_rated": 4}
    [listed] = [item for item in world.stack.items() if item["PK"] == "UNREADABLE"]
    assert (listed["SK"], listed["reason"], listed["reader"]) == (
        f"{item['PK']}|{item['SK']}",
        "line_id",
        "rerate_calls",
    )
    assert waiting(world) == ["c_1"]


def test_a_call_that_the_table_refuses_to_charge_stops_no_other(world: World, wire: Wire) -> None:
    wait_for_a_price(world, *[UNCOVERED] * 7)
    world.stack.publish(COVERING, "covering")

    def refuse(sent: Sent, passed: Any) -> Any:
        is_hers = sent.operation == "TransactWriteItems" and "ACCOUNT#acct_2" in sent.partitions()
        return refusal(400, "ValidationException") if is_hers else passed()

    with wire.interfering(refuse), pytest.raises(ClientError, match="ValidationException"):
        world.stack.invoke("rerate_calls", {}, seconds=300)
    assert waiting(world) == ["c_1", "c_6"]
    assert world.stack.invoke("rerate_calls", {}, seconds=300) == {"calls_rated": 2}


def test_law_10_runs_of_several_groups_survive_any_crash(world: World, wire: Wire) -> None:
    wait_for_a_price(world, UNCOVERED, NEVER_PRICED, UNCOVERED, UNCOVERED)
    world.stack.publish(COVERING, "covering")
    raw = world.stack.dynamodb.scan(TableName=world.stack.table_name)["Items"]
    wire.sent.clear()
    world.stack.invoke("rerate_calls", {}, seconds=300)
    scenario, expected = list(wire.sent), without_position(world)
    assert sum(sent.operation == "PutItem" for sent in scenario) == 3, (
        "the lease, the position after a group, and its end"
    )
    writes = [at for at, sent in enumerate(scenario) if sent.operation in ("PutItem", "TransactWriteItems")]
    once = [*CRASHES, *DONE_UNHEARD, throttled]
    for point in [point for point in points(scenario) if point.at in writes and point.fault in once]:
        if point.lasting and point.fault is not throttled:
            continue
        put_back(world, raw)
        point.context.seconds = 300
        with wire.interfering(point):
            ask_anew(world.stack, wire, "rerate_calls", {}, seconds=300)
        for passed in point.late:
            passed()
        world.stack.invoke("rerate_calls", {}, seconds=300)
        assert point.hits, point.name
        assert without_position(world) == expected, point.name


def test_two_runs_at_once_charge_each_call_once(world: World, wire: Wire) -> None:
    wait_for_a_price(world, UNCOVERED, UNCOVERED, NEVER_PRICED, UNCOVERED)
    world.stack.publish(COVERING, "covering")
    interrupted(world, wire, {}, lambda: world.stack.invoke("rerate_calls", {}, seconds=300))
    assert sum(world.balance(account_id) for account_id in ACCOUNTS) == -3 * 400_000


class Endless:
    """A table with a hundred thousand waiting calls of each shard, which counts its answers."""

    def __init__(self) -> None:
        self.answers = 0

    def query(self, **asked: Any) -> dict[str, Any]:
        """Answer with a page, of which another one follows."""
        self.answers += 1
        begin = int(asked.get("ExclusiveStartKey", {"at": 0})["at"])
        shard = asked["ExpressionAttributeValues"][":kind"]["S"][-1]
        numbers = range(begin, min(begin + asked["Limit"], 100_000))
        items = [
            {"PK": {"S": "ACCOUNT#a"}, "SK": {"S": f"UNRATED#{number}#c"}, "sweep_sk": {"S": f"{number:06d}#{shard}"}}
            for number in numbers
        ]
        return (
            {"Items": items, "LastEvaluatedKey": {"at": numbers.stop}} if numbers.stop < 100_000 else {"Items": items}
        )


def test_a_run_reads_only_what_it_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "PAGE_SIZE", 250)
    table: Any = Endless()
    groups = read_round(table, "t", "unrated", None, 1_000)
    first = [item["sweep_sk"] for item in next(groups)]
    assert (first[0], first[-1], len(first)) == ("000000#0", "000249#3", 1_000)
    assert table.answers <= 8
    assert next(groups)[0]["sweep_sk"] == "000250#0"
    assert table.answers <= 12
