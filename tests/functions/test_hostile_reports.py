"""Reports under attack: bad events among good ones, a queue and a table that fail, and odd bodies."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from calling_credit.charging.call_queue import batches
from tests.functions.numbers_bench import OTHER
from tests.functions.report_bench import NDJSON, Reporter, call, charges
from tests.harness.http import http_event
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.fixture
def reporter(world: World) -> Reporter:
    """A switch of the world."""
    return Reporter(world)


# --- Bad events among good ones ---------------------------------------------------------------------------------------

BAD: dict[str, Any] = {
    "malformed_json": 7,
    "invalid_direction": {"direction": "sideways"},
    "invalid_disposition": {"disposition": "hung_up"},
    "invalid_timestamp": {"started_at": "2026-11-23 10:00:00"},
    "invalid_number": {"to": "sip:a@b"},
    "invalid_id": {"call_id": "a\x00b"},
    "invalid_duration": {"duration_seconds": "long"},
    "duration_mismatch": {"duration_seconds": 100},
    "ended_in_the_future": {"ended_at": "2026-11-23T14:00:00Z"},
    "started_too_long_ago": {"started_at": "2026-01-01T00:00:00Z", "account_id": "acct_1", "line_id": "line_1"},
    "unknown_number": {"from": OTHER},
    "unknown_account": {"account_id": "acct_x", "line_id": "line_x"},
    "unknown_version": {"version": "2"},
    "missing_field": {"direction": "inbound"},
}


def test_each_bad_event_is_rejected_alone(world: World, reporter: Reporter) -> None:
    world.clock.now += timedelta(minutes=5)
    began = world.clock.now - timedelta(minutes=2)
    started = {"started_at": began.isoformat(), "ended_at": (began + timedelta(minutes=1)).isoformat()}
    events: list[Any] = [call(world, f"c_{index}", **started) for index in range(100)]
    for index, (code, change) in enumerate(BAD.items()):
        events[index * 7] = change if code == "malformed_json" else events[index * 7] | change
    before = world.stack.items()
    assert reporter.report(*events) == [(index * 7, code) for index, code in enumerate(BAD)]
    assert world.stack.items() == before
    assert len(reporter.queue.bodies) == 100 - len(BAD)
    assert reporter.drain() == []
    assert len(charges(world)["acct_1"]) == 100 - len(BAD)


@pytest.mark.parametrize("call_id", ["a\x00b", "a\x7fb", "a\nb", "", "x" * 256, 7, None, ["a"], {"a": 1}], ids=ascii)
def test_unreadable_id_is_answered_with_null(world: World, reporter: Reporter, call_id: object) -> None:
    answer = reporter.send([call(world, "c_1") | {"call_id": call_id}])
    [rejected] = answer.body["rejected"]
    assert (rejected["call_id"], rejected["code"]) == (None, "invalid_id")


def test_event_without_an_id_is_rejected(world: World, reporter: Reporter) -> None:
    event = call(world, "c_1")
    del event["call_id"]
    assert reporter.report(event, {"account_id": "acct_1", "direction": "inbound"}, {}) == [
        (0, "missing_field"),
        (1, "missing_field"),
        (2, "missing_field"),
    ]


def test_two_events_of_one_call_are_charged_once(world: World, reporter: Reporter) -> None:
    one = call(world, "c_1")
    other = one | {"duration_seconds": 30, "ended_at": None}
    assert reporter.report(one, one | {"from": "(415) 555-0100"}, one | {"duration_seconds": "59.2"}, other) == []
    assert reporter.drain() == ["m_3"]
    assert charges(world) == {"acct_1": ["c_1"]}


def test_what_costs_nothing_is_queued_and_releases_its_hold(world: World, reporter: Reporter) -> None:
    world.adjust("5.00", "k_1")
    assert world.authorize("c_1").body["decision"] == "allow"
    world.clock.now += timedelta(seconds=30)
    free = [
        call(world, "c_1", disposition="NO ANSWER", duration_seconds="0", ended_at=world.clock.now.isoformat()),
        call(world, "c_2", to="911"),
        call(world, "c_3", to="411"),
        {"call_id": "c_4", "account_id": "acct_1", "direction": "inbound", "to": ["x"] * 9, "note": "x" * 20_000},
        call(world, "c_5", to="x" * 300, disposition="busy", duration_seconds=None),
    ]
    assert reporter.report(*free) == []
    assert reporter.drain() == []
    assert [hold["status"] for hold in world.of_kind("HOLD")] == ["released"]
    assert charges(world) == {}


def test_large_event_is_reduced_before_it_is_queued(world: World, reporter: Reporter) -> None:
    odd = call(world, "é" * 255, note="x" * 900_000, **{"from": "y" * 5_000}, account_id="acct_1", line_id="line_1")
    assert reporter.report(odd) == []
    assert len(reporter.queue.bodies[0]) < 2_000
    assert reporter.drain() == []
    assert len(charges(world)["acct_1"]) == 1


@pytest.mark.parametrize("call_id", ["\uffff", "\ufffe", "a\U0001f3a7", "通話", "\u200b", "h_1", "a/b#c"], ids=ascii)
def test_call_of_an_unusual_id_is_charged_once(world: World, reporter: Reporter, call_id: str) -> None:
    assert reporter.report(call(world, call_id)) == []
    assert reporter.queue.bodies[0].isascii(), "SQS refuses some characters"
    reporter.queue.bodies.append(json.dumps(call(world, call_id), ensure_ascii=False))
    assert reporter.drain() == []
    assert len(charges(world)["acct_1"]) == 1


# --- A queue and a table that fail ------------------------------------------------------------------------------------


def test_refused_messages_are_sent_again_within_the_request(world: World, reporter: Reporter) -> None:
    reporter.queue.faults = [(0, 3), (0,), ()]
    assert reporter.report(*(call(world, f"c_{index}") for index in range(12))) == []
    assert [len(request) for request in reporter.queue.requests] == [10, 2, 1, 2]
    assert sorted(event["call_id"] for event in reporter.queue.events) == sorted(f"c_{index}" for index in range(12))


THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "SendMessageBatch")
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "SendMessageBatch")
NO_ANSWER = ReadTimeoutError(endpoint_url="https://sqs.test")
REFUSING = [(0, 1, 2)] * 50


@pytest.mark.parametrize(
    "faults", [[THROTTLED], [DENIED], [NO_ANSWER], REFUSING, [(), NO_ANSWER], [(), (), (2,), NO_ANSWER]]
)
def test_events_sent_again_after_a_failure_are_charged_once(
    world: World, reporter: Reporter, faults: list[Any]
) -> None:
    calls = [call(world, f"c_{index}") for index in range(23)] + [call(world, "c_bad", direction="up")]
    reporter.queue.faults = list(faults)
    answer = reporter.send(calls)
    assert (answer.status, answer.code) == (503, "not_queued")
    assert int(answer.headers["retry-after"]) > 0
    reporter.queue.faults = []
    assert reporter.report(*calls) == [(23, "invalid_direction")]
    assert reporter.drain() == []
    assert sorted(charges(world)["acct_1"]) == sorted(f"c_{index}" for index in range(23))


@pytest.mark.parametrize("named", [{}, {"account_id": "acct_1", "line_id": "line_1"}])
def test_table_that_does_not_answer_queues_nothing(
    world: World, reporter: Reporter, named: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb.test")

    for part in (world.stack.apps["report_calls"].numbers, world.stack.apps["report_calls"].facts):
        monkeypatch.setattr(part, "_client", type("Lost", (), {"batch_get_item": fail})())
    answer = reporter.send([call(world, "c_1") | named])
    assert (answer.status, answer.code, reporter.queue.requests) == (503, "not_queued", [])


def test_batches_are_cut_by_ten_and_by_bytes() -> None:
    assert [len(batch) for batch in batches(["x"] * 25)] == [10, 10, 5]
    assert [len(batch) for batch in batches(["é" * 50_000] * 5)] == [2, 2, 1]
    assert [len(batch) for batch in batches(["x" * 300_000, "x"])] == [1, 1]


# --- Bodies -----------------------------------------------------------------------------------------------------------


def posted(reporter: Reporter, body: bytes, content_type: str, *, is_text: bool = False) -> Any:
    """The answer to bytes, as API Gateway passes them."""
    event = http_event("report_calls", "POST", "/calls/events", body="x")
    event["headers"]["content-type"] = content_type
    event["isBase64Encoded"] = not is_text
    event["body"] = body.decode() if is_text else base64.b64encode(body).decode()
    return reporter.post(event)


@pytest.mark.parametrize("content_type", [NDJSON, "application/json", "text/plain", "application/octet-stream", ""])
@pytest.mark.parametrize("is_text", [True, False])
def test_body_of_any_content_type_is_read(world: World, reporter: Reporter, content_type: str, is_text: bool) -> None:
    lines = "\ufeff" + "\r\n".join(json.dumps(call(world, name)) for name in ("c_1", "c_2")) + "\r\n\r\n"
    answer = posted(reporter, lines.encode(), content_type, is_text=is_text)
    assert answer.body == {"accepted": 2, "rejected": []}


@pytest.mark.parametrize("body", [b"\xff\xfe{\x00}\x00", b'{"a": "\x80"}', b"{", b"call,number\n1,2\n"], ids=ascii)
def test_body_that_is_no_json_is_400(world: World, reporter: Reporter, body: bytes) -> None:
    answer = posted(reporter, body, "application/json")
    assert (answer.status, answer.code, reporter.queue.requests) == (400, "malformed_json", [])


@pytest.mark.parametrize("body", [b"", b" \n\r\n", b"[]"])
def test_body_without_an_event_is_422(world: World, reporter: Reporter, body: bytes) -> None:
    answer = posted(reporter, body, NDJSON)
    assert (answer.status, answer.code) == (422, "no_events")


def test_body_has_at_most_a_megabyte(world: World, reporter: Reporter) -> None:
    text = json.dumps(call(world, "c_1"))
    assert reporter.send(text + " " * (1024 * 1024 - len(text))).body["accepted"] == 1
    answer = reporter.send(text + " " * (1024 * 1024 - len(text) + 1))
    assert (answer.status, answer.code, len(reporter.queue.bodies)) == (413, "body_too_large", 1)


@pytest.mark.parametrize("scope", ["", "calls/authorize", "calls/reports", "xcalls/report", "calls/report/", None])
def test_other_scopes_report_nothing(world: World, reporter: Reporter, scope: str | None) -> None:
    answer = reporter.send([call(world, "c_1")], scope=scope)
    assert (answer.status, answer.code, reporter.queue.requests) == (403, "scope_required", [])
