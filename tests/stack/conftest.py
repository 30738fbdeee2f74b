"""The fixtures and readers of the stack tests. `tests/conftest.py` starts their one stack.

These tests run in their own process (`make test-stack`), because starting the stack points the AWS settings of the
process at it.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.stack import Stack
from local.stripe_stand_in.faults import Faults
from tests.stack.deployment import pause_sweeper

MAX_LINES = 10_000
TOKEN_SECONDS = 600
"""A token is renewed after this time."""


class Tokens(dict[str, str]):
    """Tokens by role, each renewed before it expires: a token of a person lives for 15 minutes, a run longer."""

    def __init__(self, renewals: dict[str, Callable[[], str]]) -> None:
        super().__init__({role: renew() for role, renew in renewals.items()})
        self.renewals = renewals
        self.since = dict.fromkeys(renewals, time.monotonic())

    def __getitem__(self, role: str) -> str:
        if time.monotonic() - self.since[role] > TOKEN_SECONDS:
            self[role], self.since[role] = self.renewals[role](), time.monotonic()
        return super().__getitem__(role)


@pytest.fixture(scope="session")
def tokens(deployed: Stack) -> Tokens:
    """A token for each kind of caller: admin, member, foreign (another account's admin), support and finance (staff),
    operator (the back office), switch; and the key of the connector.
    """
    by_role = {"admin": "ana@", "member": "ben@", "foreign": "dana@", "support": "sofia@", "finance": "femi@"}
    emails = [user["email"] for user in deployed.users]
    people = {
        role: partial(deployed.user_token, next(email for email in emails if email.startswith(begin)))
        for role, begin in by_role.items()
    }
    services = {"operator": deployed.operator_token, "switch": deployed.switch_token}
    return Tokens(people | services | {"connector": lambda: str(deployed.connector_key["key"])})


@pytest.fixture(scope="module")
def paused_sweeper(deployed: Stack) -> Iterator[None]:
    """The sweeper runs only when a test invokes it."""
    with pause_sweeper(deployed):
        yield


@pytest.fixture
def faults(deployed: Stack, paused_sweeper: None) -> Iterator[Faults]:
    """The faults of the stand-in for Stripe. A test fails if an injected fault never happened."""
    assert deployed.stripe is not None
    deployed.wait_until_callbacks_are_delivered()
    injected = deployed.stripe.stand_in.faults
    yield injected
    unused = injected.waiting()
    injected.clear()
    deployed.wait_until_callbacks_are_delivered()
    assert unused == []


def eventually(check: Callable[[], Any], seconds: float = 180.0) -> Any:
    """Return the first true value of `check`; fail after `seconds`, which a busy machine may need."""
    deadline = time.monotonic() + seconds
    while not (result := check()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {check}"
        time.sleep(0.2)
    return result


def queue_depth(url: str) -> int:
    """Return the number of messages in a queue, including those in flight."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(value) for value in answer["Attributes"].values())


def log_file(stack: Stack) -> str:
    """Return the log of the emulator and of the functions that no API request started."""
    return Path(stack.settings.emulator_log).read_text(encoding="utf-8", errors="replace")


def log_lines(of: str = "", since: float = 0.0) -> list[str]:
    """Return the lines of all log groups, or of the group with this name in the template, since a time."""
    groups = boto3.client("logs").describe_log_groups()["logGroups"]
    names = [group["logGroupName"] for group in groups if group["logGroupName"].endswith(of)]
    return [line for name in names for line in _lines_of(name, int(since * 1000))]


def _lines_of(group: str, since: int) -> Iterator[str]:
    """Yield the lines of a group. The emulator returns the first ten thousand and no token for the rest."""
    client = boto3.client("logs")
    while True:
        events = client.filter_log_events(logGroupName=group, startTime=since, limit=MAX_LINES)["events"]
        is_all = len(events) < MAX_LINES
        last = events[-1]["timestamp"] if events else since
        yield from (event["message"] for event in events if is_all or event["timestamp"] < last)
        if is_all:
            return
        assert last > since, f"{group} has too many lines with one timestamp"
        since = last
