"""Release overdue holds of calls that were never posted, and count what budgets have not counted. Runs every minute."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.budgets.counters import counter_from_item
from calling_credit.budgets.counting import count_before
from calling_credit.budgets.settings import SPENDING_KIND
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
"""Reserved for the current item, if the table is slow. The next round handles the others."""

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
    """Expire what is overdue, and count what budgets have not counted, as long as there is time."""
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    counts = {"holds_expired": 0, "holds_changed": 0, "failed": 0}
    for kind, step in STEPS.items():
        for item in this_round.due(kind, seconds_left):
            account_id = keys.account_of(item["PK"]["S"])
            fields = {"account_id": account_id, FIELDS[kind]: item["SK"]["S"].rpartition("#")[2]}
            try:
                outcome = step(item, this_round.now, seconds_left)
            except UnreadableItem as error:
                unreadable(error)
                continue
            except (CallingCreditError, *AWS_ERRORS) as error:
                counts["failed"] += 1
                this_round.record_failure(kind, account_id)
                logger.warning(FAILURES[kind], extra=fields | {"code": code_of(error)})
                continue
            except Exception as error:
                counts["failed"] += 1
                this_round.record_failure(kind, account_id)
                logger.error("unforeseen_error", extra=fields, exc_info=error)
                continue
            counts[outcome] = counts.get(outcome, 0) + 1
            if outcome != "holds_changed":
                logger.info(outcome.rpartition("_")[2], extra=fields)
    unreadable.send(this_round.now)
    logger.info("round", extra=counts)
    emit(metrics, +Counter(holds_expired=counts["holds_expired"], sweeps_failed=counts["failed"]))
    return counts


def expire(item: dict[str, Any], now: datetime, seconds_left: Callable[[], float]) -> str:
    """Expire a hold, unless it was released or extended meanwhile. Return the name of the count."""
    is_expired = expire_hold(dynamodb, config().table_name, hold_from_item(item), now, seconds_left)
    return "holds_expired" if is_expired else "holds_changed"


def count(item: dict[str, Any], now: datetime, seconds_left: Callable[[], float]) -> str:
    """Count the entries that a budget's counter lacks, or a part of them. Return the name of the count."""
    counter, due = counter_from_item(item), item["sweep_sk"]["S"]
    is_counted = count_before(dynamodb, config().table_name, counter, due, now, seconds_left)
    return "budgets_counted" if is_counted else "budgets_counting"


STEPS: Final = {HOLD_KIND: expire, SPENDING_KIND: count}
"""What a round does with a due item of each kind, in this order."""
FIELDS: Final = {HOLD_KIND: "call_id", SPENDING_KIND: "owner"}
"""The field of the log that names an item of each kind."""
FAILURES: Final = {HOLD_KIND: "not_expired", SPENDING_KIND: "not_counted"}
"""The event of the log for an item that failed."""
