"""Taxes payments on the deployed application for a while, one function after the other.

The stack is deployed without tax: with it, no account without billing details could pay, which most tests do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3

from calling_credit.tax.bucket import TABLE_KEY, put_table
from local.stack import Stack
from tests.stack.credit_routes import DETAILS
from tests.stack.customers import Customer, open_customer
from tests.stack.deployment import physical_id, publish_with

TABLE: Final = "country,region,rate_percent,effective_from\nUS,NY,15,2026-01-01\nUS,*,0,2026-01-01\n"


def publish_table(deployed: Stack) -> None:
    """Store the table, as `make publish-tax` does."""
    put_table(boto3.client("s3"), deployed.outputs["DeckBucketName"], TABLE.encode())


@contextmanager
def taxed(deployed: Stack, *functions: str) -> Iterator[None]:
    """Deploy functions with the parameter `Tax=table` meanwhile; afterwards nothing is taxed, and there is no table."""
    names = [physical_id(deployed, function) for function in functions]
    try:
        for name in names:
            publish_with(name, {"TAX": "table"})
        yield
    finally:
        for name in names:
            publish_with(name, {"TAX": "none"})
        boto3.client("s3").delete_object(Bucket=deployed.outputs["DeckBucketName"], Key=TABLE_KEY)


def open_taxpayer(deployed: Stack, credit: str = "50.00", **details: Any) -> Customer:
    """Open a customer with billing details in a place that the table taxes."""
    customer = open_customer(deployed, credit)
    stored = deployed.api.send("PUT", "/billing-details", customer.token, DETAILS | details)
    assert stored["version"] == 1
    return customer
