"""Checks open payments, recharges whose wait has ended, and suspicious calls whose day is over, every minute, and every
few minutes what happened at Stripe. Stripe is asked for each outcome, so lost callbacks do no harm.
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
from calling_credit.dynamodb.unreadable import DECODE_ERRORS
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import CallingCreditError, ProblemCode
from calling_credit.metrics import emit
from calling_credit.payments.callback_watch import is_silent
from calling_credit.payments.card_changes import RuleCards
from calling_credit.payments.event_sweep import EventSweep
from calling_credit.payments.refund_store import RefundStore
from calling_credit.payments.refund_worker import RefundWorker
from calling_credit.payments.stripe_account import StripeAccountGuard
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.sweep_store import SweepStore
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.payments.webhook_events import StripeEventHandler
from calling_credit.payments.webhook_signature import StripeEvent
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.store import RechargeStore
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import LEASE, RESPONSE_TIMEOUT, TopUp, TopUpKind, TopUpStatus

EVENTS_EVERY_MINUTES, EVENTS_AT_MINUTE = 5, 2
"""When to list events: not on the full hour, when most clients call Stripe, and every minute while some are left. 8,640
requests a month stay below the 10,000 that Stripe allows an account without payments (docs.stripe.com/rate-limits).
"""
MAX_CARDS_READ = 20
"""How many cards of earlier rules to read in one round."""
SECONDS_TO_SPARE = 15.0
"""Enough for the current payment if Stripe is slow. The others wait for the next minute."""

logger = Logger()
metrics = Metrics(service="payments")
dynamodb = dynamodb_client()
topups = TopUpStore(dynamodb, config().table_name)
recharges = RechargeStore(dynamodb, config().table_name)
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "reconcile_payments")


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Run one round. Return the numbers of checked payments, woken recharges, and failures."""
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    now = clock.now()
    counts = {"payments": 0, "recharges": 0, "failed": 0}
    undated: list[tuple[str, Rule]] = []
    for account_id in recharges.due(now):
        try:
            counts["recharges"] += recharges.wake(account_id, now, undated)
        except (CallingCreditError, *AWS_ERRORS, *DECODE_ERRORS) as error:
            counts["failed"] += 1
            unreadable.note(error)
            logger.warning("not_woken", account_id=account_id, code=code_of(error))
    count_suspicious(now, seconds_left, counts)
    worker: TopUpWorker | None = None
    for topup in topups.due(now, unreadable):
        if seconds_left() < 0:
            break
        try:
            worker = worker or TopUpWorker(dynamodb, config().table_name, stripe_client(), now, seconds_left)
            counts["payments"] += check_topup(worker, topup)
        except (CallingCreditError, *AWS_ERRORS) as error:
            counts["failed"] += 1
            unreadable.note(error)
            logger.warning("not_reconciled", topup_id=topup.topup_id, code=code_of(error))
        except Exception as error:
            counts["failed"] += 1
            logger.error("unforeseen_error", topup_id=topup.topup_id, exc_info=error)
    finish_refunds(now, seconds_left, counts)
    tally = +worker.tally if worker else Counter[str]()
    tally += sweep_events(now, seconds_left, counts)
    if undated:
        tally += learn_card_dates(undated, now, seconds_left, counts)
    unreadable.send(now)
    logger.info("reconciled", extra=counts | dict(tally))
    emit(metrics, +(tally + Counter(sweeps_failed=counts["failed"])))
    return counts


def finish_refunds(now: datetime, seconds_left: Callable[[], float], counts: dict[str, int]) -> None:
    """Continue the refunds that an interrupted request, or a lost answer of Stripe, has left."""
    for refund in RefundStore(dynamodb, config().table_name).due(now, unreadable):
        if seconds_left() < 0:
            return
        try:
            worker = RefundWorker(dynamodb, config().table_name, stripe_client(), now)
            status = worker.advance(refund, is_new=False).status
            logger.info("refund_checked", extra={"refund_id": refund.refund_id, "status": str(status)})
        except (CallingCreditError, *AWS_ERRORS) as error:
            counts["failed"] += 1
            unreadable.note(error)
            logger.warning("refund_not_checked", refund_id=refund.refund_id, code=code_of(error))
        except Exception as error:
            counts["failed"] += 1
            logger.error("unforeseen_error", refund_id=refund.refund_id, exc_info=error)


def count_suspicious(now: datetime, seconds_left: Callable[[], float], counts: dict[str, int]) -> None:
    """Count the suspicious calls whose day is over toward automatic recharge."""
    for key in due_suspicious_calls(dynamodb, config().table_name, now):
        if seconds_left() < 0:
            return
        try:
            is_new = count_suspicious_call(dynamodb, config().table_name, key, now, seconds_left)
            logger.info("suspicious_call", account_id=keys.account_of(key[0]), counted=is_new)
        except (CallingCreditError, *AWS_ERRORS, *DECODE_ERRORS) as error:
            counts["failed"] += 1
            unreadable.note(error)
            logger.warning("not_counted", account_id=keys.account_of(key[0]), code=code_of(error))


def sweep_events(now: datetime, seconds_left: Callable[[], float], counts: dict[str, int]) -> Counter[str]:
    """Handle what happened at Stripe since the last sweep, if it is time. Refunds, disputes, and removed cards leave no
    item to check. Count events that failed or that no time was left for. Warn if callbacks do not arrive.
    """
    tally: Counter[str] = Counter()
    try:
        state, heard_at = SweepStore(dynamodb, config().table_name).read()
        is_due = now.minute % EVENTS_EVERY_MINUTES == EVENTS_AT_MINUTE or (state is not None and state.is_behind)
        if is_due and seconds_left() > 0:
            events = StripeEventHandler(dynamodb, config().table_name, stripe_client(), now, seconds_left)
            sweep = EventSweep(
                dynamodb,
                config().table_name,
                stripe_client(),
                lambda event: handle_event(events, event),
                now,
                seconds_left,
            )
            try:
                StripeAccountGuard(dynamodb, config().table_name, stripe_client(), events.tally).require_same()
                state = sweep.run(state, heard_at)
            finally:
                tally += events.tally + sweep.tally
            counts["failed"] += sweep.failures
            if state.is_behind:
                logger.warning("not_all_heard", position=state.position, waiting=len(state.waiting))
        elif is_due:
            counts["failed"] += 1
            logger.warning("not_listened", code=ProblemCode.NO_TIME)
        if is_silent(state, heard_at, int(now.timestamp())):
            tally["callbacks_silent"] += 1
            logger.warning("callbacks_silent", heard_at=heard_at, payment_at=state.unheard_since if state else None)
    except (CallingCreditError, *AWS_ERRORS) as error:
        counts["failed"] += code_of(error) != ProblemCode.STRIPE_NOT_CONFIGURED
        unreadable.note(error)
        logger.warning("not_listened", code=code_of(error))
    except Exception as error:
        counts["failed"] += 1
        logger.error("unforeseen_error", exc_info=error)
    return +tally


def learn_card_dates(
    undated: list[tuple[str, Rule]], now: datetime, seconds_left: Callable[[], float], counts: dict[str, int]
) -> Counter[str]:
    """Read the cards of some rules that an earlier release stored without a date. The others follow at their next
    check.
    """
    tally: Counter[str] = Counter()
    for account_id, rule in undated[:MAX_CARDS_READ]:
        if seconds_left() < 0:
            break
        try:
            guard = StripeAccountGuard(dynamodb, config().table_name, stripe_client(), tally)
            RuleCards(dynamodb, config().table_name, stripe_client(), guard, now).refresh(account_id, rule)
        except (CallingCreditError, *AWS_ERRORS, *DECODE_ERRORS) as error:
            counts["failed"] += 1
            unreadable.note(error)
            logger.warning("card_not_read", account_id=account_id, code=code_of(error))
    return tally


def handle_event(events: StripeEventHandler, event: StripeEvent) -> str | None:
    """Handle one event. Return None, or the code of its failure."""
    fields = {"event_id": event.event_id, "kind": event.kind, "object_id": event.object_id}
    try:
        logger.info("taken", extra=fields | {"outcome": events.handle(event)})
    except (CallingCreditError, *AWS_ERRORS) as error:
        unreadable.note(error)
        logger.warning("not_taken", extra=fields | {"code": code_of(error)})
        return code_of(error)
    except Exception as error:
        logger.error("unforeseen_error", extra=fields, exc_info=error)
        return type(error).__name__
    return None


def check_topup(worker: TopUpWorker, topup: TopUp) -> bool:
    """Advance one top-up. Return whether it was due: a manual top-up without an intent belongs to its customer's
    request for the first minute.
    """
    has_intent = topup.kind != TopUpKind.MANUAL or topup.status != TopUpStatus.CREATED
    if not has_intent and topup.age(worker.now) <= RESPONSE_TIMEOUT:
        return False
    leased = topup if topup.status == TopUpStatus.SUCCEEDED else worker.topups.acquire_lease(topup, LEASE, worker.now)
    if leased is None:
        return False
    after = worker.advance(leased)
    logger.info("looked_at", account_id=after.account_id, topup_id=after.topup_id, status=after.status)
    return True
