"""The imports of the usual tutorial's HTTP function, for the start-up row: boto3's resource, a validating resolver,
pydantic, Logger, Metrics, and Tracer.
"""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from tests.benchmarks.stock_tracer import make_tracer

logger = Logger()
metrics = Metrics()
tracer = make_tracer()
app = APIGatewayHttpResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


class Balance(BaseModel):
    """An account's balance."""

    account_id: str
    balance: str


@app.get("/balance")
def balance() -> Balance:
    """Return the balance of an account."""
    item: Any = table.get_item(Key={"PK": "ACCOUNT#acct_0000", "SK": "BALANCE"})["Item"]
    return Balance(account_id="acct_0000", balance=str(item["balance"]))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    return app.resolve(event, context)
