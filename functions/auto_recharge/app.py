"""Recharges accounts whose balance fell below the threshold. The table's stream starts it; each account is checked once
per batch, and the records of failed checks are retried.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.config import config
from calling_credit.correlation import CORRELATION_ID, correlated, current_correlation, new_correlation_of
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import NotFound, ProblemCode, Unavailable
from calling_credit.metrics import emit
from calling_credit.payments.automatic_topup import run_recharge
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.recharge.store import RechargeStore
from calling_credit.tax.taxing import Taxing
from calling_credit.topups.topup import TopUpStatus

SECONDS_TO_SPARE = 2.0
SECONDS_FOR_ONE = 20.0
"""The time to reserve for one account if Stripe is slow. With less time left, the record is retried."""
BEGUN_WITHIN_SECONDS = 60
"""The objective: 99 % of recharges begin this long after the balance has crossed its threshold."""
CHARGED = "charged:"
IMAGES = ("OldImage", "NewImage")

logger = Logger()
metrics = Metrics(service="payments")
dynamodb = dynamodb_client()
recharges = RechargeStore(dynamodb, config().table_name)
taxing = Taxing(logger)
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "auto_recharge")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle a batch of stream records of balances. `batchItemFailures` names the records to retry."""
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    failed = []
    crossed, causes = first_time_of_each(event["Records"]), cause_of_each(event["Records"])
    for account_id, sequence_number in last_record_of_each(event["Records"]).items():
        try:
            if seconds_left() < SECONDS_FOR_ONE:
                raise Unavailable(
                    ProblemCode.NO_TIME, "This invocation has too little time left. The record will be retried."
                )
            now = clock.now()
            worker = TopUpWorker(dynamodb, config().table_name, stripe_client(), now, seconds_left)
            with correlated(causes.get(account_id)):
                check_account(worker, account_id, now, crossed.get(account_id, now))
        except NotFound as error:
            logger.error(error.code, account_id=account_id)
        except UnreadableItem as error:
            unreadable(error)  # A retry would only delay the other accounts.
        except (Unavailable, *AWS_ERRORS) as error:
            logger.warning("not_looked_at", account_id=account_id, code=code_of(error))
            failed.append(sequence_number)
        except Exception as error:
            logger.error("unforeseen_error", account_id=account_id, exc_info=error)
            failed.append(sequence_number)
    unreadable.send(clock.now())
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def last_record_of_each(records: list[dict[str, Any]]) -> dict[str, str]:
    """The sequence number of each account's last record, which covers the earlier ones."""
    return {
        keys.account_of(record["dynamodb"]["Keys"]["PK"]["S"]): record["dynamodb"]["SequenceNumber"]
        for record in records
    }


def first_time_of_each(records: list[dict[str, Any]]) -> dict[str, datetime]:
    """When the stream recorded each account's balance for the first time in this batch. An operator's record that tells
    no time has none.
    """
    return {
        keys.account_of(record["dynamodb"]["Keys"]["PK"]["S"]): datetime.fromtimestamp(recorded_at, UTC)
        for record in reversed(records)
        if (recorded_at := record["dynamodb"].get("ApproximateCreationDateTime")) is not None
    }


def cause_of_each(records: list[dict[str, Any]]) -> dict[str, str]:
    """The correlation id of what lowered each account's balance last, of those that are known."""
    causes = {}
    for change in (record["dynamodb"] for record in records):
        old, new = ({CORRELATION_ID: change.get(name, {}).get(CORRELATION_ID, {}).get("S")} for name in IMAGES)
        if (cause := new_correlation_of(old, new)) is not None:
            causes[keys.account_of(change["Keys"]["PK"]["S"])] = cause
    return causes


def count_begin(tally: Counter[str], outcome: str, crossed_at: datetime, now: datetime) -> None:
    """Count a recharge that began now, and how long the balance had waited for it; and for its credit, if it has it."""
    if not outcome.startswith(CHARGED):
        return
    waited = (now - crossed_at).total_seconds()
    tally["recharges_begun"] += 1
    tally["recharges_begun_late"] += waited > BEGUN_WITHIN_SECONDS
    if outcome == f"{CHARGED}{TopUpStatus.SUCCEEDED}":
        tally["recharge_seconds"] = max(1, int((clock.now() - crossed_at).total_seconds()))


def check_account(worker: TopUpWorker, account_id: str, now: datetime, crossed_at: datetime) -> None:
    """Check one account, whose balance has changed at `crossed_at`, and log the outcome. Emit the counts however it
    ends.
    """
    try:
        bank_accounts = config().rules_use_bank_accounts
        outcome = run_recharge(recharges, worker, account_id, config().bounds, now, taxing, bank_accounts=bank_accounts)
        count_begin(worker.tally, outcome, crossed_at, now)
        cause = {CORRELATION_ID: current_correlation()} if outcome.startswith(CHARGED) else {}
        logger.info("looked_at", extra={"account_id": account_id, "outcome": outcome, **cause, **+worker.tally})
    finally:
        emit(metrics, +worker.tally)
