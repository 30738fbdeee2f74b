"""The usual tutorial's consumer of the same queue, for comparison: boto3's resource with its defaults, a pydantic
model, Powertools Logger, Metrics, and Tracer, BatchProcessor, and one read, one transaction, and one log line per
call. Does not use calling_credit.

It is deliberately small: three items per call (entry, day, balance), no idempotency table, no second ledger line.
"""

import csv
import os
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, Field

from tests.benchmarks.stock_tracer import make_tracer

DECK_FILE = Path(__file__).resolve().parents[2] / "local" / "rates.csv"

logger = Logger()
metrics = Metrics()
tracer = make_tracer()
processor = BatchProcessor(event_type=EventType.SQS)
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


class CallEvent(BaseModel):
    """One finished call."""

    version: Literal["1"]
    call_id: str
    account_id: str
    line_id: str
    user_id: str
    direction: Literal["outbound", "inbound"]
    calling_number: str = Field(alias="from", pattern=r"^\+[1-9][0-9]{6,14}$")
    dialled_number: str = Field(alias="to", pattern=r"^\+[1-9][0-9]{6,14}$")
    started_at: datetime
    answered_at: datetime
    ended_at: datetime
    duration_seconds: int = Field(ge=0, le=86400)
    disposition: str


@lru_cache(maxsize=1)
def deck() -> dict[str, dict[str, str]]:
    """Return the rows of the deck by prefix."""
    with DECK_FILE.open(encoding="utf-8", newline="") as file:
        return {row["prefix"]: row for row in csv.DictReader(file)}


def find_rate(number: str) -> dict[str, str]:
    """Return the row of the longest prefix."""
    digits = number[1:]
    for length in range(len(digits), 0, -1):
        if (row := deck().get(digits[:length])) is not None:
            return row
    raise LookupError("no rate for the destination")


def price_of(row: dict[str, str], seconds: int) -> tuple[int, Decimal]:
    """Return the billed seconds and the price in dollars."""
    minimum, increment = int(row["minimum_seconds"]), int(row["increment_seconds"])
    billed = minimum + -(-max(0, seconds - minimum) // increment) * increment
    price = Decimal(row["connection_fee"]) + Decimal(row["rate_per_minute"]) * billed / 60
    return billed, price.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def entry_of(call: CallEvent, row: dict[str, str], billed: int, price: Decimal) -> dict[str, Any]:
    """Return the entry of a call, without its partition key and local date."""
    return {
        "SK": f"ENTRY#{call.started_at.isoformat()}#{call.call_id}",
        "kind": "call_charged",
        "category": row["category"],
        "amount": -price,
        "line_id": call.line_id,
        "user_id": call.user_id,
        "to": call.dialled_number,
        "destination": row["destination"],
        "country": row["country"],
        "prefix": row["prefix"],
        "duration_seconds": call.duration_seconds,
        "billed_seconds": billed,
        "rate_per_minute": Decimal(row["rate_per_minute"]),
        "connection_fee": Decimal(row["connection_fee"]),
    }


def traced(function: Callable[[SQSRecord], None]) -> Callable[[SQSRecord], None]:
    """Return the function as a traced subsegment, if there is a tracer."""
    return tracer.capture_method(function) if tracer else function


@traced
def record_handler(record: SQSRecord) -> None:
    """Charge one call."""
    call = CallEvent.model_validate_json(record.body)
    pk = f"ACCOUNT#{call.account_id}"
    account: Any = table.get_item(Key={"PK": pk, "SK": "ACCOUNT"})["Item"]
    row = find_rate(call.dialled_number)
    billed, price = price_of(row, call.duration_seconds)
    local_date = call.started_at.astimezone(ZoneInfo(account["time_zone"])).date().isoformat()
    name = table.name
    table.meta.client.transact_write_items(
        TransactItems=[
            {
                "Put": {
                    "TableName": name,
                    "Item": entry_of(call, row, billed, price) | {"PK": pk, "local_date": local_date},
                    "ConditionExpression": "attribute_not_exists(PK)",
                }
            },
            {
                "Update": {
                    "TableName": name,
                    "Key": {"PK": pk, "SK": f"DAY#{local_date}#{row['category']}"},
                    "UpdateExpression": "ADD entry_count :one, billed_seconds :billed, total_price :price",
                    "ExpressionAttributeValues": {":one": 1, ":billed": billed, ":price": -price},
                }
            },
            {
                "Update": {
                    "TableName": name,
                    "Key": {"PK": pk, "SK": "BALANCE"},
                    "UpdateExpression": "ADD balance :price",
                    "ConditionExpression": "attribute_exists(PK)",
                    "ExpressionAttributeValues": {":price": -price},
                }
            },
        ]
    )
    metrics.add_metric(name="CallsPosted", unit=MetricUnit.Count, value=1)
    logger.info(
        "call charged",
        extra={"call_id": call.call_id, "account_id": call.account_id, "price": str(price), "country": row["country"]},
    )


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Charge the calls of one delivery."""
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)


lambda_handler = tracer.capture_lambda_handler(handler) if tracer else handler
