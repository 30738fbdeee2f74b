"""Each function needs each action its policy allows: taken away one by one, the deployed function fails; given
back, it works.

This proves two things at once: that the emulator enforces IAM under these tests, and that no policy allows more
than is used.
"""

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from local.http_api import ApiError
from local.settings import STACK_NAME
from local.stack import Stack
from tests.functions.template import template
from tests.stack.conftest import eventually, queue_depth
from tests.stack.test_calls import items_of, make_call, open_account

UNSEEN_HERE = {"s3:ListBucket"}
"""Turns S3's 403 into 404 while no deck is published; the emulator answers 404 anyway, so it is missed on AWS only."""

Probe = Callable[[Stack, dict[str, str]], None]


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


def restart(function_name: str) -> None:
    """Give the function fresh workers, so that nothing it remembers hides what it may no longer do."""
    client = boto3.client("lambda")
    variables = client.get_function_configuration(FunctionName=function_name)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=function_name, Environment={"Variables": variables | {"RESTARTED": uuid.uuid4().hex}}
    )
    client.get_waiter("function_updated_v2").wait(FunctionName=function_name)


def invoke_rate_calls(deployed: Stack, tokens: dict[str, str]) -> None:
    """Charged, unrated and stray calls of a new account all find their place."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id)
    started = datetime.now(UTC) - timedelta(hours=1)
    calls = [
        make_call(account_id, "+442071838750", 60, started),
        make_call(account_id, "+9991234567", 60, started),
        make_call(account_id, "+442071838750", 60, started, line_id="line_unknown"),
    ]
    records = [
        {"messageId": f"m_{i}", "attributes": {"SentTimestamp": "1"}, "body": json.dumps(call)}
        for i, call in enumerate(calls)
    ]
    answer = boto3.client("lambda").invoke(
        FunctionName=physical_id(deployed, "RateCallsFunction"), Payload=json.dumps({"Records": records})
    )
    said = answer["Payload"].read()
    assert not answer.get("FunctionError"), said
    assert json.loads(said) == {"batchItemFailures": []}
    assert [len(items_of(deployed, account_id, kind)) for kind in ("ENTRY#", "UNRATED#", "STRAY#")] == [2, 1, 1]


def read_everything(deployed: Stack, tokens: dict[str, str]) -> None:
    """Every route of list_usage answers 200."""
    for path in ("/balance", "/usage", "/usage/outbound_international_call", "/statement", "/lines"):
        assert deployed.api.request("GET", path, tokens["admin"]).status_code == 200, path
    assert deployed.api.request("GET", "/rates?number=%2B442071838750").status_code == 200


def switch_a_line(deployed: Stack, tokens: dict[str, str]) -> None:
    """PUT /lines answers 200."""
    body = {"international_calling": True}
    assert deployed.api.request("PUT", "/lines/line_groups", tokens["admin"], json=body).status_code == 200


def keep_an_account(deployed: Stack, tokens: dict[str, str]) -> None:
    """Creating, configuring and adjusting an account all succeed."""
    account_id = f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, account_id, "1.00")
    deployed.api.send("PUT", f"/accounts/{account_id}", tokens["service"], {"status": "closed"})


def fails(attempt: Callable[[], None]) -> bool:
    """Whether an attempt does not succeed: an answer of the API or of a function that is not the expected one."""
    try:
        attempt()
    except (AssertionError, ApiError):
        return True
    return False


PROBES: dict[str, Probe] = {
    "RateCallsFunction": invoke_rate_calls,
    "ListUsageFunction": read_everything,
    "ChangeSettingsFunction": switch_a_line,
    "ManageAccountsFunction": keep_an_account,
}


def physical_id(deployed: Stack, logical_id: str) -> str:
    """The name a resource of the template has in the deployed stack."""
    answer = boto3.client("cloudformation").describe_stack_resource(StackName=STACK_NAME, LogicalResourceId=logical_id)
    return str(answer["StackResourceDetail"]["PhysicalResourceId"])


def test_every_function_has_a_probe() -> None:
    assert {name for name, _, _ in policies()} == set(PROBES)


@pytest.fixture(scope="module")
def allowed(deployed: Stack, tokens: dict[str, str]) -> Iterator[None]:
    """With its whole policy every function works, before anything is taken away and after everything was given back."""
    for probe in PROBES.values():
        probe(deployed, tokens)
    yield
    for function, probe in PROBES.items():
        restart(physical_id(deployed, function))
        probe(deployed, tokens)


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(("function", "sid", "action"), policies())
def test_a_function_cannot_do_without_this_action(
    deployed: Stack, tokens: dict[str, str], function: str, sid: str, action: str
) -> None:
    iam, role = boto3.client("iam"), physical_id(deployed, f"{function}Role")
    [policy_name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document: Any = iam.get_role_policy(RoleName=role, PolicyName=policy_name)["PolicyDocument"]
    less = json.dumps(without(document, sid, action))
    try:
        iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=less)
        restart(physical_id(deployed, function))
        assert fails(lambda: PROBES[function](deployed, tokens)), f"{function} works without {action}: take it out"
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=json.dumps(document))


def test_the_call_queue_is_emptied_by_the_mapping_itself(deployed: Stack) -> None:
    open_account(deployed, "acct_mapping")
    call = make_call("acct_mapping", "+442071838750", 60, datetime.now(UTC) - timedelta(hours=1))
    boto3.client("sqs").send_message(QueueUrl=deployed.outputs["CallQueueUrl"], MessageBody=json.dumps(call))
    eventually(lambda: items_of(deployed, "acct_mapping", "ENTRY#"))
    eventually(lambda: queue_depth(deployed.outputs["CallQueueUrl"]) == 0)
