"""The edge is a stack of its own in us-east-1, created once, updated later, and pointed at the API of its stack."""

import sys
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from ops import deploy_edge
from ops.deploy_edge import TEMPLATE, deploy
from ops.stack import FoundStack
from ops.terminal import CommandError
from tests.harness.template import read_template

OUTPUTS = {"ApiUrl": "https://abc.execute-api.eu-west-1.amazonaws.com/"}
VALUES = {
    "Domain": "billing.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:1:certificate/x",
    "RequestsPerAddress": "2000",
}


def stack(is_local: bool = False, **parameters: str) -> FoundStack:
    """A stack in Ireland."""
    return FoundStack("staging", is_local, OUTPUTS, boto3.Session(region_name="eu-west-1"), None, parameters)


class CloudFormation:
    """One stack with a status, empty before it exists, and the requests."""

    def __init__(self, status: str = "") -> None:
        self.status = status
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.refusal = ""

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - CloudFormation's name
        """Return the stack."""
        assert StackName == "staging-edge"
        if not self.status:
            raise self.error(f"Stack with id {StackName} does not exist")
        outputs = [{"OutputKey": "DistributionDomain", "OutputValue": "d1.cloudfront.net"}]
        return {"Stacks": [{"StackStatus": self.status, "Outputs": outputs}]}

    @staticmethod
    def error(message: str) -> ClientError:
        """An error of CloudFormation."""
        return ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "x")

    def create_stack(self, **request: Any) -> None:
        """Create the stack."""
        self.requests.append(("create", request))
        self.status = "CREATE_COMPLETE"

    def update_stack(self, **request: Any) -> None:
        """Update the stack."""
        if self.refusal:
            raise self.error(self.refusal)
        self.requests.append(("update", request))

    def get_waiter(self, name: str) -> Any:
        """Wait for nothing."""
        self.requests.append((name, {}))
        return self

    def wait(self, *, StackName: str) -> None:  # noqa: N803
        """Return at once."""
        assert StackName == "staging-edge"


def parameters(request: dict[str, Any]) -> dict[str, str]:
    """The parameters of a request."""
    return {one["ParameterKey"]: one["ParameterValue"] for one in request["Parameters"]}


def test_the_first_edge_is_created_and_protected() -> None:
    client = CloudFormation()
    assert deploy(client, stack(), VALUES) == "d1.cloudfront.net"
    (operation, request), (waiter, _) = client.requests
    assert (operation, waiter, request["EnableTerminationProtection"]) == ("create", "stack_create_complete", True)
    assert parameters(request) == VALUES | {"ApiDomain": "abc.execute-api.eu-west-1.amazonaws.com"}
    declared = read_template(TEMPLATE.read_text(encoding="utf-8"))["Parameters"]
    assert set(parameters(request)) == set(declared)


def test_an_edge_is_updated_and_prefers_the_apis_own_domain() -> None:
    client = CloudFormation("UPDATE_COMPLETE")
    deploy(client, stack(ApiDomain="api.example.com"), VALUES)
    assert [name for name, _ in client.requests] == ["update", "stack_update_complete"]
    assert parameters(client.requests[0][1])["ApiDomain"] == "api.example.com"


def test_an_edge_without_changes_is_no_error_but_a_refusal_is() -> None:
    client = CloudFormation("CREATE_COMPLETE")
    client.refusal = "No updates are to be performed."
    assert deploy(client, stack(), VALUES) == "d1.cloudfront.net"
    client.refusal = "Template format error"
    with pytest.raises(ClientError, match="Template format error"):
        deploy(client, stack(), VALUES)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("ROLLBACK_COMPLETE", "no-enable-termination-protection --stack-name staging-edge --region us-east-1"),
        ("UPDATE_IN_PROGRESS", "another deployment is under way"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_an_edge_that_cannot_be_updated_says_what_to_do(status: str, advice: str) -> None:
    client = CloudFormation(status)
    with pytest.raises(CommandError, match=advice):
        deploy(client, stack(), VALUES)
    assert client.requests == []


def test_the_edge_is_deployed_in_virginia_after_an_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    client, regions = CloudFormation(), []

    def connect(_session: Any, service: str, region_name: str) -> Any:
        regions.append((service, region_name))
        return client

    monkeypatch.setattr(boto3.Session, "client", connect)
    monkeypatch.setattr(deploy_edge, "find_stack", stack)
    monkeypatch.setattr(sys, "argv", ["make", VALUES["Domain"], VALUES["CertificateArn"]])
    monkeypatch.setattr(sys, "stdin", None)
    assert (deploy_edge.main(), client.requests) == (1, [])
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--yes"])
    assert deploy_edge.main() == 0
    assert regions == [("cloudformation", "us-east-1")]
    assert "Point billing.example.com to d1.cloudfront.net" in capsys.readouterr().out
    monkeypatch.setattr(deploy_edge, "find_stack", lambda: stack(is_local=True))
    with pytest.raises(CommandError, match="local stack has no edge"):
        deploy_edge.main()
