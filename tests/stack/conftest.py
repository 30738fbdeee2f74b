"""One deployed stack for the whole run: the real template on the emulator, IAM enforced, on ports and in a folder
of its own.

These tests run in a process of their own (`make test-stack`): starting the stack points this process's AWS settings
at it.
"""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.settings import ROOT, Settings
from local.stack import Stack, start


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def deployed() -> Iterator[Stack]:
    """The running stack with its demonstration accounts and the example deck."""
    folder = ROOT / ".local" / "test-stack"
    stack = start(Settings(folder, free_port(), free_port()))
    try:
        yield stack
    finally:
        stack.stop()


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


def eventually(check: Callable[[], Any], seconds: float = 30.0) -> Any:
    """What `check` returns once it is true; fails after the given time."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {check.__name__}"
        time.sleep(0.2)
    return found


def queue_depth(url: str) -> int:
    """Messages in a queue, those being worked on included."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(value) for value in answer["Attributes"].values())


def log_file(stack: Stack) -> str:
    """Everything the emulator and the functions have logged so far."""
    return Path(stack.settings.emulator_log).read_text(encoding="utf-8", errors="replace")
