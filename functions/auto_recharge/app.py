"""Recharges accounts whose balance fell below their threshold, woken by the table's stream. One look an account,
whatever the number of records; what could not be looked at comes again.
"""

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.config import config
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import NotFound, ProblemCode, Unavailable
from calling_credit.metrics import emit
from calling_credit.payments.automatic_topup import run_recharge
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.topup_worker import Cashier
from calling_credit.recharge.store import RechargeKeeper

SECONDS_TO_SPARE = 2.0
SECONDS_FOR_ONE = 20.0
"""What one account may take when Stripe is slow; with less left, its record is given back."""

logger = Logger()
metrics = Metrics(service="payments")
dynamodb = dynamodb_client()
recharges = RechargeKeeper(dynamodb, config().table_name)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take one batch of stream records of balances; those to come again are `batchItemFailures`."""
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    failed = []
    for account_id, sequence_number in last_record_of_each(event["Records"]).items():
        try:
            if seconds_left() < SECONDS_FOR_ONE:
                raise Unavailable(
                    ProblemCode.NO_TIME, "Too little time is left in this invocation; the record comes again."
                )
            now = clock.now()
            cashier = Cashier(dynamodb, config().table_name, stripe_client(), now, seconds_left)
            looked_at(cashier, account_id, now)
        except NotFound as error:
            logger.error(error.code, account_id=account_id)
        except (Unavailable, *AWS_ERRORS) as error:
            logger.warning("not_looked_at", account_id=account_id, code=code_of(error))
            failed.append(sequence_number)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def last_record_of_each(records: list[dict[str, Any]]) -> dict[str, str]:
    """The sequence number of the last record of each account: it says all that the ones before it said."""
    return {
        keys.account_of(record["dynamodb"]["Keys"]["PK"]["S"]): record["dynamodb"]["SequenceNumber"]
        for record in records
    }


def looked_at(cashier: Cashier, account_id: str, now: datetime) -> None:
    """Look at one account, and say what came of it; however it ends, what operators watch is counted."""
    try:
        outcome = run_recharge(recharges, cashier, account_id, config().bounds, now)
        logger.info("looked_at", extra={"account_id": account_id, "outcome": outcome, **+cashier.tally})
    finally:
        emit(metrics, +cashier.tally)
