"""What the tests of the deployed application ask of its one stack, which `tests/conftest.py` starts.

These tests run in a process of their own (`make test-stack`): starting the stack points this process's AWS settings
at it.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.stack import Stack
from local.stripe_stand_in.faults import Faults
from tests.stack.deployment import schedule_held

MOST_LINES = 10_000


@pytest.fixture(scope="session")
def tokens(deployed: Stack) -> dict[str, str]:
    """A token for each kind of caller: admin, member, foreign (another account's admin), service."""
    by_role = {"admin": "ana@", "member": "ben@", "foreign": "dana@"}
    emails = [user["email"] for user in deployed.users]
    found = {
        role: deployed.user_token(next(email for email in emails if email.startswith(begin)))
        for role, begin in by_role.items()
    }
    return found | {"service": deployed.service_token()}


@pytest.fixture(scope="module")
def sweeper_held(deployed: Stack) -> Iterator[None]:
    """The sweeper comes when a test calls it and not between two steps of one."""
    with schedule_held(deployed):
        yield


@pytest.fixture
def faults(deployed: Stack, sweeper_held: None) -> Iterator[Faults]:
    """What is to go wrong at Stripe. A test that ends before all of it went wrong did not see what it speaks of."""
    assert deployed.stripe is not None
    deployed.wait_until_callbacks_are_delivered()
    found = deployed.stripe.stand_in.faults
    yield found
    left = found.waiting()
    found.clear()
    deployed.wait_until_callbacks_are_delivered()
    assert left == []


def eventually(check: Callable[[], Any], seconds: float = 30.0) -> Any:
    """What `check` returns once it is true; fails after the given time."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {check}"
        time.sleep(0.2)
    return found


def queue_depth(url: str) -> int:
    """Messages in a queue, those being worked on included."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(value) for value in answer["Attributes"].values())


def log_file(stack: Stack) -> str:
    """Everything the emulator has logged so far, and the functions that no request of the API started."""
    return Path(stack.settings.emulator_log).read_text(encoding="utf-8", errors="replace")


def log_lines(of: str = "", since: float = 0.0) -> list[str]:
    """Every line in the functions' log groups, or in the one that the template calls so, since a time."""
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    names = [group["logGroupName"] for group in groups if group["logGroupName"].endswith(of)]
    return [line for name in names for line in _lines_of(name, int(since * 1000))]


def _lines_of(group: str, since: int) -> Iterator[str]:
    """The lines of a group. The emulator gives the first ten thousand and no token for the rest."""
    client = boto3.client("logs")
    while True:
        events = client.filter_log_events(logGroupName=group, startTime=since, limit=MOST_LINES)["events"]
        is_all = len(events) < MOST_LINES
        last = events[-1]["timestamp"] if events else since
        yield from (event["message"] for event in events if is_all or event["timestamp"] < last)
        if is_all:
            return
        assert last > since, f"{group} has too many lines of one moment"
        since = last
