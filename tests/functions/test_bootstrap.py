"""Bootstrapping protects a stack, and lets one environment of one repository deploy it."""

import json
import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ops import bootstrap
from ops.bootstrap import DEPLOYER, POLICY, let_deploy, protect
from ops.stack import FoundStack
from ops.terminal import CommandError
from tests.functions.template_resources import RESOURCES
from tests.harness.template import read_template

KEPT = {"LedgerTable", "DeckBucket", "UserPool"}


class CloudFormation:
    """Stacks by name, and the requests."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.outputs: list[dict[str, str]] = []

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - CloudFormation's names
        """Return a stack, once it was created."""
        if not self.outputs:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": f"{StackName} does not exist"}}, "x")
        return {"Stacks": [{"Outputs": self.outputs}]}

    def create_stack(self, **request: Any) -> None:
        """Create a stack."""
        self.outputs = [{"OutputKey": f"{one}RoleArn", "OutputValue": f"arn:{one}"} for one in ("Deploy", "Execution")]
        self.requests.append(("create_stack", request))

    def get_waiter(self, _name: str) -> Any:
        """Wait for nothing."""
        return self

    def wait(self, **_request: Any) -> None:
        """Return at once."""

    def __getattr__(self, name: str) -> Any:
        return lambda **request: self.requests.append((name, request))


class Iam:
    """The identity providers of an account."""

    def __init__(self, *arns: str) -> None:
        self.arns = arns

    def list_open_id_connect_providers(self) -> dict[str, Any]:
        """List them."""
        return {"OpenIDConnectProviderList": [{"Arn": arn} for arn in self.arns]}


def parameters(request: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a request."""
    return {one["ParameterKey"]: one.get("ParameterValue") for one in request["Parameters"]}


def test_no_update_replaces_or_deletes_what_holds_money() -> None:
    allow, deny = json.loads(POLICY.read_text(encoding="utf-8"))["Statement"]
    assert (allow["Effect"], allow["Action"], allow["Resource"]) == ("Allow", "Update:*", "*")
    assert (deny["Effect"], set(deny["Action"])) == ("Deny", {"Update:Replace", "Update:Delete"})
    named = {one.partition("/")[2] for one in deny["Resource"]}
    assert named >= KEPT
    assert named <= set(RESOURCES), "a protected resource does not exist"
    retained = {name for name, one in RESOURCES.items() if one.get("DeletionPolicy") == "Retain"}
    assert retained <= named


def test_a_protected_stack_cannot_be_deleted() -> None:
    client = CloudFormation()
    protect(client, "staging")
    requests = dict(client.requests)
    assert requests["set_stack_policy"]["StackPolicyBody"] == POLICY.read_text(encoding="utf-8")
    assert requests["update_termination_protection"]["EnableTerminationProtection"] is True


@pytest.mark.parametrize("provider", ["", "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"])
def test_a_repository_gets_roles_once(provider: str, capsys: pytest.CaptureFixture[str]) -> None:
    client, iam = CloudFormation(), Iam(*([provider] if provider else []), "arn:aws:iam::1:oidc-provider/other")
    let_deploy(client, iam, "staging", "phone/billing", "staging")
    [(operation, request)] = client.requests
    assert (operation, request["StackName"]) == ("create_stack", "staging-deployer")
    assert parameters(request) == {
        "Repository": "phone/billing",
        "Environment": "staging",
        "StackName": "staging",
        "ProviderArn": provider,
    }
    let_deploy(client, iam, "staging", "phone/billing", "staging")
    assert client.requests[1][0] == "update_stack"
    assert client.requests[1][1]["Parameters"][-1] == {"ParameterKey": "ProviderArn", "UsePreviousValue": True}
    assert "AWS_DEPLOY_ROLE=arn:Deploy" in capsys.readouterr().out


def test_only_runs_of_the_environment_assume_the_role() -> None:
    resources = read_template(DEPLOYER.read_text(encoding="utf-8"))["Resources"]
    [statement] = resources["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    equal = statement["Condition"]["StringEquals"]
    assert set(statement["Condition"]) == {"StringEquals"}, "a pattern would admit other repositories"
    assert equal["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    assert equal["token.actions.githubusercontent.com:sub"] == {
        "Fn::Sub": "repo:${Repository}:environment:${Environment}"
    }
    actions = [
        action
        for one in resources["DeployRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    ]
    assert not [action for action in actions if "*" in action or action.startswith("dynamodb:")]
    deletes = [
        one
        for one in resources["DeployRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        if "lambda:DeleteFunction" in one["Action"]
    ]
    assert [one["Resource"]["Fn::Sub"].rpartition("function:")[2] for one in deletes] == ["${StackName}-*:*"]
    managed = resources["DeployRole"]["Properties"]["ManagedPolicyArns"]["Fn::If"]
    assert (managed[0], managed[2]) == ("TriesStack", {"Ref": "AWS::NoValue"})
    assert managed[1] == [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/SecurityAudit"}], "it reads no data"
    [only] = resources["ExecutionRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert only["Principal"] == {"Service": "cloudformation.amazonaws.com"}


def test_a_repository_needs_an_environment_and_a_stack_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    client = CloudFormation()
    monkeypatch.setattr(bootstrap, "find_stack", lambda: FoundStack("one", False, {}, boto3.Session(), None))
    monkeypatch.setattr(FoundStack, "client", lambda _self, _service: client)
    monkeypatch.setattr(sys, "argv", ["make", "--github", "phone/billing"])
    with pytest.raises(CommandError, match="Name the environment too"):
        bootstrap.main()
    monkeypatch.setattr(sys, "argv", ["make"])
    monkeypatch.setattr(sys, "stdin", None)
    assert (bootstrap.main(), client.requests) == (1, [])
