"""What all events on the event bus share. Depends on neither the table nor the bus."""

import hashlib
import json
from typing import Final, Literal

from pydantic import Field

from calling_credit.notifications.event_data import Form, Instant

VERSION: Final = "1"


class Announcement(Form):
    """The fields that all events share. A repeated event has the same `id`, so a receiver can skip it.
    `correlation_id` names the request or message that caused it, if it is known.
    """

    id: str = Field(pattern=r"^evt_[0-9a-f]{32}$")
    version: Literal["1"] = VERSION
    account_id: str
    occurred_at: Instant
    correlation_id: str | None = Field(default=None, exclude_if=lambda value: value is None)

    @property
    def name(self) -> str:
        """The event's type."""
        return type(self).__name__


def announcement_id(form: type[Announcement], account_id: str, *facts: str | int) -> str:
    """Return the id of an event: a hash of its unchanging facts, so every derivation has the same id."""
    framed = json.dumps([form.__name__, account_id, *facts], separators=(",", ":"))
    return f"evt_{hashlib.sha256(framed.encode()).hexdigest()[:32]}"
