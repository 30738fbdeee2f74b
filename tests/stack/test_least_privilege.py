"""Each function needs each action its policy allows: taken away one by one, the deployed function fails; given
back, it works.

This proves two things at once: that the emulator enforces IAM under these tests, and that no policy allows more
than is used.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from local.errors import ApiError
from local.stack import Stack
from tests.harness.template import template
from tests.stack.conftest import eventually, log_lines, queue_depth
from tests.stack.deployment import mapping_held, physical_id
from tests.stack.probes import PROBES
from tests.stack.test_calls import items_of, make_call, open_account

UNSEEN_HERE = {"s3:ListBucket"}
"""Turns S3's 403 into 404 while no deck is published; the emulator answers 404 anyway, so it is missed on AWS only."""


def policies() -> list[tuple[str, str, str]]:
    """Every (function, statement, action) that the template allows."""
    return [
        (name, statement["Sid"], action)
        for name, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
        for policy in resource["Properties"]["Policies"]
        for statement in policy["Statement"]
        for action in as_list(statement["Action"])
        if action not in UNSEEN_HERE
    ]


def as_list(actions: str | list[str]) -> list[str]:
    """The actions of a statement, which may be one text."""
    return [actions] if isinstance(actions, str) else list(actions)


def without(policy: dict[str, Any], sid: str, action: str) -> dict[str, Any]:
    """The policy less one action of one statement."""
    statements = []
    for statement in policy["Statement"]:
        actions = as_list(statement["Action"])
        if statement.get("Sid") == sid:
            actions.remove(action)
        if actions:
            statements.append({**statement, "Action": actions})
    if not statements:
        statements = [{"Effect": "Deny", "Action": "iam:GetUser", "Resource": "*"}]
    return {**policy, "Statement": statements}


def is_remembered(action: str) -> bool:
    """Whether a warm function would not notice: it reads secrets and the deck once, and the table each time."""
    return not action.startswith("dynamodb:")


def restart(function_name: str) -> None:
    """Give the function fresh workers, so that nothing it remembers hides what it may no longer do."""
    client = boto3.client("lambda")
    variables = client.get_function_configuration(FunctionName=function_name)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=function_name, Environment={"Variables": variables | {"RESTARTED": uuid.uuid4().hex}}
    )
    client.get_waiter("function_updated_v2").wait(FunctionName=function_name)


def fails(attempt: Callable[[], None]) -> bool:
    """Whether an attempt does not succeed: an answer of the API or of a function that is not the expected one."""
    try:
        attempt()
    except (AssertionError, ApiError):
        return True
    return False


def tells_of_denial(function: str, since: float) -> bool:
    """Whether a function's log says since then that there was something it may not do."""
    return any("AccessDenied" in line for line in log_lines(f"/{function.removesuffix('Function')}Logs", since))


def test_every_function_has_a_probe() -> None:
    assert {name for name, _, _ in policies()} == set(PROBES)


@pytest.fixture(scope="module")
def allowed(deployed: Stack, tokens: dict[str, str], sweeper_held: None) -> Iterator[None]:
    """With its whole policy every function works, before anything is taken away and after everything was given back."""
    with mapping_held(deployed):
        for probe in PROBES.values():
            probe(deployed, tokens)
        yield
        for probe in PROBES.values():
            probe(deployed, tokens)


def policy_that_says(role: str, sid: str) -> tuple[str, dict[str, Any]]:
    """The inline policy of a role that holds the statement, by name; a role has another one for its stream."""
    iam = boto3.client("iam")
    found: dict[str, Any] = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    [held] = [
        (name, document)
        for name, document in found.items()
        if any(statement.get("Sid") == sid for statement in document["Statement"])
    ]
    return held


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(("function", "sid", "action"), policies())
def test_a_function_cannot_do_without_this_action(
    deployed: Stack, tokens: dict[str, str], function: str, sid: str, action: str
) -> None:
    iam, role = boto3.client("iam"), physical_id(deployed, f"{function}Role")
    policy_name, document = policy_that_says(role, sid)
    less = json.dumps(without(document, sid, action))
    try:
        iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=less)
        if is_remembered(action):
            restart(physical_id(deployed, function))
        began = time.time()
        assert fails(lambda: PROBES[function](deployed, tokens)), f"{function} works without {action}: take it out"
        eventually(lambda: tells_of_denial(function, began), seconds=5)
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=json.dumps(document))


def test_the_call_queue_is_emptied_by_the_mapping_itself(deployed: Stack) -> None:
    open_account(deployed, "acct_mapping")
    call = make_call("acct_mapping", "+442071838750", 60, datetime.now(UTC) - timedelta(hours=1))
    boto3.client("sqs").send_message(QueueUrl=deployed.outputs["CallQueueUrl"], MessageBody=json.dumps(call))
    eventually(lambda: items_of(deployed, "acct_mapping", "ENTRY#"))
    eventually(lambda: queue_depth(deployed.outputs["CallQueueUrl"]) == 0)
