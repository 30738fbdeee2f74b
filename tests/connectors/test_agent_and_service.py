"""The agent and the function that takes events: every call is charged once, however often its answer is lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.agents import Agent, wait_until
from tests.connectors.fake_service import FakeService, Request
from tests.functions.numbers_bench import call_at
from tests.functions.report_bench import NDJSON, Reporter
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def test_each_call_is_charged_once_through_lost_answers_and_kills(
    tmp_path: Path, service: FakeService, world: World
) -> None:
    reporter = Reporter(world)

    def handle(request: Request) -> tuple[int, dict[str, Any]]:
        assert request.headers["content-type"] == NDJSON
        answer = reporter.send(request.body, NDJSON)
        return answer.status, answer.body

    service.handle = handle
    fields = {"version": "1", "direction": "outbound", "disposition": "answered"}
    calls = [{**fields, **call_at(world, f"c_{number}")} for number in range(30)]
    calls[7]["disposition"] = "spoken"
    file = tmp_path / "calls.jsonl"
    service.faults = ["reset_after", "", "reset_after"]
    for first in range(0, 30, 10):
        with file.open("a") as log:
            log.writelines(json.dumps(call) + "\n" for call in calls[first : first + 10])
        asked = len(service.requests)
        with Agent(tmp_path, service.url, "--file", str(file)) as agent:
            wait_until(lambda: len(service.requests) > asked)  # noqa: B023 - called at once
            agent.kill()
    with Agent(tmp_path, service.url, "--file", str(file), "--once") as agent:
        assert agent.process.wait(timeout=60) == 0
        (rejected,) = agent.rejected()
    assert rejected["code"] == "invalid_disposition"
    assert reporter.drain() == []
    assert len(reporter.queue.requests) > 3, "some calls were queued several times"
    entries = world.entries()
    assert len(entries) == 29
    assert {entry["amount_micros"] for entry in entries} == {-100_000}
