"""Announces on the event bus what changed in the table: at least once, and under the same id each time. What the bus
did not take comes again.
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit.config import config
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.instants import format_instant
from calling_credit.notifications.event_bus import events_client, put_announcements
from calling_credit.notifications.events import Announcement
from calling_credit.notifications.from_stream import announced

logger = Logger()
bus = events_client()


def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Take one batch of the table's stream; the records of events that were not taken are `batchItemFailures`, in the
    order of the stream: Lambda begins again at the first of them.
    """
    sent = [(record, announcement) for record in event["Records"] for announcement in announcements(record)]
    refused = put_announcements(bus, config().event_bus_name, [announcement for _, announcement in sent])
    if sent:
        counts = {"announced": len(sent) - len(refused), "refused": len(refused)}
        logger.info("published", extra=counts | {"codes": sorted(set(refused.values()))})
    failed = dict.fromkeys(sent[position][0]["dynamodb"]["SequenceNumber"] for position in refused)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def announcements(record: dict[str, Any]) -> list[Announcement]:
    """The events that one record makes."""
    change = record["dynamodb"]
    old, new = (from_attributes(change[name]) if name in change else None for name in ("OldImage", "NewImage"))
    recorded_at = datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC)
    return announced(old, new, format_instant(recorded_at))
