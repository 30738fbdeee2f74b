"""Each function needs each action of its policy: it fails without the action, and works with it again.

This proves that the emulator enforces IAM in these tests, and that no policy allows unused actions.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from calling_credit.dynamodb.lease_keys import lease_key
from local.errors import ApiError
from local.stack import Stack
from tests.harness.template import template
from tests.stack.conftest import eventually, log_lines, queue_depth
from tests.stack.deployment import pause_streams, physical_id, publish_with
from tests.stack.probes import PROBES
from tests.stack.tax_probes import TAX_PROBES
from tests.stack.test_calls import items_of, make_call, open_account

ONLY_ON_AWS = {
    "s3:ListBucket": "turns S3's 403 into 404 while no deck is published; the emulator always answers 404",
    "logs:CreateLogStream": "the emulator writes the logs itself",
    "xray:PutTelemetryRecords": "the emulator traces nothing",
    "xray:PutTraceSegments": "the emulator traces nothing",
    "logs:PutLogEvents": "the emulator writes the logs itself",
    "sqs:DeleteMessage": "the emulator reads the queue itself",
    "sqs:GetQueueAttributes": "the emulator reads the queue itself",
    "sqs:ReceiveMessage": "the emulator reads the queue itself",
    "sqs:SendMessage": "the emulator sends failures itself",
    "sqs:ChangeMessageVisibility": "only delays the next try of a mail, while SES accepts none",
    "dynamodb:DescribeStream": "the emulator reads the stream itself",
    "dynamodb:GetRecords": "the emulator reads the stream itself",
    "dynamodb:GetShardIterator": "the emulator reads the stream itself",
    "dynamodb:ListStreams": "the emulator reads the stream itself",
}
"""The actions that the emulator does not check, each with the reason; test_template_policies judges them."""
BY_LINK = ("KeepAccountsFunction", "KeepExports", "s3:GetObject")
"""The right that a link to an export carries: S3 refuses the link, and no log of a function has it."""
MAX_PROBES, SECONDS_TO_LOG = 5, 20
"""How often to probe until a denial is logged, and how long to wait for it each time. On a busy machine, a request may
time out before it is denied. Then no later log tells of a denial, so only another probe helps.
"""
TAX_RATES = "ReadTaxRates"
"""The statement of the right that only a function uses that taxes payments."""


def policies() -> list[tuple[str, str, str]]:
    """Return every (function, statement, action) that the template allows."""
    return [
        (name.removesuffix("Role"), statement["Sid"], action)
        for name, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role" and resource.get("Condition") != "ReleasesGradually"  # Only on AWS.
        for policy in resource["Properties"]["Policies"]
        for statement in map(deployed_here, policy["PolicyDocument"]["Statement"])
        for action in as_list(deployed_here(statement.get("Action", [])))
        if action not in ONLY_ON_AWS
    ]


def deployed_here(value: Any) -> Any:
    """Return the branch of a value that the local stack deploys."""
    if isinstance(value, dict) and value.get("Fn::If", [None])[0] == "IsLocal":
        return value["Fn::If"][1]
    return value


def as_list(actions: str | list[str]) -> list[str]:
    """Return the actions of a statement, which may be a single text."""
    return [actions] if isinstance(actions, str) else list(actions)


def without(policy: dict[str, Any], sid: str, action: str) -> dict[str, Any]:
    """Return the policy without one action of one statement."""
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


def is_cached(action: str) -> bool:
    """Return whether a warm function caches the result: secrets and the deck, but not the table."""
    return not action.startswith("dynamodb:")


def restart(function_name: str) -> None:
    """Give the function new workers, so that no cache hides a missing permission."""
    publish_with(function_name, {"RESTARTED": uuid.uuid4().hex})


def fails(attempt: Callable[[], None]) -> bool:
    """Return whether an attempt gets an unexpected answer from the API or a function."""
    try:
        attempt()
    except (AssertionError, ApiError):
        return True
    return False


def logs_denial(function: str, since: float) -> bool:
    """Return whether a function's log has an access denial since then."""
    return any("AccessDenied" in line for line in log_lines(f"/{function.removesuffix('Function')}Logs", since))


def is_denied(function: str, attempt: Callable[[], None], needed: str) -> bool:
    """Return whether an attempt fails and the function's log has an access denial since. It fails in any case."""
    began = time.time()
    assert fails(attempt), f"{function} works without {needed}: remove it"
    try:
        eventually(lambda: logs_denial(function, began), seconds=SECONDS_TO_LOG)
    except AssertionError:
        return False
    return True


def end_leases(deployed: Stack) -> None:
    """End the leases that runs without a permission could not release, which would hold up the next run for minutes."""
    client, table = boto3.client("dynamodb"), deployed.outputs["TableName"]
    for function in ("expire_holds", "reconcile_payments", "rerate_calls"):
        client.delete_item(TableName=table, Key=lease_key(function))


def test_every_function_has_a_probe() -> None:
    assert {name for name, _, _ in policies()} == set(PROBES)
    assert {name for name, sid, _ in policies() if sid == TAX_RATES} == set(TAX_PROBES)


@pytest.fixture(scope="module")
def allowed(deployed: Stack, tokens: dict[str, str], paused_sweeper: None) -> Iterator[None]:
    """Check that every function works with its full policy, before and after the tests."""
    with pause_streams(deployed):
        for probe in (*PROBES.values(), *TAX_PROBES.values()):
            probe(deployed, tokens)
        yield
        for probe in PROBES.values():
            probe(deployed, tokens)


def policy_with_statement(role: str, sid: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the document of the role's inline policy with the statement."""
    iam = boto3.client("iam")
    documents: dict[str, Any] = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    [policy] = [
        (name, document)
        for name, document in documents.items()
        if any(statement.get("Sid") == sid for statement in document["Statement"])
    ]
    return policy


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(("function", "sid", "action"), policies())
def test_function_fails_without_this_action(
    deployed: Stack, tokens: dict[str, str], function: str, sid: str, action: str
) -> None:
    iam, role = boto3.client("iam"), physical_id(deployed, f"{function}Role")
    policy_name, document = policy_with_statement(role, sid)
    reduced = json.dumps(without(document, sid, action))
    probe = (TAX_PROBES if sid == TAX_RATES else PROBES)[function]
    try:
        iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=reduced)
        if is_cached(action):
            restart(physical_id(deployed, function))

        def attempt() -> None:
            end_leases(deployed)
            probe(deployed, tokens)

        if (function, sid, action) == BY_LINK:
            assert fails(attempt), f"{function} works without {action}: remove it"
        else:
            denials = (is_denied(function, attempt, action) for _ in range(MAX_PROBES))
            assert any(denials), f"{function} fails without {action}, but its log has no denial"
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=json.dumps(document))
        end_leases(deployed)


def test_event_source_mapping_empties_the_call_queue(deployed: Stack) -> None:
    open_account(deployed, "acct_mapping")
    call = make_call("acct_mapping", "+442071838750", 60, datetime.now(UTC) - timedelta(hours=1))
    boto3.client("sqs").send_message(QueueUrl=deployed.outputs["CallQueueUrl"], MessageBody=json.dumps(call))
    eventually(lambda: items_of(deployed, "acct_mapping", "ENTRY#"))
    eventually(lambda: queue_depth(deployed.outputs["CallQueueUrl"]) == 0)
