"""Events that wait to be mailed: what a message of the mail queues holds, and when a failed one is tried again. Reads
no queue.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from calling_credit.errors import BadRequest, ProblemCode

MAX_RECEIVES: Final = 5
"""After so many receives, SQS moves a message to the dead-letter queue (`maxReceiveCount` in the template)."""
DELAYS: Final = (180, 1_800, 10_800, 39_600)
"""Seconds until a message is received again after its first, second, … receive, while SES accepts no mail: 15 hours in
all, because the daily quota of SES is that of the last 24 hours. Below SQS's limit of 12 hours each.
"""
URGENT_DELAYS: Final = (30, 120, 900, 10_800)
"""The same of a mail that carries a link to freeze the account."""


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A message of a mail queue: an event of the bus as its rule sends it. `receives` counts this delivery."""

    message_id: str
    receipt: str
    queue: str
    receives: int
    body: str

    def event(self) -> dict[str, Any]:
        """Return the event (the `detail` of the envelope).

        Raises:
            BadRequest: `malformed_event`.
        """
        try:
            envelope = json.loads(self.body)
        except (ValueError, RecursionError):
            envelope = None
        detail = envelope.get("detail") if isinstance(envelope, dict) else None
        if not isinstance(detail, dict) or not isinstance(detail.get("data"), dict):
            raise _malformed("no event of the bus with data")
        for name in ("id", "type", "account_id"):
            if not isinstance(detail.get(name), str) or not detail[name]:
                raise _malformed(f"an event without {name}")
        return detail


def queued_mail(record: Mapping[str, Any]) -> QueuedMail:
    """Return the message of an SQS record as Lambda delivers it."""
    return QueuedMail(
        record["messageId"],
        record["receiptHandle"],
        record["eventSourceARN"].rpartition(":")[2],
        int(record["attributes"]["ApproximateReceiveCount"]),
        record["body"],
    )


def delay_after(receives: int, *, is_urgent: bool) -> int:
    """Seconds until the next receive of a message that SES did not accept."""
    delays = URGENT_DELAYS if is_urgent else DELAYS
    return delays[min(max(receives, 1), len(delays)) - 1]


def _malformed(found: str) -> BadRequest:
    return BadRequest(
        ProblemCode.MALFORMED_EVENT, f"The message holds {found}. Remove it: make redrive QUEUE=mail DROP=1"
    )
