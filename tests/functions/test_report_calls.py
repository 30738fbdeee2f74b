"""Switches report finished calls over HTTP: each event is judged at once, and queued before the answer."""

import json
from datetime import timedelta

import pytest

from tests.functions.report_bench import NDJSON, Reporter, call
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


@pytest.fixture
def reporter(world: World) -> Reporter:
    """A switch of the world."""
    return Reporter(world)


def test_reported_call_is_queued_with_its_line_and_charged_once(world: World, reporter: Reporter) -> None:
    assert reporter.report(call(world, "c_1")) == []
    [queued] = reporter.queue.events
    assert (queued["account_id"], queued["line_id"], queued["user_id"]) == ("acct_1", "line_1", "user_1")
    assert reporter.report(call(world, "c_1")) == []
    assert reporter.drain() == []
    [entry] = world.entries()
    assert (entry["line_id"], entry["amount_micros"]) == ("line_1", -100_000)


def test_rejected_events_are_named_and_the_others_are_queued(world: World, reporter: Reporter) -> None:
    bad = call(world, "c_2") | {"disposition": "spoken"}
    unknown = call(world, "c_3") | {"from": "+14155550177"}
    assert reporter.report(call(world, "c_1"), bad, unknown, 7) == [
        (1, "invalid_disposition"),
        (2, "unknown_number"),
        (3, "malformed_json"),
    ]
    assert [event["call_id"] for event in reporter.queue.events] == ["c_1"]
    answer = reporter.send([bad])
    assert answer.body == {
        "accepted": 0,
        "rejected": [
            {
                "index": 0,
                "call_id": "c_2",
                "code": "invalid_disposition",
                "detail": answer.body["rejected"][0]["detail"],
            }
        ],
    }
    assert reporter.queue.requests[1:] == []


def test_lines_are_read_with_any_line_ends(world: World, reporter: Reporter) -> None:
    first, second = json.dumps(call(world, "c_1")), json.dumps(call(world, "c_2"))
    text = f"\ufeff{first}\r\n\r\n  \n{second}\r\nnot json\n"
    answer = reporter.send(text, NDJSON)
    assert (answer.body["accepted"], [one["index"] for one in answer.body["rejected"]]) == (2, [2])
    assert answer.body["rejected"][0]["code"] == "malformed_json"


@pytest.mark.parametrize(("count", "code"), [(0, "no_events"), (101, "too_many_events")])
def test_a_request_has_1_to_100_events(world: World, reporter: Reporter, count: int, code: str) -> None:
    answer = reporter.send([call(world, f"c_{index}") for index in range(count)])
    assert (answer.status, answer.code, reporter.queue.requests) == (422, code, [])


def test_token_needs_the_scope_that_reports(world: World, reporter: Reporter) -> None:
    answer = reporter.send([call(world, "c_1")], scope="calls/authorize")
    assert (answer.status, answer.code, reporter.queue.requests) == (403, "scope_required", [])


def test_hundred_events_are_ten_requests_and_no_read(world: World, reporter: Reporter) -> None:
    assert reporter.report(call(world, "c_warm")) == []
    reporter.queue.requests.clear()
    world.clock.now += timedelta(seconds=1)
    with world.recorded("report_calls") as requests:
        assert reporter.report(*(call(world, f"c_{index}") for index in range(100))) == []
    assert (len(requests), [len(sent) for sent in reporter.queue.requests]) == (0, [10] * 10)


def test_no_answer_of_the_queue_loses_nothing(world: World, reporter: Reporter) -> None:
    from botocore.exceptions import ReadTimeoutError  # noqa: PLC0415

    calls = [call(world, f"c_{index}") for index in range(25)]
    reporter.queue.faults = [(), ReadTimeoutError(endpoint_url="https://sqs.test")]
    answer = reporter.send(calls)
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "not_queued", "2")
    assert len(reporter.queue.bodies) == 10
    assert reporter.report(*calls) == []
    assert reporter.drain() == []
    assert len(world.entries()) == 25
