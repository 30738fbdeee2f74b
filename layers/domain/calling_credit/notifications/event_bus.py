"""The event bus of other systems. It names each event that the bus refused, so that the sender can repeat it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol, cast

from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.aws import aws_session
from calling_credit.notifications.events import Announcement

SOURCE: Final = "calling-credit"
"""What a rule on the bus matches as `source`."""
MOST_AT_ONCE: Final = 10
"""EventBridge's limit on one PutEvents."""


class EventsClient(Protocol):
    """What is needed of EventBridge."""

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - EventBridge's own name
        """Take events; those that were not taken have an ErrorCode."""


def events_client() -> EventsClient:
    """A client that gives up a lost connection quickly."""
    client = aws_session().create_client(
        "events",
        config=ClientConfig(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}),
    )
    return cast("EventsClient", client)


def put_announcements(client: EventsClient, bus_name: str, events: Sequence[Announcement]) -> dict[int, str]:
    """Send events in their order; the positions of those that were not taken, each with the code of why.

    After a send without an answer the rest is not tried: it would wait as long each time.
    """
    refused: dict[int, str] = {}
    for begin in range(0, len(events), MOST_AT_ONCE):
        chunk = events[begin : begin + MOST_AT_ONCE]
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
