"""The top-up worker of one HTTP request, for the functions in which customers pay or confirm a payment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from aws_lambda_powertools import Logger, Metrics

from calling_credit.config import config
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.metrics import emit
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.topup_worker import TopUpWorker

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OUTAGES: Final = {
    ProblemCode.PAYMENTS_UNAVAILABLE: "stripe_unanswered",
    ProblemCode.STRIPE_REFUSES_US: "stripe_refusals",
    ProblemCode.SETUP_PAGE_REFUSED: "stripe_refusals",
}
"""The metric for each error that ends a payment request."""


@contextmanager
def counted_worker(
    dynamodb: "DynamoDBClient", now: datetime, seconds_left: Callable[[], float], metrics: Metrics, logger: Logger
) -> Iterator[TopUpWorker]:
    """Provide a worker for one request, and emit its counts however the request ends."""
    worker = TopUpWorker(dynamodb, config().table_name, stripe_client(), now, seconds_left)
    try:
        yield worker
    except Unavailable as error:
        if error.code in OUTAGES:
            worker.tally[OUTAGES[error.code]] += 1
        raise
    finally:
        emit(metrics, +worker.tally)
        if +worker.tally:
            logger.info("payments", extra=dict(+worker.tally))
