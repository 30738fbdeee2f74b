"""Release overdue holds of calls that were never posted, and take back granted credit that has expired. Runs every
minute.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.config import config
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.rounds import Round, run_alone
from calling_credit.dynamodb.unreadable import UnreadableItem, decode_item
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import CallingCreditError
from calling_credit.ledger.hold_store import HOLD_KIND, expire_hold, hold_from_item
from calling_credit.lots.expiry import LotStep, LotSweep
from calling_credit.lots.lot import LOT_KIND, lot_from_item
from calling_credit.metrics import emit

SECONDS_TO_SPARE = 15.0
"""Reserved for the current item, if the table is slow. The next round handles the others."""
FAILED: Final = {HOLD_KIND: "not_expired", LOT_KIND: "lot_not_stepped"}
"""What the log says of an item that failed."""

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
    """Expire the holds that are overdue, then take the due steps of granted credit, as long as there is time."""
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    counts = {"holds_expired": 0, "holds_changed": 0, "failed": 0}
    lots = Counter[str]()
    work(this_round, HOLD_KIND, partial(end_hold, this_round, seconds_left, counts), seconds_left, counts)
    work(this_round, LOT_KIND, partial(step_lot, this_round, lots), seconds_left, counts)
    counts |= {f"lots_{step}": number for step, number in lots.items()}
    unreadable.send(this_round.now)
    logger.info("round", extra=counts)
    emit(
        metrics,
        +Counter(
            holds_expired=counts["holds_expired"],
            lots_expired=lots[LotStep.EXPIRED],
            sweeps_failed=counts["failed"],
        ),
    )
    return counts


def work(
    this_round: Round,
    kind: str,
    act: Callable[[dict[str, Any]], None],
    seconds_left: Callable[[], float],
    counts: dict[str, int],
) -> None:
    """Act on each due item of a kind. One that fails stops no other."""
    for item in this_round.due(kind, seconds_left):
        account_id = keys.account_of(item["PK"]["S"])
        fields = {"account_id": account_id, "item": item["SK"]["S"].rpartition("#")[2]}
        try:
            act(item)
        except UnreadableItem as error:
            unreadable(error)
        except (CallingCreditError, *AWS_ERRORS) as error:
            counts["failed"] += 1
            this_round.record_failure(kind, account_id)
            logger.warning(FAILED[kind], extra=fields | {"code": code_of(error)})
        except Exception as error:
            counts["failed"] += 1
            this_round.record_failure(kind, account_id)
            logger.error("unforeseen_error", extra=fields, exc_info=error)


def end_hold(
    this_round: Round, seconds_left: Callable[[], float], counts: dict[str, int], item: dict[str, Any]
) -> None:
    """Expire a hold, unless it has changed."""
    hold = hold_from_item(item)
    is_expired = expire_hold(dynamodb, config().table_name, hold, this_round.now, seconds_left)
    counts["holds_expired" if is_expired else "holds_changed"] += 1
    if is_expired:
        logger.info("expired", extra={"account_id": hold.account_id, "call_id": hold.call_key})


def step_lot(this_round: Round, lots: Counter[str], item: dict[str, Any]) -> None:
    """Take the due step of granted credit."""
    lot = decode_item(item, lambda attributes: lot_from_item(from_attributes(attributes)))
    grace = timedelta(hours=config().lot_grace_hours)
    step = LotSweep(dynamodb, config().table_name, grace, this_round.now).step(lot)
    lots[step] += 1
    logger.info("lot", extra={"account_id": lot.account_id, "lot_id": lot.lot_id, "step": step})
