"""Watches a stack after a release: fails as soon as one of its alarms is red."""

import argparse
import time
from collections.abc import Iterator
from typing import Any, Final

from ops.stack import find_stack
from ops.terminal import CommandError, console, run

ALARM: Final = "AWS::CloudWatch::Alarm"
NESTED: Final = "AWS::CloudFormation::Stack"
POLL_SECONDS: Final = 30.0
AT_ONCE: Final = 100
"""CloudWatch describes at most a hundred alarms by name."""


def main() -> int:
    """Run `python -m ops.watch_release [--minutes N]`, behind `make watch-release`."""
    parser = argparse.ArgumentParser(prog="make watch-release", description="Fail as soon as an alarm is red.")
    parser.add_argument("--minutes", type=int, default=15, help="MINUTES=15")
    minutes = parser.parse_args().minutes
    stack = find_stack()
    names = sorted(alarms_of(stack.client("cloudformation"), stack.name))
    if not names:
        raise CommandError(f"{stack.name} has no alarms, so nothing was watched.")
    cloudwatch, until = stack.client("cloudwatch"), time.monotonic() + minutes * 60
    while True:
        if red := red_alarms(cloudwatch, names):
            raise CommandError(
                f"Red: {', '.join(red)}. See docs/runbook.md#a-release-that-fails, or make rollback-release"
                f" STACK={stack.name}"
            )
        if time.monotonic() >= until:
            console.print(f"None of {len(names)} alarms was red for {minutes} minutes.")
            return 0
        time.sleep(POLL_SECONDS)


def alarms_of(client: Any, stack_name: str) -> Iterator[str]:
    """Yield the names of the alarms of a stack and of its nested stacks."""
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack_name):
        for one in page["StackResourceSummaries"]:
            if not one.get("PhysicalResourceId"):
                continue  # Its creation failed.
            if one["ResourceType"] == ALARM:
                yield one["PhysicalResourceId"]
            elif one["ResourceType"] == NESTED:
                yield from alarms_of(client, one["PhysicalResourceId"])


def red_alarms(client: Any, names: list[str]) -> list[str]:
    """Return those of the alarms that are red."""
    red: list[str] = []
    for start in range(0, len(names), AT_ONCE):
        chosen = names[start : start + AT_ONCE]
        answer = client.describe_alarms(AlarmNames=chosen, StateValue="ALARM", MaxRecords=AT_ONCE)
        red += [one["AlarmName"] for one in answer["MetricAlarms"]]
    return red


if __name__ == "__main__":
    run(main)
