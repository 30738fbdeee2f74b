"""An e-mail address that a customer added and that waits until its holder follows the link in an e-mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.dynamodb.attributes import Plain
from calling_credit.instants import format_instant

WAITING_TIME: Final = timedelta(days=7)
"""How long an address waits, and its link works."""


@dataclass(frozen=True, slots=True)
class WaitingAddress:
    """An address, the language of its e-mails, the id of the request that its link confirms, when an admin asked for it
    (RFC 3339), and who did (`user:` and an id).
    """

    address: str
    language: str
    request_id: str
    asked_at: str
    by: str

    @property
    def expires_at(self) -> str:
        """When the address waits no longer."""
        return format_instant(datetime.fromisoformat(self.asked_at) + WAITING_TIME)

    def is_waiting(self, now: datetime) -> bool:
        """Whether the address waits still."""
        return format_instant(now) < self.expires_at

    @property
    def item(self) -> dict[str, Plain]:
        """The stored form."""
        names = ("address", "language", "request_id", "asked_at", "by")
        return {name: getattr(self, name) for name in names}


def waiting_from_item(stored: Mapping[str, Any]) -> WaitingAddress:
    """The address of its stored form."""
    return WaitingAddress(**stored)
