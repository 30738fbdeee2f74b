"""Sends the changes of the table as events to the event bus: at least once, and under the same id each time.

Lambda retries the records whose events the bus rejected.
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.config import config
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.unreadable import UnreadableItem, decode_item
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.instants import format_instant
from calling_credit.metrics import emit
from calling_credit.notifications.announcement import Announcement
from calling_credit.notifications.event_bus import events_client, send_events
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.from_stream import derive_events

logger = Logger()
metrics = Metrics()
bus = events_client()
unreadable = UnreadableReport(dynamodb_client(), config().table_name, logger, metrics, "publish_events")

IMAGES = ("OldImage", "NewImage")


def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Take one batch of the table's stream. Return the records of refused events as `batchItemFailures`, in stream
    order, because Lambda resumes at the first of them.
    """
    events = [(record, announcement) for record in event["Records"] for announcement in events_of(record)]
    unreadable.send(clock.now())
    refused = send_events(bus, config().event_bus_name, [announcement for _, announcement in events])
    adjustments = sum(announcement.name == EventType.ADJUSTMENT_POSTED for _, announcement in events)
    if adjustments:
        emit(metrics, {"operator_actions": adjustments})
    if events:
        counts = {"announced": len(events) - len(refused), "refused": len(refused)}
        causes = sorted({one.correlation_id for _, one in events if one.correlation_id})
        names: dict[str, Any] = {"codes": sorted(set(refused.values())), "correlation_ids": causes}
        logger.info("published", extra=names | counts)
    failures = dict.fromkeys(events[position][0]["dynamodb"]["SequenceNumber"] for position in refused)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failures]}


def events_of(record: dict[str, Any]) -> list[Announcement]:
    """Return the events of one record. An unreadable image has none; it is reported, and the others are announced."""
    change = record["dynamodb"]
    recorded_at = format_instant(datetime.fromtimestamp(change["ApproximateCreationDateTime"], UTC))
    try:
        old, new = (decode_item(change[name], from_attributes) if name in change else None for name in IMAGES)
        return decode_item(new, lambda image: derive_events(old, image, recorded_at)) if new is not None else []
    except UnreadableItem as error:
        unreadable(error)
        return []
