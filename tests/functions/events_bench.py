"""A listener that records the events on the bus and checks their form."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import pytest

from ops.event_schemas import FOLDER
from tests.harness.queue import failures
from tests.harness.till import Till

BUS = "calling-credit-test"


Images = dict[tuple[str, str], dict[str, Any]]


@dataclass
class Listener:
    """The events since the last call, and the images of the table at that time."""

    till: Till
    sent: list[list[dict[str, Any]]] = field(default_factory=list)
    seen: Images = field(default_factory=dict)
    number: int = 0

    @property
    def bus(self) -> Any:
        """The publisher's client."""
        return self.till.world.stack.apps["publish_events"].bus

    def images(self) -> Images:
        """Every item of the table."""
        return {(item["PK"], item["SK"]): item for item in self.till.world.stack.items()}

    def records(self) -> list[dict[str, Any]]:
        """The stream records of all changes since the last call."""
        before, self.seen = self.seen, self.images()
        return [
            self.record(before.get(key), self.seen.get(key))
            for key in {**before, **self.seen}
            if before.get(key) != self.seen.get(key)
        ]

    def record(self, old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
        """The stream record of a change."""
        from calling_credit.dynamodb.attributes import to_attributes  # noqa: PLC0415 - clients after moto

        self.number += 1
        shown = {name: to_attributes(image) for name, image in (("OldImage", old), ("NewImage", new)) if image}
        change = {
            "ApproximateCreationDateTime": self.till.world.clock.now.timestamp(),
            "SequenceNumber": f"{self.number:027d}",
            **shown,
        }
        return {"eventName": "MODIFY" if old and new else "INSERT" if new else "REMOVE", "dynamodb": change}

    def deliver(self, *records: dict[str, Any]) -> list[str]:
        """Pass records to the publisher; the sequence numbers to redeliver."""
        return failures(self.till.world.stack.invoke("publish_events", {"Records": list(records)}))

    def hear(self) -> list[dict[str, Any]]:
        """The events of all changes since the last call, each checked against its published form."""
        self.sent.clear()
        assert self.deliver(*self.records()) == []
        return [judged(entry) for entries in self.sent for entry in entries]

    def names(self) -> list[str]:
        """The types of these events, in alphabetical order."""
        return sorted(event["type"] for event in self.hear())


def judged(entry: dict[str, Any]) -> dict[str, Any]:
    """The event of an entry, after a check of its envelope and form."""
    event: dict[str, Any] = json.loads(entry["Detail"])
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == (BUS, "calling-credit", event["type"])
    published = json.loads((FOLDER / f"{event['type']}.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(event, published)
    return event


@pytest.fixture
def listener(till: Till) -> Iterator[Listener]:
    """A listener that records all events on the bus from now on."""
    listener = Listener(till)
    listener.seen = listener.images()

    def hear(params: dict[str, Any], **_: Any) -> None:
        listener.sent.append(params["Entries"])

    events = listener.bus.meta.events
    events.register("provide-client-params.events.PutEvents", hear)
    try:
        yield listener
    finally:
        events.unregister("provide-client-params.events.PutEvents", hear)
