"""The agent reports calls to the deployed application with a connector key."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.stack import Stack
from tests.connectors.agents import Agent, wait_until
from tests.connectors.fake_service import FakeService, Request, fake_service
from tests.stack.call_probes import by_number
from tests.stack.test_calls import items_of, make_call, open_account

pytestmark = pytest.mark.stack


def forward(deployed: Stack, service: FakeService) -> None:
    """Pass requests to the deployed API, whose host name the agent cannot resolve."""

    def handle(request: Request) -> tuple[int, dict[str, Any]]:
        headers = {name: request.headers[name] for name in ("authorization", "content-type")}
        answer = deployed.api.request("POST", request.path, content=request.body.encode(), headers=headers)
        return answer.status_code, answer.json()

    service.handle = handle


def test_agent_reports_calls_that_are_charged_once(deployed: Stack, tmp_path: Path) -> None:
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id, "5.00")
    started = datetime.now(UTC)  # The line has its number from now on.
    calls = [by_number(make_call(account_id, "+442071838750", 60, started)) for _ in range(5)]
    calls[2]["disposition"] = "spoken"
    file = tmp_path / "calls.jsonl"
    file.write_text("".join(json.dumps(call) + "\n" for call in calls))
    with fake_service() as service:
        forward(deployed, service)
        service.faults = ["reset_after"]
        key = {"CALLING_CREDIT_KEY": "ck_" + "A" * 43}
        with Agent(tmp_path, service.url, "--file", str(file), env=key) as agent:
            wait_until(lambda: "key_refused" in agent.text)
            agent.kill()
        service.faults = ["reset_after"]
        key = {"CALLING_CREDIT_KEY": deployed.connector_key["key"]}
        with Agent(tmp_path, service.url, "--file", str(file), "--once", env=key) as agent:
            assert agent.process.wait(timeout=120) == 0
            assert [item["code"] for item in agent.rejected()] == ["invalid_disposition"]
        with Agent(tmp_path, service.url, "--listen", "127.0.0.1:0", env=key) as agent:
            question = {"call_id": "c_agent", "from": calls[0]["from"], "to": "+442071838750", "requested_seconds": 60}
            asked = json.dumps(question)  # A function that starts may need more than the agent's three seconds.
            wait_until(lambda: agent.request("POST", "/authorize", asked)[0] == 200)
            answer = agent.request("POST", "/authorize", asked)[1]
            assert (answer["decision"], answer["max_seconds"]) == ("allow", 60)
    wait_until(lambda: len(items_of(deployed, account_id, "ENTRY#")) >= 5)
    assert len(items_of(deployed, account_id, "ENTRY#")) == 5, "four calls and the credit"
