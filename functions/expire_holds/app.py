"""Release overdue holds of calls that were never posted. Runs every minute."""

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import CallingCreditError
from calling_credit.ledger.hold_store import expire_hold, overdue_holds
from calling_credit.metrics import emit

SECONDS_TO_SPARE = 10.0
"""Seconds reserved for the current hold. The next run handles the others."""

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "expire_holds")


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Run one round. Return the numbers of expired, changed, and failed holds."""
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    now, table_name = clock.now(), config().table_name
    counts = {"holds_expired": 0, "holds_changed": 0, "failed": 0}
    for hold in overdue_holds(dynamodb, table_name, now, unreadable):
        if seconds_left() < 0:
            break
        fields = {"account_id": hold.account_id, "call_id": hold.call_key}
        try:
            is_expired = expire_hold(dynamodb, table_name, hold, now)
        except (CallingCreditError, *AWS_ERRORS) as error:
            counts["failed"] += 1
            logger.warning("not_expired", extra=fields | {"code": code_of(error)})
            continue
        counts["holds_expired" if is_expired else "holds_changed"] += 1
        if is_expired:
            logger.info("expired", extra=fields)
    unreadable.send(now)
    logger.info("round", extra=counts)
    emit(metrics, +Counter(holds_expired=counts["holds_expired"], sweeps_failed=counts["failed"]))
    return counts
