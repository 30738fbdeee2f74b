"""Sends events to the event bus of other systems, and names each event that the bus refused."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.aws import aws_session
from calling_credit.notifications.announcement import Announcement

SOURCE: Final = "calling-credit"
"""The `source` that rules on the bus match."""
MAX_ENTRIES: Final = 10
"""EventBridge's limit for one PutEvents request."""


class EventsClient(Protocol):
    """The part of EventBridge's client that is used here."""

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - EventBridge's own name
        """Accept events; refused ones have an ErrorCode."""


def events_client() -> EventsClient:
    """Return a client that gives up a lost connection quickly."""
    client = aws_session().create_client(
        "events",
        config=ClientConfig(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}),
    )
    return cast("EventsClient", client)


def send_events(client: EventsClient, bus_name: str, events: Sequence[Announcement]) -> dict[int, str]:
    """Send events in order, and return the position and the error code of each refused event.

    After a request without an answer, the remaining events count as refused, because each would wait as long.
    """
    refused: dict[int, str] = {}
    for begin in range(0, len(events), MAX_ENTRIES):
        chunk = events[begin : begin + MAX_ENTRIES]
        try:
            answer = client.put_events(Entries=[_entry(bus_name, event) for event in chunk])
        except (ClientError, BotoCoreError) as error:
            return refused | dict.fromkeys(range(begin, len(events)), _code(error))
        for at, outcome in enumerate(answer["Entries"], begin):
            if "ErrorCode" in outcome:
                refused[at] = outcome["ErrorCode"]
    return refused


def _entry(bus_name: str, event: Announcement) -> dict[str, Any]:
    return {
        "EventBusName": bus_name,
        "Source": SOURCE,
        "DetailType": event.name,
        "Time": datetime.fromisoformat(event.occurred_at),
        "Detail": event.model_dump_json(),
    }


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "ClientError"))
    return type(error).__name__
