"""Looks every minute at what must not wait for ever: payments that have not ended, and recharges whose wait is over.
Stripe says what became of each; nothing depends on a callback having arrived.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import CallingCreditError, ProblemCode
from calling_credit.metrics import emit
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.topup_worker import Cashier
from calling_credit.payments.webhook_events import NoticeTaker, undelivered
from calling_credit.payments.webhook_signature import Notice
from calling_credit.recharge.store import RechargeKeeper
from calling_credit.topups.store import TopUps
from calling_credit.topups.topup import LEASE, MOVED_ON_AFTER, TopUp

LISTENS_EVERY_MINUTES, LISTENS_AT_MINUTE = 15, 7
"""When it asks Stripe for events that no callback delivered: not on the hour, as everybody else does."""
SECONDS_TO_SPARE = 15.0
"""Enough for the payment in hand when Stripe is slow; the rest waits for the next minute."""

logger = Logger()
metrics = Metrics(service="payments")
dynamodb = dynamodb_client()
topups = TopUps(dynamodb, config().table_name)
recharges = RechargeKeeper(dynamodb, config().table_name)


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One round; how many payments were looked at, recharges woken, and both that failed."""
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    now = clock.now()
    done = {"payments": 0, "recharges": 0, "failed": 0}
    for account_id in recharges.due(now):
        try:
            done["recharges"] += recharges.wake(account_id, now)
        except (CallingCreditError, *AWS_ERRORS) as error:
            done["failed"] += 1
            logger.warning("not_woken", account_id=account_id, code=code_of(error))
    cashier: Cashier | None = None
    for topup in topups.due(now):
        if seconds_left() < 0:
            break
        try:
            cashier = cashier or Cashier(dynamodb, config().table_name, stripe_client(), now, seconds_left)
            done["payments"] += look_at(cashier, topup)
        except (CallingCreditError, *AWS_ERRORS) as error:
            done["failed"] += 1
            logger.warning("not_reconciled", topup_id=topup.topup_id, code=code_of(error))
        except Exception as error:
            done["failed"] += 1
            logger.error("unforeseen_error", topup_id=topup.topup_id, exc_info=error)
    tally = +cashier.tally if cashier else Counter[str]()
    if now.minute % LISTENS_EVERY_MINUTES == LISTENS_AT_MINUTE and seconds_left() > 0:
        tally += listen(now, seconds_left, done)
    logger.info("reconciled", extra=done | dict(tally))
    emit(metrics, +(tally + Counter(sweeps_failed=done["failed"])))
    return done


def listen(now: datetime, seconds_left: Callable[[], float], done: dict[str, int]) -> Counter[str]:
    """Take what Stripe could not tell us by a callback: a refund, a dispute, a removed card leave nothing here to
    ask. What there is no time for counts as failed: the next rounds may not come to it either.
    """
    tally: Counter[str] = Counter()
    try:
        taker = NoticeTaker(dynamodb, config().table_name, stripe_client(), now, seconds_left)
        tally = taker.tally
        for notice in undelivered(stripe_client(), now):
            if seconds_left() < 0:
                done["failed"] += 1
                logger.warning("not_all_heard", kind=notice.kind, event_id=notice.event_id)
                break
            done["failed"] += not take(taker, notice)
    except CallingCreditError as error:
        done["failed"] += error.code != ProblemCode.STRIPE_NOT_CONFIGURED
        logger.warning("not_listened", code=error.code)
    except Exception as error:
        done["failed"] += 1
        logger.error("unforeseen_error", exc_info=error)
    return +tally


def take(taker: NoticeTaker, notice: Notice) -> bool:
    """Take one notice; whether it was."""
    said = {"event_id": notice.event_id, "kind": notice.kind, "object_id": notice.object_id}
    try:
        logger.info("taken", extra=said | {"outcome": taker.take(notice)})
    except (CallingCreditError, *AWS_ERRORS) as error:
        logger.warning("not_taken", extra=said | {"code": code_of(error)})
        return False
    except Exception as error:
        logger.error("unforeseen_error", extra=said, exc_info=error)
        return False
    return True


def look_at(cashier: Cashier, topup: TopUp) -> bool:
    """Carry one payment on; whether it was this round's to carry. What a person was told has not begun is theirs to
    begin again, until its minute is over.
    """
    is_begun = topup.kind == "automatic" or topup.status != "created"
    if not is_begun and topup.age(cashier.now) <= MOVED_ON_AFTER:
        return False
    leased = topup if topup.status == "succeeded" else cashier.topups.take_lease(topup, LEASE, cashier.now)
    if leased is None:
        return False
    after = cashier.carry_on(leased)
    logger.info("looked_at", account_id=after.account_id, topup_id=after.topup_id, status=after.status)
    return True
