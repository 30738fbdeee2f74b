"""Checks open payments, recharges whose wait has ended, and suspicious calls whose day is over, every minute, and every
few minutes what happened at Stripe. Stripe is asked for each outcome, so lost callbacks do no harm.
"""

import zlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.charging.listed_calls import SUSPICIOUS
from calling_credit.charging.suspicious_calls import count_suspicious_call, due_suspicious_calls
from calling_credit.config import config
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.rounds import Round, part_of, run_alone
from calling_credit.dynamodb.unreadable import DECODE_ERRORS
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import CallingCreditError, ProblemCode
from calling_credit.metrics import emit
from calling_credit.payments.callback_watch import is_silent
from calling_credit.payments.card_changes import RuleCards
from calling_credit.payments.event_sweep import EventSweep
from calling_credit.payments.refund_store import RefundStore
from calling_credit.payments.refund_worker import RefundWorker
from calling_credit.payments.refunds import REFUND_KIND
from calling_credit.payments.round_work import RoundWork
from calling_credit.payments.stripe_account import StripeAccountGuard
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.sweep_store import SweepStore
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.payments.webhook_events import StripeEventHandler
from calling_credit.payments.webhook_signature import StripeEvent
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.items import RECHARGE_KIND
from calling_credit.recharge.store import RechargeStore
from calling_credit.recharge.tax_notices import TaxNotices
from calling_credit.tax.taxing import Taxing
from calling_credit.topups.documents import RECEIPT_KIND
from calling_credit.topups.items import TOPUP_KIND
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

FIRST_PART = 0.5
"""The part of the remaining time that a step has before the later ones begin."""

SecondsLeft = Callable[[], float]
Step = Callable[[RoundWork, SecondsLeft], None]

logger = Logger()
metrics = Metrics(service="payments")
dynamodb = dynamodb_client()
topups = TopUpStore(dynamodb, config().table_name)
recharges = RechargeStore(dynamodb, config().table_name)
taxing = Taxing(logger)
notices = TaxNotices(dynamodb, config().table_name, taxing)
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "reconcile_payments")


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Run one round, unless another one runs. Return the numbers of checked payments, woken recharges, and failures."""
    timeout = clock.seconds_left(context, -1.0)()
    counts = run_alone(
        dynamodb, config().table_name, "reconcile_payments", clock.now(), timeout, partial(reconcile, context)
    )
    if counts is None:
        logger.warning("sweep_skipped")
        emit(metrics, {"sweeps_skipped": 1})
        return {"skipped": 1}
    return counts


def reconcile(context: LambdaContext, this_round: Round) -> dict[str, int]:
    """Take the steps of a round, money first: an open payment or refund, and what happened at Stripe, may be money that
    is not in the ledger. Each step has at most a part of the time that is left, so that none starves the later ones.
    Then the steps that had too little of it continue in the same order.
    """
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    work = RoundWork(dynamodb, config().table_name, this_round, seconds_left, logger, unreadable)
    steps: dict[str, Step] = {TOPUP_KIND: check_payments, REFUND_KIND: finish_refunds}
    later_steps: dict[str, Step] = {
        RECHARGE_KIND: wake_recharges,
        RECEIPT_KIND: RoundWork.issue_receipts,
        SUSPICIOUS: count_suspicious,
    }
    for step in steps.values():
        step(work, part_of(seconds_left, FIRST_PART))
    work.tally += sweep_events(this_round.now, part_of(seconds_left, FIRST_PART), work.counts)
    for step in later_steps.values():
        step(work, part_of(seconds_left, FIRST_PART))
    for kind, step in (steps | later_steps).items():
        if kind in this_round.cut_short and seconds_left() > 0:
            step(work, seconds_left)
    if work.undated:
        work.tally += learn_card_dates(work.undated, this_round.now, seconds_left, work.counts)
    unreadable.send(this_round.now)
    tally = work.complete_tally()
    logger.info("reconciled", extra=work.counts | dict(tally))
    emit(metrics, +(tally + Counter(sweeps_failed=work.counts["failed"])))
    return work.counts


def check_payments(work: RoundWork, seconds_left: SecondsLeft) -> None:
    """Ask Stripe about open payments."""
    for account_id, topup_id in work.due(TOPUP_KIND, seconds_left):
        with work.one_item(TOPUP_KIND, "not_reconciled", account_id, topup_id=topup_id):
            topup = topups.read_due(account_id, topup_id, work.round.now, unreadable)
            if topup is not None:
                work.counts["payments"] += check_topup(work.worker, topup)


def finish_refunds(work: RoundWork, seconds_left: SecondsLeft) -> None:
    """Continue the refunds that an interrupted request, or a lost answer of Stripe, has left."""
    store = RefundStore(dynamodb, config().table_name)
    for account_id, refund_id in work.due(REFUND_KIND, seconds_left):
        with work.one_item(REFUND_KIND, "refund_not_checked", account_id, refund_id=refund_id):
            refund = store.read_due(account_id, refund_id, unreadable)
            if refund is not None:
                worker = RefundWorker(dynamodb, config().table_name, stripe_client(), work.round.now)
                status = worker.advance(refund, is_new=False).status
                logger.info("refund_checked", extra={"refund_id": refund_id, "status": str(status)})


def wake_recharges(work: RoundWork, seconds_left: SecondsLeft) -> None:
    """Check the armed rules that are due, and those whose wait has ended."""
    for account_id, _ in work.due(RECHARGE_KIND, seconds_left):
        with work.one_item(RECHARGE_KIND, "not_woken", account_id):
            work.counts["recharges"] += recharges.wake(account_id, work.round.now, work.undated, seconds_left, notices)


def count_suspicious(work: RoundWork, seconds_left: SecondsLeft) -> None:
    """Count the suspicious calls whose day is over toward automatic recharge."""
    for key in due_suspicious_calls(work.round, seconds_left):
        account_id = keys.account_of(key[0])
        with work.one_item(SUSPICIOUS, "not_counted", account_id):
            is_new = count_suspicious_call(dynamodb, config().table_name, key, work.round.now, seconds_left)
            logger.info("suspicious_call", account_id=account_id, counted=is_new)


def sweep_events(now: datetime, seconds_left: SecondsLeft, counts: dict[str, int]) -> Counter[str]:
    """Handle what happened at Stripe since the last sweep, if it is time. Refunds, disputes, and removed cards leave no
    item to check. Count events that failed or that no time was left for. Warn if callbacks do not arrive.
    """
    tally: Counter[str] = Counter()
    if seconds_left() <= 0:
        counts["failed"] += now.minute % EVENTS_EVERY_MINUTES == EVENTS_AT_MINUTE
        logger.warning("not_listened", code=ProblemCode.NO_TIME)
        return tally
    try:
        state, heard_at = SweepStore(dynamodb, config().table_name).read()
        is_due = now.minute % EVENTS_EVERY_MINUTES == EVENTS_AT_MINUTE or (state is not None and state.is_behind)
        if is_due:
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
    undated: list[tuple[str, Rule]], now: datetime, seconds_left: SecondsLeft, counts: dict[str, int]
) -> Counter[str]:
    """Read the cards of some rules that an earlier release stored without a date. The others follow at their next
    check. The choice changes with each round, so that cards that cannot be read do not keep others from being read.
    """
    tally: Counter[str] = Counter()
    chosen = sorted(undated, key=lambda one: zlib.crc32(f"{one[0]} {now}".encode()))[:MAX_CARDS_READ]
    for account_id, rule in chosen:
        if seconds_left() <= 0:
            break
        try:
            guard = StripeAccountGuard(dynamodb, config().table_name, stripe_client(), tally)
            RuleCards(dynamodb, config().table_name, stripe_client(), guard, now).refresh(account_id, rule)
        except (CallingCreditError, *AWS_ERRORS, *DECODE_ERRORS) as error:
            counts["failed"] += 1
            unreadable.note(error)
            logger.warning("card_not_read", account_id=account_id, code=code_of(error))
        except Exception as error:
            counts["failed"] += 1
            logger.error("unforeseen_error", account_id=account_id, exc_info=error)
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
