"""A switch that reports calls over HTTP, and the queue between `report_calls` and `rate_calls`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from calling_credit.charging.call_queue import CallQueue
from tests.functions.numbers_bench import NUMBER, by_number_event, call_at
from tests.harness.http import Answer, http_event
from tests.harness.queue import delivery, failures
from tests.harness.world import INCLUDED, World

NDJSON = "application/x-ndjson"


@dataclass
class Queue:
    """The part of SQS's client that is used, with what the queue holds. `refuse` decides which entries it refuses."""

    bodies: list[str] = field(default_factory=list)
    attributes: list[dict[str, Any]] = field(default_factory=list)
    """Of each body in the queue, as Lambda delivers them."""
    requests: list[list[str]] = field(default_factory=list)
    faults: list[Any] = field(default_factory=list)
    """For each request in order: an exception to raise after storing nothing, or the positions to refuse."""

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """Store the entries, as far as no fault prevents it."""
        assert 1 <= len(Entries) <= 10
        bodies = [entry["MessageBody"] for entry in Entries]
        assert sum(len(body.encode()) for body in bodies) <= 262_144
        self.requests.append(bodies)
        fault = self.faults.pop(0) if self.faults else ()
        if isinstance(fault, Exception):
            raise fault
        stored = [entry for index, entry in enumerate(Entries) if index not in fault]
        self.bodies += [entry["MessageBody"] for entry in stored]
        self.attributes += [delivered(entry.get("MessageAttributes", {})) for entry in stored]
        failed = [
            {"Id": one["Id"], "Code": "InternalError", "SenderFault": False} for one in Entries if one not in stored
        ]
        return {"Successful": [{"Id": entry["Id"]} for entry in stored], "Failed": failed}

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events in the queue."""
        return [json.loads(body) for body in self.bodies]


def delivered(attributes: dict[str, dict[str, str]]) -> dict[str, Any]:
    """The attributes of a sent message as Lambda delivers them."""
    return {
        name: {part[0].lower() + part[1:]: value for part, value in one.items()} for name, one in attributes.items()
    }


@dataclass
class Reporter:
    """A switch with a token of the scope `calls/report`."""

    world: World
    queue: Queue = field(default_factory=Queue)

    def send(self, body: Any, content_type: str = "application/json", **claims: Any) -> Answer:
        """The answer to a report; `body` is text, or what it says in JSON."""
        event = http_event("report_calls", "POST", "/calls/events", body=body, claims=claims)
        event["headers"]["content-type"] = content_type
        return self.post(event)

    def post(self, event: dict[str, Any]) -> Answer:
        """The answer to an event of API Gateway."""
        with self.in_place():
            return self.world.invoke("report_calls", event)

    def report(self, *events: Any) -> list[tuple[int, str]]:
        """Report events; return the index and the code of each rejected one."""
        answer = self.send(list(events))
        assert answer.status == 200, answer.text
        assert answer.body["accepted"] == len(events) - len(answer.body["rejected"])
        return [(one["index"], one["code"]) for one in answer.body["rejected"]]

    def drain(self) -> list[str]:
        """Deliver what is in the queue; return the refused messages."""
        bodies, self.queue.bodies = self.queue.bodies, []
        attributes, self.queue.attributes = self.queue.attributes, []
        batch = delivery(*bodies, sent_at=self.world.clock.now)
        for number, record in enumerate(batch["Records"]):  # Other senders set no attributes.
            record["messageAttributes"] = attributes[number] if number < len(attributes) else {}
        return failures(self.world.stack.invoke("rate_calls", batch))

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the queue in the place of SQS."""
        with patch.object(self.world.stack.apps["report_calls"], "queue", CallQueue(self.queue, "queue")):  # type: ignore[arg-type]
            yield


def report_by_number(world: World) -> None:
    """Report a call that names only its number, and cost nothing."""
    event = {"call_id": "c_told", "from": NUMBER, "started_at": world.clock.now.isoformat()}
    assert Reporter(world).send(event).body == {"accepted": 1, "rejected": []}


def use_numbers(world: World) -> None:
    """Renamed users and accounts, a moved number, and a call and a question that name only a number."""
    for name in ("Ada Lovelace", "Grace"):
        world.operate("PUT", "/accounts/acct_1", {"name": name, "billing_emails": [f"{name[:3]}@example.com"]})
        world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": name})
    line = {"number": "+14155550177", "user_id": "user_1"}
    assert world.operate("PUT", "/accounts/acct_1/lines/line_8", line).status == 201
    move = {"move_from": {"account_id": "acct_1", "line_id": "line_8"}}
    assert world.operate("PUT", "/accounts/acct_2/lines/line_8", line | move).status == 201
    named = by_number_event(world, call_at(world, "c_number") | {"to": INCLUDED})
    assert failures(world.stack.invoke("rate_calls", named)) == []
    report_by_number(world)
    asked = {"call_id": "c_asked", "from": NUMBER, "to": INCLUDED, "requested_seconds": 60}
    event = http_event("authorize_call", "POST", "/calls/authorize", body=asked)
    assert world.invoke("authorize_call", event).status == 200


def whole(event: dict[str, Any]) -> dict[str, Any]:
    """A call event with what every event has, and without the fields that are None."""
    event = {"direction": "outbound", "disposition": "answered", **event}
    return {name: value for name, value in event.items() if value is not None}


def call(world: World, call_id: str, **facts: Any) -> dict[str, Any]:
    """A whole call of one minute that names only its number."""
    return whole(call_at(world, call_id) | facts)


def charges(world: World) -> dict[str, list[str]]:
    """The charged calls of each account."""
    entries = [item for item in world.stack.items() if item.get("kind") == "call_charged"]
    found: dict[str, list[str]] = {}
    for entry in entries:
        found.setdefault(entry["PK"].removeprefix("ACCOUNT#"), []).append(entry["SK"].rpartition("#")[2])
    return found
