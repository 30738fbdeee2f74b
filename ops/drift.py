"""Lists what someone changed beside CloudFormation: resources of the stack that differ from its template."""

import time
from collections.abc import Iterator
from typing import Any, Final

from ops.stack import find_stack
from ops.terminal import CommandError, console, run

POLL_SECONDS: Final = 5.0
MAX_SECONDS: Final = 900.0
NESTED: Final = "AWS::CloudFormation::Stack"
RELEASES: Final = "AWS::Lambda::Alias"
"""A rollback moves aliases beside CloudFormation, until the next release."""


def main() -> int:
    """Run `python -m ops.drift`, behind `make drift`. Exit with 1 if something differs."""
    stack = find_stack()
    client = stack.client("cloudformation")
    drifts = [one for name in stacks_of(client, stack.name) for one in drifted(client, name)]
    for one in drifts:
        note = " (a release was rolled back)" if one["ResourceType"] == RELEASES else ""
        console.print(f"{one['LogicalResourceId']}: {one['StackResourceDriftStatus']}{note}", markup=False)
        for part in one.get("PropertyDifferences", []):
            console.print(f"  {part['PropertyPath']} {part['DifferenceType']}", markup=False)
    if drifts:
        console.print("Take each change back, or put it into template.yaml and deploy.")
        return 1
    console.print(f"{stack.name} is as its template says.", markup=False)
    return 0


def stacks_of(client: Any, stack_name: str) -> Iterator[str]:
    """Yield a stack and the stacks nested in it, which CloudFormation does not compare with it."""
    yield stack_name
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack_name):
        for one in page["StackResourceSummaries"]:
            if one["ResourceType"] == NESTED and one.get("PhysicalResourceId"):
                yield from stacks_of(client, one["PhysicalResourceId"])


def drifted(client: Any, stack_name: str) -> list[dict[str, Any]]:
    """Return the resources that differ, by logical id.

    Raises:
        CommandError: CloudFormation could not compare them.
    """
    detection = client.detect_stack_drift(StackName=stack_name)["StackDriftDetectionId"]
    deadline = time.monotonic() + MAX_SECONDS
    while True:
        status = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        if time.monotonic() > deadline:
            raise CommandError("CloudFormation has compared for 15 minutes without an end. Run make drift again later.")
        time.sleep(POLL_SECONDS)
    if status["DetectionStatus"] != "DETECTION_COMPLETE":
        reason = status.get("DetectionStatusReason", "no reason given")
        raise CommandError(f"CloudFormation could not compare every resource: {reason}")
    found: list[dict[str, Any]] = []
    request = {"StackName": stack_name, "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]}
    while True:
        page = client.describe_stack_resource_drifts(**request)
        found += page["StackResourceDrifts"]
        if not page.get("NextToken"):
            return sorted(found, key=lambda one: str(one["LogicalResourceId"]))
        request["NextToken"] = page["NextToken"]


if __name__ == "__main__":
    run(main)
