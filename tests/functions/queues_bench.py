"""Two SQS queues in memory: `dead` and `calls`. Requests can fail, and are counted. Several threads may use them."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import RLock
from typing import Any

import boto3
import pytest

from ops import redrive
from ops.stack import FoundStack
from tests.functions.test_operators_commands import code_of
from tests.harness.world import World


class Queues:
    """A client of SQS. `between` is called before and after each request, and may raise."""

    def __init__(self) -> None:
        self._lock = RLock()
        self.requests: Counter[str] = Counter()
        self.clear()

    def clear(self) -> None:
        """Remove all messages, and fail no request."""
        self._messages: dict[str, dict[str, dict[str, Any]]] = {"dead": {}, "calls": {}}
        self._hidden: set[str] = set()
        self._visible: dict[str, dict[str, None]] = {"dead": {}, "calls": {}}
        self._next = 0
        self.most_hidden = 0
        self.between: Callable[[str], None] = lambda _: None
        self.refused: set[str] = set()
        self.slow: dict[str, int] = {}

    def put(self, queue: str, bodies: Iterable[str]) -> None:
        """Add messages."""
        for body in bodies:
            self._add(queue, body, {})

    def bodies(self, queue: str) -> list[str]:
        """The bodies of all messages, hidden or not."""
        with self._lock:
            return [message["Body"] for message in self._messages[queue].values()]

    def visible(self, queue: str) -> int:
        """The number of messages that a receive may bring."""
        return len(self._visible[queue])

    def show_all(self) -> None:
        """Let the time pass after which hidden messages are visible again."""
        with self._lock:
            self._visible = {queue: dict.fromkeys(messages) for queue, messages in self._messages.items()}
            self._hidden.clear()

    # The requests

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        """Receive and hide."""

        def receive() -> dict[str, Any]:
            found = [
                name
                for name, _ in zip(self._visible[asked["QueueUrl"]], range(asked["MaxNumberOfMessages"]), strict=False)
            ]
            for name in found:
                del self._visible[asked["QueueUrl"]][name]
            self._hidden.update(found)
            self.most_hidden = max(self.most_hidden, len(self._hidden))
            return {"Messages": [self._messages[asked["QueueUrl"]][name] | {"ReceiptHandle": name} for name in found]}

        return self._request("receive_message", receive)

    def send_message_batch(self, **asked: Any) -> dict[str, Any]:
        """Send, except refused messages."""

        def send() -> dict[str, Any]:
            answer: dict[str, Any] = {"Successful": [], "Failed": []}
            for entry in asked["Entries"]:
                body = entry["MessageBody"]
                if body in self.refused or self.slow.get(body, 0):
                    self.slow[body] = self.slow.get(body, 0) - 1
                    failure = {"Id": entry["Id"], "SenderFault": body in self.refused, "Code": "Refused"}
                    answer["Failed"].append(failure)
                else:
                    self._add(asked["QueueUrl"], body, entry.get("MessageAttributes", {}))
                    answer["Successful"].append({"Id": entry["Id"]})
            return answer

        return self._request("send_message_batch", send)

    def delete_message_batch(self, **asked: Any) -> dict[str, Any]:
        """Delete."""

        def delete() -> dict[str, Any]:
            for entry in asked["Entries"]:
                self._messages[asked["QueueUrl"]].pop(entry["ReceiptHandle"], None)
                self._visible[asked["QueueUrl"]].pop(entry["ReceiptHandle"], None)
                self._hidden.discard(entry["ReceiptHandle"])
            return {"Successful": [{"Id": entry["Id"]} for entry in asked["Entries"]]}

        return self._request("delete_message_batch", delete)

    def change_message_visibility_batch(self, **asked: Any) -> dict[str, Any]:
        """Make messages visible at once."""

        def show() -> dict[str, Any]:
            for entry in asked["Entries"]:
                assert entry["VisibilityTimeout"] == 0
                if entry["ReceiptHandle"] in self._messages[asked["QueueUrl"]]:
                    self._visible[asked["QueueUrl"]][entry["ReceiptHandle"]] = None
                    self._hidden.discard(entry["ReceiptHandle"])
            return {"Successful": [{"Id": entry["Id"]} for entry in asked["Entries"]]}

        return self._request("change_message_visibility_batch", show)

    def _request(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        with self._lock:
            self.requests[name] += 1
            self.between("before")
            answer = work()
            self.between("after")
            return answer

    def _add(self, queue: str, body: str, attributes: dict[str, Any]) -> None:
        with self._lock:
            name = f"m_{self._next}"
            self._next += 1
            sent = {"Attributes": {"SentTimestamp": "1795435200000"}, "MessageAttributes": attributes}
            self._messages[queue][name] = {"MessageId": name, "Body": body, **sent}
            self._visible[queue][name] = None


@pytest.fixture
def queues(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Queues:
    """A stack with queues in memory."""
    found = Queues()
    outputs = {"TableName": world.stack.table_name, "DeadLetterQueueUrl": "dead", "CallQueueUrl": "calls"}

    class Stack(FoundStack):
        def client(self, service: Any) -> Any:
            return found if service == "sqs" else world.stack.dynamodb

    stack = Stack("staging", False, outputs, boto3.Session(), None)
    monkeypatch.setattr(redrive, "find_stack", lambda: stack)
    monkeypatch.setattr("ops.dead_letters.time.sleep", lambda _: None)
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))
    return found


def redriven(monkeypatch: pytest.MonkeyPatch, *options: str) -> object:
    """The exit code of `make redrive`."""
    monkeypatch.setattr(sys, "argv", ["make redrive", *options])
    return code_of(redrive.main)
