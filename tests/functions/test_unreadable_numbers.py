"""A number whose history cannot be read stops the calls of this number only, and none of them is lost."""

from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from tests.functions.numbers_bench import NUMBER
from tests.functions.report_bench import Reporter, call, charges
from tests.functions.test_unreadable_holds import damage, listed
from tests.harness.http import http_event
from tests.harness.world import World, number_of

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
KEY = f"NUMBER#{NUMBER}"
FORMS: list[dict[str, Any]] = [
    {"assignments": {"S": "x"}},
    {"assignments": {"L": [{"S": "x"}]}},
    {"assignments": {"L": [{"M": {"account_id": {"S": "acct_1"}}}]}},
    {"claims": {"L": [{"M": {}}]}},
]


@pytest.fixture
def reporter(world: World) -> Reporter:
    """A switch, and a healthy account beside the damaged one."""
    world.create_account("acct_2")
    world.adjust("5.00", "credit", "acct_2")
    return Reporter(world)


def stored(world: World) -> dict[str, Any]:
    """The history of the number."""
    key = {"PK": {"S": KEY}, "SK": {"S": "NUMBER"}}
    item: dict[str, Any] = world.stack.dynamodb.get_item(TableName=world.stack.table_name, Key=key)["Item"]
    return item


@pytest.mark.parametrize("values", [{}, *FORMS], ids=str)
def test_events_of_an_unreadable_number_wait_and_lose_nothing(
    world: World, reporter: Reporter, values: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    whole = stored(world)
    damage(world, KEY, "NUMBER", *(() if values else ("assignments",)), **values)
    theirs = call(world, "c_2", **{"from": number_of("acct_2")})
    bad = call(world, "c_4", disposition="spoken")
    assert reporter.report(call(world, "c_1"), theirs, call(world, "c_3"), bad) == [(3, "invalid_disposition")]
    assert '"UnreadableItems":[1.0]' in capsys.readouterr().out
    refused = list(reporter.queue.bodies)
    assert reporter.drain() == ["m_0", "m_2"]
    assert charges(world) == {"acct_2": ["c_2"]}
    assert [(key, reader) for key, _, reader in listed(world)] == [(f"{KEY}|NUMBER", "rate_calls")]
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=whole)
    reporter.queue.bodies = [refused[0], refused[2]]
    assert reporter.drain() == []
    assert charges(world) == {"acct_2": ["c_2"], "acct_1": ["c_1", "c_3"]}


def test_a_waiting_event_keeps_its_times_and_dialed_numbers(world: World, reporter: Reporter) -> None:
    damage(world, KEY, "NUMBER", "assignments")
    plain = call(world, "c_1", to="011442071838750", started_at="2026-11-23T05:00:00", ended_at="2026-11-23T05:01:00")
    event = http_event("report_calls", "POST", "/connector/calls/events", body=[plain])
    key = {"connector": "pbx", "zone": "America/New_York", "per_minute": "60", "scopes": "calls/report"}
    event["requestContext"]["authorizer"] = {"lambda": key}
    event["headers"]["content-type"] = "application/json"
    assert reporter.post(event).body == {"accepted": 1, "rejected": []}
    [queued] = reporter.queue.events
    assert (queued["from"], queued["to"]) == (NUMBER, "+442071838750")
    assert queued["started_at"] == "2026-11-23T10:00:00.000Z"
    assert not {"account_id", "line_id"} & queued.keys()


def test_an_event_without_talk_time_waits_like_the_others(world: World, reporter: Reporter) -> None:
    damage(world, KEY, "NUMBER", "assignments")
    free = call(world, "c_1", disposition="no_answer", duration_seconds=0)
    assert reporter.report(free, call(world, "c_2", account_id="acct_1")) == []
    assert [event.get("account_id") for event in reporter.queue.events] == [None, "acct_1"]
    assert reporter.drain() == ["m_0", "m_1"]


@pytest.mark.parametrize("values", [{}, *FORMS], ids=str)
def test_no_question_of_an_unreadable_number_holds_credit(
    world: World, reporter: Reporter, values: dict[str, Any]
) -> None:
    world.adjust("5.00", "credit", "acct_1")
    damage(world, KEY, "NUMBER", *(() if values else ("assignments",)), **values)

    def ask(number: str) -> Any:
        body = {"call_id": f"c_{number}", "from": number, "to": "+442071838750", "requested_seconds": 60}
        return world.invoke("authorize_call", http_event("authorize_call", "POST", "/calls/authorize", body=body))

    answer = ask(NUMBER)
    assert (answer.status, answer.code) == (500, "unreadable_item"), answer.text
    assert NUMBER not in answer.text
    assert world.of_kind("HOLD") == []
    assert ask(number_of("acct_2")).body["decision"] == "allow"
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=stored(world) | to_attributes({"claims": []}))
