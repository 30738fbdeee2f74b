"""The usual tutorial's payment function: its imports for the start-up row, and its automatic recharge, which charges a
card and credits the balance whenever a stream record has a low balance.
"""

import os
from typing import Any

import boto3
import stripe
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from tests.benchmarks.stock_tracer import make_tracer

logger = Logger()
metrics = Metrics()
tracer = make_tracer()
processor = BatchProcessor(event_type=EventType.DynamoDBStreams)
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


class Rule(BaseModel):
    """When to charge, how much, and which card."""

    threshold_micros: int
    cents: int
    customer: str
    payment_method: str


rules: dict[str, Rule] = {}


def charge(record: DynamoDBRecord) -> None:
    """Charge the card if the record's balance is below the threshold."""
    image: Any = record.dynamodb.new_image if record.dynamodb else {}
    rule = rules[image["PK"]]
    if image["posted_micros"] >= rule.threshold_micros:
        return
    client = stripe.StripeClient(os.environ["STRIPE_API_KEY"], base_addresses={"api": os.environ["STRIPE_API_BASE"]})
    client.v1.payment_intents.create(
        {
            "amount": rule.cents,
            "currency": "usd",
            "customer": rule.customer,
            "payment_method": rule.payment_method,
            "allowed_payment_method_types": ["card"],
            "off_session": True,
            "confirm": True,
        }
    )
    table.update_item(
        Key={"PK": image["PK"], "SK": "STOCK"},
        UpdateExpression="ADD posted_micros :amount",
        ExpressionAttributeValues={":amount": rule.cents * 10_000},
    )


def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Process one batch of the stream."""
    return process_partial_response(event=event, record_handler=charge, processor=processor, context=context)
