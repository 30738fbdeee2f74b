"""Hostile and damaged dead letters stop no other, and none that can still be charged is removed."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from calling_credit.charging.intake import FIRST_SENT, first_sent_ms
from calling_credit.rejection_codes import RejectionCode
from ops import dead_calls, dead_letters, redrive
from ops.dead_letters import Letter, by_request
from tests.domain.examples import EVENT
from tests.functions.mail_bench import batch
from tests.functions.queues_bench import Queues, queues, redriven
from tests.harness.table import sample_event
from tests.harness.world import World

__all__ = ["queues"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def call(name: str, **fields: Any) -> str:
    """The body of a call."""
    return json.dumps(EVENT | {"call_id": name} | fields)


@pytest.mark.parametrize(
    ("text", "first"),
    [("1000", 1_000), ("9" * 15, 5_000), ("9" * 5_000, 5_000), ("-1", 5_000), ("٣", 5_000), ("", 5_000), (None, 5_000)],
)
def test_only_a_time_in_an_attribute_says_when_a_message_was_first_sent(text: str | None, first: int) -> None:
    assert first_sent_ms(5_000, text) == first


def test_an_attribute_of_thousands_of_digits_stops_no_call(world: World) -> None:
    record = sample_event("rate_calls")["Records"][0]
    attribute = {"stringValue": "9" * 5_000, "dataType": "String"}
    event = {
        "Records": [
            record | {"messageId": "m_0", "body": call("c_0"), "messageAttributes": {FIRST_SENT: attribute}},
            record | {"messageId": "m_1", "body": call("c_1")},
        ]
    }
    assert world.stack.invoke("rate_calls", event)["batchItemFailures"] == []
    assert len(world.of_kind("ENTRY")) == 2


def test_a_dead_letter_with_such_an_attribute_goes_back_with_its_own_time(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.put("dead", [call("c_0"), call("c_1")])
    for message in queues._messages["dead"].values():
        message["MessageAttributes"] = {
            FIRST_SENT: {"DataType": "String", "StringValue": "9" * 5_000},
            "other": {"DataType": "Binary", "BinaryValue": b"\x00"},
        }
    assert redriven(monkeypatch, "--yes") == 0
    sent = [message["MessageAttributes"] for message in queues._messages["calls"].values()]
    assert [one[FIRST_SENT]["StringValue"] for one in sent] == ["1795435200000"] * 2
    assert all(one["other"] == {"DataType": "Binary", "BinaryValue": b"\x00"} for one in sent)


def test_a_call_behind_a_damaged_item_is_neither_removed_nor_held_back(
    queues: Queues, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.operate("PUT", "/accounts/acct_1/lines/line_1", {"number": EVENT["from"], "international_calling": True})
    [item] = [item for item in world.stack.items() if item["PK"].startswith("NUMBER#")]
    key = {"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}}
    world.stack.dynamodb.update_item(TableName=world.stack.table_name, Key=key, UpdateExpression="REMOVE assignments")
    nameless = {name: value for name, value in EVENT.items() if name not in ("account_id", "line_id", "user_id")}
    queues.put("dead", [json.dumps(nameless), call("c_1"), "no json"])
    assert redriven(monkeypatch, "--drop", "--yes") == 0
    assert "unreadable_item" in capsys.readouterr().out
    assert queues.bodies("dead") == [json.dumps(nameless), call("c_1")]
    assert redriven(monkeypatch, "--yes") == 0
    assert set(queues.bodies("calls")) == {json.dumps(nameless), call("c_1")}


def test_a_damaged_correction_stops_no_other_dead_letter(
    queues: Queues, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.deliver({"call_id": "c_0"}) == []
    [entry] = world.of_kind("ENTRY")
    damaged = {"PK": {"S": entry["PK"]}, "SK": {"S": f"{entry['SK']}#x"}, "kind": {"N": "7"}}
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=damaged)
    queues.put("dead", [call("c_0", duration_seconds=7, ended_at=None), call("c_1")])
    assert redriven(monkeypatch, "--peek") == 0
    shown = capsys.readouterr().out
    assert "unreadable_item" in shown
    assert "would_be_taken" in shown
    assert redriven(monkeypatch, "--drop", "--yes") == 0
    assert len(queues.bodies("dead")) == 2


def test_a_message_that_its_attribute_makes_too_long_stays_alone(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    long = call("c_long", note="x" * 260_000)
    monkeypatch.setattr(dead_calls, "MAY_PASS", tuple(RejectionCode))
    send = queues.send_message_batch

    def refuse(**asked: Any) -> dict[str, Any]:
        if any(entry["MessageBody"] == long for entry in asked["Entries"]):
            code = "AWS.SimpleQueueService.BatchRequestTooLong"
            raise ClientError({"Error": {"Code": code, "Message": ""}}, "SendMessageBatch")
        return send(**asked)

    monkeypatch.setattr(queues, "send_message_batch", refuse)
    queues.put("dead", [call("c_0"), long, call("c_1")])
    assert redriven(monkeypatch, "--yes") == 1
    assert "it is too long: m_1" in capsys.readouterr().out
    assert queues.bodies("dead") == [long]
    assert sorted(queues.bodies("calls")) == [call("c_0"), call("c_1")]


def test_attributes_count_as_bytes_of_a_request() -> None:
    text = {"DataType": "String", "StringValue": "x" * 100_000}
    letters = [Letter(f"m_{number}", "r", "body", 0, {"a": text, "b": {"BinaryValue": b"x"}}) for number in range(5)]
    assert [len(one) for one in by_request(letters)] == [2, 2, 1]
    assert dead_letters.size_of(letters[0]) == 4 + 1 + 6 + 100_000 + 1 + 1


@pytest.mark.parametrize("kind", ["[/bold]", "[red]", "x" * 100_000])
def test_a_mail_of_a_hostile_type_goes_back_like_any_other(
    queues: Queues, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    monkeypatch.setitem(redrive.QUEUES, redrive.MAIL, ("DeadLetterQueueUrl", "CallQueueUrl"))
    events = [{"id": "evt_1", "type": name, "account_id": "acct_1", "data": {}} for name in (kind, "BalanceLow")]
    bodies = [record["body"] for record in batch(*events)["Records"]]
    queues.put("dead", bodies)
    assert redriven(monkeypatch, "--queue", "mail", "--yes") == 0
    assert queues.bodies("calls") == bodies
    assert len(capsys.readouterr().out) < 2_000
