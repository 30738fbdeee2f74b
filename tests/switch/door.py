"""A door in front of the API that records what passes, and can fall silent. That is how these tests take the API away
from a switch that continues to work.
"""

import json
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from local.api_door import ApiDoor
from local.settings import Settings


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the status of its answer. `body` and `answer` are the JSON, or None."""

    path: str
    body: Any
    status: int
    answer: Any


class Door(ApiDoor):
    """A door with a memory."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.exchanges: list[Exchange] = []
        self._is_silent, self.silenced = threading.Event(), 0

    def silence(self) -> None:
        """Take requests from now on, and never answer one. `silenced` counts them."""
        self._is_silent.set()

    def admits(self) -> bool:
        self.silenced += self._is_silent.is_set()
        return not self._is_silent.is_set()

    def record(self, path: str, body: bytes, status: int, answer: bytes) -> None:
        self.exchanges.append(Exchange(path, parsed(body), status, parsed(answer)))

    def asked(self, number: str) -> list[Exchange]:
        """Return the questions about calls from a number."""
        return [one for one in self.exchanges if one.path.endswith("/authorize") and one.body["from"] == number]

    def reported(self, number: str) -> list[dict[str, Any]]:
        """Return the events of calls from a number, as often as the API accepted them."""
        bodies = [one.body for one in self.exchanges if one.path.endswith("/events") and one.status == 200]
        events = [event for body in bodies for event in (body if isinstance(body, list) else [body])]
        return [event for event in events if event["from"] == number]


def parsed(text: bytes) -> Any:
    """Return the JSON of a body, the list of its lines if it is NDJSON, or None."""
    with suppress(ValueError):
        return json.loads(text)
    with suppress(ValueError):
        return [json.loads(line) for line in text.splitlines() if line]
    return None
