"""A reported call belongs to the line that had its number, or to the one that it names."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.api.switch import SwitchCaller
from ops.list_unrated import table_of
from tests.functions.numbers_bench import LINE_2, MOVE, NUMBER, OTHER, call_at, deliver
from tests.functions.report_bench import Reporter, call, charges
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.fixture
def reporter(world: World) -> Reporter:
    """A switch of the world."""
    return Reporter(world)


def test_call_is_charged_once_however_its_number_moves_and_it_arrives(world: World, reporter: Reporter) -> None:
    """Over HTTP, from the queue, and from the dead-letter queue days later: always the account that had the number."""
    world.create_account("acct_2")
    event = call(world, "c_1")
    assert reporter.report(event) == []
    waiting = list(reporter.queue.bodies)
    world.clock.now += timedelta(minutes=5)
    assert world.operate("PUT", LINE_2, MOVE).status == 201
    world.clock.now += timedelta(minutes=5)
    assert reporter.report(event, call(world, "c_2")) == []
    assert [one["account_id"] for one in reporter.queue.events] == ["acct_1", "acct_1", "acct_2"]
    assert reporter.drain() == []
    world.clock.now += timedelta(days=10)
    world.stack.forget()
    reporter.queue.bodies = waiting
    assert reporter.drain() == []
    assert deliver(world, call_at(world, "c_3") | event) == []
    assert reporter.report(event) == []
    assert reporter.drain() == []
    assert charges(world) == {"acct_1": ["c_1"], "acct_2": ["c_2"]}


def test_number_of_several_lines_names_none(world: World, reporter: Reporter) -> None:
    claims = [{"M": {name: {"S": f"{name}_{n}"} for name in ("account_id", "line_id", "user_id")}} for n in (1, 2)]
    item: Any = {
        "PK": {"S": f"NUMBER#{OTHER}"},
        "SK": {"S": "NUMBER"},
        "assignments": {"L": []},
        "claims": {"L": claims},
    }
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=item)
    event = call(world, "c_1", **{"from": OTHER})
    assert reporter.report(event, event | {"account_id": "acct_1"}) == [
        (0, "number_ambiguous"),
        (1, "number_ambiguous"),
    ]
    assert reporter.report(event | {"account_id": "acct_1", "line_id": "line_1"}) == []


def test_loose_event_is_charged_alike_from_the_queue_and_over_http(world: World, reporter: Reporter) -> None:
    started = world.clock.now
    loose = {
        "call_id": "c_1",
        "direction": "outbound",
        "from": "(415) 555-0100",
        "to": "011 44 20 7183 8750",
        "started_at": started.isoformat(),
        "duration_seconds": "59.2",
        "disposition": "ANSWERED",
        "account_id": None,
        "user_id": "",
    }
    assert reporter.report(loose) == []
    assert reporter.drain() == []
    reporter.queue.bodies = [json.dumps(loose)] * 2
    assert reporter.drain() == []
    [entry] = world.entries()
    assert (entry["to"], entry["duration_seconds"], entry["line_id"]) == (UNITED_KINGDOM, 60, "line_1")
    before = world.stack.items()
    assert reporter.report(loose, loose | {"disposition": "answered", "from": NUMBER}) == []
    assert reporter.drain() == []
    assert world.stack.items() == before


def test_call_of_another_line_than_its_numbers_is_charged_and_listed(world: World, reporter: Reporter) -> None:
    world.create_account("acct_2")
    named = {"account_id": "acct_2", "line_id": "line_1"}
    events = [
        call(world, "c_1") | named,
        call(world, "c_2") | {"account_id": "acct_2"},
        call(world, "c_3") | {"line_id": "line_9"},
        call(world, "c_4") | named | {"from": OTHER},
        call(world, "c_5") | {"account_id": "acct_1", "line_id": "line_1", "user_id": "user_9"},
    ]
    assert reporter.report(*events) == []
    assert reporter.drain() == []
    assert {account: sorted(ids) for account, ids in charges(world).items()} == {
        "acct_1": ["c_3", "c_5"],
        "acct_2": ["c_1", "c_2", "c_4"],
    }
    listed = world.of_kind("LINE_MISMATCH", "acct_2") + world.of_kind("LINE_MISMATCH")
    assert [(one["SK"].rpartition("#")[2], one["line_id"], one["number_account_id"]) for one in listed] == [
        ("c_1", "line_1", "acct_1"),
        ("c_2", "unknown", "acct_1"),
        ("c_3", "line_9", "acct_1"),
    ]
    assert table_of("line_mismatch", listed).row_count == 3
    assert all(one["sweep_pk"].startswith("LINE_MISMATCH#") for one in listed)


@pytest.mark.parametrize("number", [None, "", "anonymous", OTHER])
def test_a_call_without_line_whose_number_no_line_had_is_refused(
    world: World, reporter: Reporter, number: str | None
) -> None:
    event = call(world, "c_1") | {"account_id": "acct_1", "from": number}
    assert reporter.report(event) == [(0, "missing_field")]
    assert reporter.queue.bodies == []
    assert deliver(world, call_at(world, "c_1") | event) == ["m_0"]
    assert reporter.report(event | {"line_id": "line_1"}) == []


def test_former_line_of_a_moved_number_is_a_mismatch(world: World, reporter: Reporter) -> None:
    world.create_account("acct_2")
    early = call(world, "c_1")
    world.clock.now += timedelta(minutes=5)
    world.operate("PUT", LINE_2, MOVE)
    world.clock.now += timedelta(minutes=5)
    late = call(world, "c_2")
    first, second = {"account_id": "acct_1", "line_id": "line_1"}, {"account_id": "acct_2", "line_id": "line_2"}
    assert reporter.report(early | first, late | second, early | second | {"call_id": "c_3"}, late | first) == []
    assert reporter.drain() == []
    listed = Counter(one["SK"].rpartition("#")[2] for one in world.stack.items() if "LINE_MISMATCH" in one["SK"])
    assert listed == Counter(["c_2", "c_3"])


def test_time_without_a_zone_is_read_in_the_zone_of_the_switch(
    world: World, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = {"started_at": "2026-11-23 07:00:00", "ended_at": "2026-11-23 07:01:00"}
    assert reporter.report(call(world, "c_1", **local)) == [(0, "invalid_timestamp")]
    caller = SwitchCaller("sbc-1", "America/New_York")
    monkeypatch.setattr(world.stack.apps["report_calls"], "switch_caller", lambda *_: caller)
    assert reporter.report(call(world, "c_1", **local)) == []
    assert reporter.drain() == []
    assert [entry["SK"] for entry in world.entries()] == ["ENTRY#2026-11-23T12:00:00.000Z#c_1"]
