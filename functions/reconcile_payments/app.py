"""Checks, every minute, open payments, recharges whose wait has ended, and suspicious calls whose day is over. Stripe
is asked for each outcome, so lost callbacks do no harm.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.charging.suspicious_calls import count_suspicious_call, due_suspicious_calls
from calling_credit.config import config
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import CallingCreditError, ProblemCode
from calling_credit.metrics import emit
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.payments.webhook_events import StripeEventHandler, undelivered_events
from calling_credit.payments.webhook_signature import StripeEvent
from calling_credit.recharge.store import RechargeStore
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import LEASE, RESPONSE_TIMEOUT, TopUp, TopUpKind, TopUpStatus

EVENTS_EVERY_MINUTES, EVENTS_AT_MINUTE = 15, 7
"""When to list undelivered events: not on the full hour, when most clients call Stripe."""
SECONDS_TO_SPARE = 15.0
"""Enough for the current payment if Stripe is slow. The others wait for the next minute."""

logger = Logger()
metrics = Metrics(service="payments")
dynamodb = dynamodb_client()
topups = TopUpStore(dynamodb, config().table_name)
recharges = RechargeStore(dynamodb, config().table_name)


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Run one round. Return the numbers of checked payments, woken recharges, and failures."""
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    now = clock.now()
    counts = {"payments": 0, "recharges": 0, "failed": 0}
    for account_id in recharges.due(now):
        try:
            counts["recharges"] += recharges.wake(account_id, now)
        except (CallingCreditError, *AWS_ERRORS) as error:
            counts["failed"] += 1
            logger.warning("not_woken", account_id=account_id, code=code_of(error))
    count_suspicious(now, seconds_left, counts)
    worker: TopUpWorker | None = None
    for topup in topups.due(now):
        if seconds_left() < 0:
            break
        try:
            worker = worker or TopUpWorker(dynamodb, config().table_name, stripe_client(), now, seconds_left)
            counts["payments"] += check_topup(worker, topup)
        except (CallingCreditError, *AWS_ERRORS) as error:
            counts["failed"] += 1
            logger.warning("not_reconciled", topup_id=topup.topup_id, code=code_of(error))
        except Exception as error:
            counts["failed"] += 1
            logger.error("unforeseen_error", topup_id=topup.topup_id, exc_info=error)
    tally = +worker.tally if worker else Counter[str]()
    if now.minute % EVENTS_EVERY_MINUTES == EVENTS_AT_MINUTE and seconds_left() > 0:
        tally += handle_undelivered(now, seconds_left, counts)
    logger.info("reconciled", extra=counts | dict(tally))
    emit(metrics, +(tally + Counter(sweeps_failed=counts["failed"])))
    return counts


def count_suspicious(now: datetime, seconds_left: Callable[[], float], counts: dict[str, int]) -> None:
    """Count the suspicious calls whose day is over toward automatic recharge."""
    for key in due_suspicious_calls(dynamodb, config().table_name, now):
        if seconds_left() < 0:
            return
        try:
            is_new = count_suspicious_call(dynamodb, config().table_name, key, now, seconds_left)
            logger.info("suspicious_call", account_id=keys.account_of(key[0]), counted=is_new)
        except (CallingCreditError, *AWS_ERRORS) as error:
            counts["failed"] += 1
            logger.warning("not_counted", account_id=keys.account_of(key[0]), code=code_of(error))


def handle_undelivered(now: datetime, seconds_left: Callable[[], float], counts: dict[str, int]) -> Counter[str]:
    """Handle the events that Stripe could not deliver. Refunds, disputes, and removed cards leave no item to check.
    Events without time left count as failed, because the next rounds may not reach them either.
    """
    tally: Counter[str] = Counter()
    try:
        events = StripeEventHandler(dynamodb, config().table_name, stripe_client(), now, seconds_left)
        tally = events.tally
        for event in undelivered_events(stripe_client(), now):
            if seconds_left() < 0:
                counts["failed"] += 1
                logger.warning("not_all_heard", kind=event.kind, event_id=event.event_id)
                break
            counts["failed"] += not handle_event(events, event)
    except CallingCreditError as error:
        counts["failed"] += error.code != ProblemCode.STRIPE_NOT_CONFIGURED
        logger.warning("not_listened", code=error.code)
    except Exception as error:
        counts["failed"] += 1
        logger.error("unforeseen_error", exc_info=error)
    return +tally


def handle_event(events: StripeEventHandler, event: StripeEvent) -> bool:
    """Handle one event. Return whether it succeeded."""
    fields = {"event_id": event.event_id, "kind": event.kind, "object_id": event.object_id}
    try:
        logger.info("taken", extra=fields | {"outcome": events.handle(event)})
    except (CallingCreditError, *AWS_ERRORS) as error:
        logger.warning("not_taken", extra=fields | {"code": code_of(error)})
        return False
    except Exception as error:
        logger.error("unforeseen_error", extra=fields, exc_info=error)
        return False
    return True


def check_topup(worker: TopUpWorker, topup: TopUp) -> bool:
    """Advance one top-up. Return whether it was due: a manual top-up without an intent belongs to its customer's
    request for the first minute.
    """
    has_intent = topup.kind == TopUpKind.AUTOMATIC or topup.status != TopUpStatus.CREATED
    if not has_intent and topup.age(worker.now) <= RESPONSE_TIMEOUT:
        return False
    leased = topup if topup.status == TopUpStatus.SUCCEEDED else worker.topups.acquire_lease(topup, LEASE, worker.now)
    if leased is None:
        return False
    after = worker.advance(leased)
    logger.info("looked_at", account_id=after.account_id, topup_id=after.topup_id, status=after.status)
    return True
