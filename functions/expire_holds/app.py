"""Release overdue holds of calls that were never posted. Runs every minute."""

from collections import Counter
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.config import config
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.rounds import Round, run_alone
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import CallingCreditError
from calling_credit.ledger.hold_items import HOLD_KIND, hold_from_item
from calling_credit.ledger.hold_store import expire_hold
from calling_credit.metrics import emit

SECONDS_TO_SPARE = 15.0
"""Reserved for the current hold, if the table is slow. The next round handles the others."""

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "expire_holds")


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Run one round, unless another one runs. Return the numbers of expired, changed, and failed holds."""
    timeout = clock.seconds_left(context, -1.0)()
    counts = run_alone(dynamodb, config().table_name, "expire_holds", clock.now(), timeout, partial(sweep, context))
    if counts is None:
        logger.warning("sweep_skipped")
        emit(metrics, {"sweeps_skipped": 1})
        return {"skipped": 1}
    return counts


def sweep(context: LambdaContext, this_round: Round) -> dict[str, int]:
    """Expire what is overdue, as long as there is time."""
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    counts = {"holds_expired": 0, "holds_changed": 0, "failed": 0}
    for item in this_round.due(HOLD_KIND, seconds_left):
        account_id = keys.account_of(item["PK"]["S"])
        fields = {"account_id": account_id, "call_id": item["SK"]["S"].rpartition("#")[2]}
        try:
            hold = hold_from_item(item)
            is_expired = expire_hold(dynamodb, config().table_name, hold, this_round.now, seconds_left)
        except UnreadableItem as error:
            unreadable(error)
            continue
        except (CallingCreditError, *AWS_ERRORS) as error:
            counts["failed"] += 1
            this_round.record_failure(HOLD_KIND, account_id)
            logger.warning("not_expired", extra=fields | {"code": code_of(error)})
            continue
        except Exception as error:
            counts["failed"] += 1
            this_round.record_failure(HOLD_KIND, account_id)
            logger.error("unforeseen_error", extra=fields, exc_info=error)
            continue
        counts["holds_expired" if is_expired else "holds_changed"] += 1
        if is_expired:
            logger.info("expired", extra=fields)
    unreadable.send(this_round.now)
    logger.info("round", extra=counts)
    emit(metrics, +Counter(holds_expired=counts["holds_expired"], sweeps_failed=counts["failed"]))
    return counts
