"""A night of proofs: `prove_ledger` sends the accounts to a queue, which delivers them to `prove_accounts`."""

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from unittest.mock import patch

from calling_credit.charging.call_queue import CallQueue
from calling_credit.dynamodb.lease_keys import position_key
from tests.harness.table import Context, Stack, sample_event

MAX_RECEIVES = 3


@dataclass
class ProofQueue:
    """The part of SQS's client that is used, and what the queue holds."""

    bodies: list[str] = field(default_factory=list)
    requests: list[list[str]] = field(default_factory=list)
    faults: list[Any] = field(default_factory=list)
    """For each request in order: None, an exception to raise before storing, or one in a list to raise afterwards."""

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        """Store the entries, as far as no fault prevents it."""
        bodies = [entry["MessageBody"] for entry in Entries]
        assert 1 <= len(bodies) <= 10
        assert sum(len(body.encode()) for body in bodies) <= 262_144
        self.requests.append(bodies)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, BaseException):
            raise fault
        self.bodies += bodies
        if fault is not None:
            raise fault[0]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries], "Failed": []}


@dataclass
class Nights:
    """Runs the nightly proof over a stack, and counts what it counts."""

    stack: Stack
    queue: ProofQueue = field(default_factory=ProofQueue)
    dead: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Forget that a list of this night was begun or completed."""
        self.stack.dynamodb.delete_item(TableName=self.stack.table_name, Key=position_key("proof"))

    def send(self, seconds: float = 900.0) -> dict[str, int]:
        """Run prove_ledger once."""
        app = self.stack.apps["prove_ledger"]
        with patch.object(app, "queue", CallQueue(self.queue, "queue")):  # type: ignore[arg-type]
            answer: dict[str, int] = app.handler(sample_event("prove_ledger"), Context(seconds))
        return answer

    def deliver(self, seconds: float = 600.0) -> Counter[str]:
        """Deliver every message once, and those that fail again; return the counted metrics. `dead` has the bodies of
        those that always failed.
        """
        app, counts = self.stack.apps["prove_accounts"], Counter[str]()
        bodies, self.queue.bodies = self.queue.bodies, []
        for receive in range(1, MAX_RECEIVES + 1):
            bodies = [body for body in bodies if not receive_once(app, body, seconds, counts, receive)]
        self.dead = bodies
        return counts

    def night(self) -> dict[str, int]:
        """Run a whole night, each message once; return the payments, and the proven and unproven accounts."""
        self.begin()
        try:
            payments = self.send()["payments"]
        finally:
            bodies, self.queue.bodies = self.queue.bodies, []
            counts: Counter[str] = Counter()
            for body in bodies:
                receive_once(self.stack.apps["prove_accounts"], body, 600.0, counts)
        return {
            "payments": payments,
            "accounts": counts["accounts_proven"],
            "differences": counts["ledger_differences"],
            "unproven": counts["accounts_unproven"],
        }


def proof_event(*bodies: str, receive: int = 1) -> dict[str, Any]:
    """An SQS batch of messages m_0, m_1, …"""
    [sample] = sample_event("prove_accounts")["Records"]
    records = []
    for number, body in enumerate(bodies):
        record = copy.deepcopy(sample)
        record |= {"messageId": f"m_{number}", "body": body}
        record["attributes"]["ApproximateReceiveCount"] = str(receive)
        records.append(record)
    return {"Records": records}


def receive_once(app: ModuleType, body: str, seconds: float, counts: Counter[str], receive: int = 1) -> bool:
    """Deliver a message once and add its counts; return whether it succeeded."""
    emit = app.emit

    def count(metrics: Any, values: Mapping[str, int]) -> None:
        counts.update(values)
        emit(metrics, values)

    with patch.object(app, "emit", count):
        answer = app.handler(proof_event(body, receive=receive), Context(seconds))
    return bool(answer == {"batchItemFailures": []})
