"""Deploys CloudFront and WAF before the API of a stack, as a stack of their own in us-east-1."""

import argparse
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from ops.project import ROOT
from ops.stack import FoundStack, find_stack
from ops.stack_status import NEVER_CREATED, NEW, refuse_to_deploy, status_of
from ops.terminal import CommandError, confirm, console, run

TEMPLATE: Final = ROOT / "stacks" / "edge.yaml"
REGION: Final = "us-east-1"
"""CloudFront takes its web ACL and its certificate from there only."""
NO_UPDATES: Final = "No updates are to be performed"


def main() -> int:
    """Run `python -m ops.deploy_edge DOMAIN CERTIFICATE_ARN [--rate N] [--yes]`, behind `make deploy-edge`."""
    parser = argparse.ArgumentParser(prog="make deploy-edge", description="Deploy CloudFront and WAF before the API.")
    parser.add_argument("domain", help="DOMAIN=billing.example.com")
    parser.add_argument("certificate", help="CERTIFICATE_ARN=arn:aws:acm:us-east-1:...")
    parser.add_argument("--rate", default="2000", help="RATE=2000: requests of one address in five minutes")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    stack = find_stack()
    if stack.is_local:
        raise CommandError("The local stack has no edge. Name a stack in your AWS account with STACK=name.")
    if not arguments.yes and not confirm(f"Deploy the edge of {stack.name} for {arguments.domain} in {REGION}?"):
        return 1
    values = {"Domain": arguments.domain, "CertificateArn": arguments.certificate, "RequestsPerAddress": arguments.rate}
    target = deploy(stack.session.client("cloudformation", region_name=REGION), stack, values)
    console.print(f"Point {arguments.domain} to {target}, and set PageUrls=https://{arguments.domain}/", markup=False)
    return 0


def deploy(client: Any, stack: FoundStack, values: dict[str, str]) -> str:
    """Create or update the edge of a stack; return the name to which its domain points.

    Raises:
        CommandError: an earlier deployment is under way, or failed; the message says what to do first.
    """
    name = f"{stack.name}-edge"
    if (status := status_of(client, name)) in NEVER_CREATED:
        raise CommandError(
            f"{name} is in {status}: its first deployment failed. Correct the cause, run aws cloudformation"
            f" update-termination-protection --no-enable-termination-protection --stack-name {name} --region {REGION},"
            f" delete the stack in {REGION}, and run the command again."
        )
    refuse_to_deploy(client, name)
    api = stack.parameters.get("ApiDomain") or urlsplit(stack.outputs["ApiUrl"]).hostname or ""
    parameters = [
        {"ParameterKey": one, "ParameterValue": value} for one, value in (values | {"ApiDomain": api}).items()
    ]
    request = {"StackName": name, "TemplateBody": TEMPLATE.read_text(encoding="utf-8")}
    if status in NEW:
        client.create_stack(**request, Parameters=parameters, EnableTerminationProtection=True)
        client.get_waiter("stack_create_complete").wait(StackName=name)
    else:
        try:
            client.update_stack(**request, Parameters=parameters)
            client.get_waiter("stack_update_complete").wait(StackName=name)
        except ClientError as error:
            if NO_UPDATES not in str(error):
                raise
    [deployed] = client.describe_stacks(StackName=name)["Stacks"]
    return str(next(one["OutputValue"] for one in deployed["Outputs"] if one["OutputKey"] == "DistributionDomain"))


if __name__ == "__main__":
    run(main)
