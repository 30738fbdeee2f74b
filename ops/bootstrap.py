"""Protects a deployed stack once: what holds money cannot be replaced or deleted by an update, and the stack cannot be
deleted. With GITHUB=owner/name, also lets that repository deploy, without a stored key.
"""

import argparse
from typing import Any, Final

from botocore.exceptions import ClientError

from ops.project import ROOT
from ops.stack import find_stack
from ops.terminal import CommandError, confirm, console, run

POLICY: Final = ROOT / "stacks" / "policy.json"
DEPLOYER: Final = ROOT / "stacks" / "deployer.yaml"
ISSUER: Final = "token.actions.githubusercontent.com"
NO_UPDATES: Final = "No updates are to be performed"


def main() -> int:
    """Run `python -m ops.bootstrap [--github OWNER/NAME --environment NAME] [--yes]`, behind `make bootstrap`."""
    parser = argparse.ArgumentParser(prog="make bootstrap", description="Protect a stack, and let GitHub deploy it.")
    parser.add_argument("--github", default="", help="GITHUB=owner/name: the repository that may deploy")
    parser.add_argument("--environment", default="", help="CONFIG_ENV=production: the GitHub environment of its runs")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    if arguments.github and not arguments.environment:
        raise CommandError("Name the environment too: make bootstrap GITHUB=owner/name CONFIG_ENV=production")
    stack = find_stack()
    if not arguments.yes and not confirm(f"Protect {stack.name} from deletion and replacement?"):
        return 1
    cloudformation = stack.client("cloudformation")
    protect(cloudformation, stack.name)
    console.print(f"{stack.name} cannot be deleted, and no update replaces or deletes what {POLICY.name} names.")
    if arguments.github:
        let_deploy(cloudformation, stack.client("iam"), stack.name, arguments.github, arguments.environment)
    return 0


def protect(client: Any, stack_name: str) -> None:
    """Set the stack policy and termination protection. Both may be repeated."""
    client.set_stack_policy(StackName=stack_name, StackPolicyBody=POLICY.read_text(encoding="utf-8"))
    client.update_termination_protection(StackName=stack_name, EnableTerminationProtection=True)


def let_deploy(client: Any, iam: Any, stack_name: str, repository: str, environment: str) -> None:
    """Deploy the roles with which runs of an environment deploy the stack, and print what to enter at GitHub."""
    name = f"{stack_name}-deployer"
    providers = [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    outputs = _outputs(client, name)
    provider = "" if outputs else next((arn for arn in providers if arn.endswith(ISSUER)), "")
    values = {"Repository": repository, "Environment": environment, "StackName": stack_name, "ProviderArn": provider}
    request: dict[str, Any] = {
        "StackName": name,
        "TemplateBody": DEPLOYER.read_text(encoding="utf-8"),
        "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
    }
    if outputs:
        request["Parameters"][-1] = {"ParameterKey": "ProviderArn", "UsePreviousValue": True}
        _update(client, request)
    else:
        client.create_stack(**request)
        client.get_waiter("stack_create_complete").wait(StackName=name)
    outputs = _outputs(client, name)
    console.print(f"In {repository}, create the environment {environment} with required reviewers, and its variables:")
    console.print(f"  AWS_DEPLOY_ROLE={outputs['DeployRoleArn']}", markup=False, soft_wrap=True)
    console.print(f"  AWS_EXECUTION_ROLE={outputs['ExecutionRoleArn']}", markup=False, soft_wrap=True)


def _update(client: Any, request: dict[str, Any]) -> None:
    try:
        client.update_stack(**request)
    except ClientError as error:
        if NO_UPDATES not in str(error):
            raise
        return
    client.get_waiter("stack_update_complete").wait(StackName=request["StackName"])


def _outputs(client: Any, name: str) -> dict[str, str]:
    try:
        [stack] = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return {}
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


if __name__ == "__main__":
    run(main)
