"""Sends the archived events of a time to the receivers on the bus again. Receivers know each event by its id, so those
that have it already ignore it. Mails of this application are not sent again.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from calling_credit.instants import format_instant
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirm, console, run

RUNNING: Final = frozenset({"STARTING", "RUNNING", "CANCELLING"})
SECONDS_BETWEEN: Final = 5
ARRIVAL: Final = timedelta(minutes=10)
"""How late an event may reach the archive."""
RULE: Final = "AWS::Events::Rule"


def main() -> int:
    """Run `python -m ops.replay_events FROM TO [--yes]`, behind `make replay-events`; exit with 1 if it fails."""
    parser = argparse.ArgumentParser(prog="make replay-events", description="Send archived events again.")
    parser.add_argument("begin", help="FROM: the first time, RFC 3339 with an offset, or a date (UTC)")
    parser.add_argument("end", help="TO: the time after the last event")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    order = parser.parse_args()
    begin, end = read_time("FROM", order.begin), read_time("TO", order.end)
    stack = find_stack()
    client = stack.client("events")
    if "EventArchiveName" not in stack.outputs:
        raise CommandError(f"The stack {stack.name} has no archive of events. Only a stack on AWS has one.")
    archive = client.describe_archive(ArchiveName=stack.outputs["EventArchiveName"])
    check_window(archive, begin, end, datetime.now(UTC))
    bus = client.describe_event_bus(Name=stack.outputs["EventBusName"])["Arn"]
    rules = rules_of_receivers(client, stack)
    if not rules:
        raise CommandError("The bus has no rule of a receiver, so no one would get the events. Create the rule first.")
    span = f"{format_instant(begin)} to {format_instant(end)}"
    console.print(f"{len(rules)} rules of receivers get the events again, from {span}.")
    if not order.yes and not confirm("Replay them?"):
        return 1
    if end > datetime.now(UTC) - ARRIVAL:
        console.print("The archive gets events up to ten minutes late. Replay the last minutes again after that time.")
    name = f"replay-{time.time_ns() // 1_000_000}"
    client.start_replay(
        ReplayName=name,
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=begin,
        EventEndTime=end,
        Destination={"Arn": bus, "FilterArns": rules},
    )
    return follow(client, name)


def read_time(name: str, text: str) -> datetime:
    """Return a time that the operator gave; a date is its first instant in UTC.

    Raises:
        CommandError: it is no time, or has no offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{name}={text} is no time. Write it like 2026-11-23T10:00:00Z.") from error
    if len(text) == len("2026-11-23"):
        return moment.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        raise CommandError(f"{name}={text} has no offset. Add Z for UTC.")
    return moment


def check_window(archive: dict[str, Any], begin: datetime, end: datetime, now: datetime) -> None:
    """Return if the archive has all events of a time.

    Raises:
        CommandError: it does not; the message says from when to when it has.
    """
    if begin >= end:
        raise CommandError("FROM is not before TO. Exchange them.")
    first = archive["CreationTime"].astimezone(UTC)
    days = archive.get("RetentionDays", 0)
    if days:
        first = max(first, now - timedelta(days=days))
    if begin < first or end > now:
        raise CommandError(
            f"The archive has the events from {format_instant(first)} to now ({format_instant(now)})."
            " Choose FROM and TO within. Receivers read what is older from the API."
        )


def rules_of_receivers(client: Any, stack: FoundStack) -> list[str]:
    """Return the rules on the bus that do not belong to this stack or to AWS: those of receivers."""
    own = set()
    resources = stack.client("cloudformation").get_paginator("list_stack_resources")
    for page in resources.paginate(StackName=stack.name):
        for resource in page["StackResourceSummaries"]:
            if resource["ResourceType"] == RULE:
                own.add(resource["PhysicalResourceId"].rpartition("|")[2])
    found: list[str] = []
    parameters = {"EventBusName": stack.outputs["EventBusName"]}
    while True:
        answer = client.list_rules(**parameters)
        found += [rule["Arn"] for rule in answer["Rules"] if rule["Name"] not in own and not rule.get("ManagedBy")]
        if "NextToken" not in answer:
            return found
        parameters["NextToken"] = answer["NextToken"]


def follow(client: Any, name: str, sleep: Callable[[float], None] = time.sleep) -> int:
    """Report how far a replay has come until it ends. Ctrl-C stops the report, not the replay."""
    told = ""
    while True:
        try:
            replay = client.describe_replay(ReplayName=name)
        except ClientError as error:
            raise CommandError(f"The replay {name} is under way, and AWS does not report on it: {error}") from error
        at = replay.get("EventLastReplayedTime")
        progress = f"{replay['State']}{f', replayed to {format_instant(at.astimezone(UTC))}' if at else ''}"
        if progress != told:
            console.print(progress, markup=False)
            told = progress
        if replay["State"] not in RUNNING:
            break
        sleep(SECONDS_BETWEEN)
    if replay["State"] != "COMPLETED":
        raise CommandError(f"The replay ended: {replay['State']}. {replay.get('StateReason', '')} Run it again.")
    return 0


if __name__ == "__main__":
    run(main)
