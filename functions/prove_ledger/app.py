"""Begins the nightly proof of the ledger: sends every account to `prove_accounts`, with its recent payments at Stripe.

A run that reaches its time limit, or that Stripe or the queue does not answer, leaves the rest to the next run of the
schedule. Proves and corrects nothing itself.
"""

from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.audit.fan_out import FanOut
from calling_credit.audit.proof import SETTLING_TIME, Payment
from calling_credit.audit.stripe_payments import read_payments_between
from calling_credit.charging.call_queue import CallQueue, sqs_client
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import code_of
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.metrics import emit
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.topups.topup import CHALLENGE_LIFETIME

SECONDS_TO_SPARE = 30.0
"""Reserved for the page that is being sent."""

logger = Logger()
metrics = Metrics(service="payments")
dynamodb = dynamodb_client()
queue = CallQueue(sqs_client(), config().proof_queue_url)


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Send the accounts that this night has not sent yet; return the numbers of payments and accounts, and whether all
    are sent.

    Raises:
        Unavailable: Stripe or the queue did not answer. The next run of this night continues.
    """
    now = clock.now()
    fan_out = FanOut(dynamodb, config().table_name, queue, now, clock.seconds_left(context, SECONDS_TO_SPARE))
    if fan_out.is_done():
        return {"payments": 0, "accounts": 0, "done": 1}
    payments: list[Payment] = []
    errors: list[Unavailable] = []
    if not fan_out.progress.paid:
        try:
            payments = recent_payments(now)
            fan_out.send_paid(payments)
        except Unavailable as raised:  # The accounts are proven without; a later run sends the payments.
            logger.warning("payments_not_sent", code=code_of(raised))
            errors.append(raised)
    fan_out.send_listed()
    counts = {"payments": len(payments), "accounts": fan_out.sent, "done": int(fan_out.is_done())}
    logger.info("sent", extra=counts)
    if fan_out.is_done():
        emit(metrics, {"ledger_proven": 1})
    for error in errors:
        raise error
    return counts


def recent_payments(now: datetime) -> list[Payment]:
    """Return the payments at Stripe since the beginning of the previous UTC day, less the time that a payment may wait
    for its bank; none before the operator has stored a key.

    Raises:
        Unavailable: Stripe does not answer, or refuses.
    """
    begin = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1) - CHALLENGE_LIFETIME
    try:
        return read_payments_between(stripe_client(), begin, now - SETTLING_TIME)
    except Unavailable as error:
        if error.code != ProblemCode.STRIPE_NOT_CONFIGURED:
            raise
        logger.info("nobody_pays_here_yet", code=error.code)
        return []
