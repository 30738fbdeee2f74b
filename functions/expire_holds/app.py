"""Gives back, every minute, the credit held for calls that were never posted: long after each could have ended."""

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import CallingCreditError
from calling_credit.ledger.hold_store import expire_hold, overdue_holds
from calling_credit.metrics import emit

SECONDS_TO_SPARE = 10.0
"""Enough for the hold in hand; the rest waits for the next minute."""

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One round; how many holds were given up, found to be something else by now, and failed."""
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    now, table_name = clock.now(), config().table_name
    done = {"holds_expired": 0, "holds_changed": 0, "failed": 0}
    for hold in overdue_holds(dynamodb, table_name, now):
        if seconds_left() < 0:
            break
        named = {"account_id": hold.account_id, "call_id": hold.call_id}
        try:
            is_expired = expire_hold(dynamodb, table_name, hold, now)
        except (CallingCreditError, *AWS_ERRORS) as error:
            done["failed"] += 1
            logger.warning("not_expired", extra=named | {"code": code_of(error)})
            continue
        done["holds_expired" if is_expired else "holds_changed"] += 1
        if is_expired:
            logger.info("expired", extra=named)
    logger.info("round", extra=done)
    emit(metrics, +Counter(holds_expired=done["holds_expired"], sweeps_failed=done["failed"]))
    return done
