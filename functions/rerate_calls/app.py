"""Charge unrated calls after a deck is activated and on a schedule; rerate or correct charged calls for an operator."""

from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.cache import AccountFacts
from calling_credit.accounts.caps import CapRules
from calling_credit.accounts.reader import AccountReader
from calling_credit.changes.actor import command_actor
from calling_credit.charging.charged_rows import charged_row
from calling_credit.charging.correction_command import CorrectionCommand, parse_command
from calling_credit.charging.correction_store import CorrectionStore
from calling_credit.charging.corrections import correction_view
from calling_credit.charging.rerate_list import OneList, named_list
from calling_credit.charging.rerate_range import range_of
from calling_credit.charging.rerate_request import ACTIVE, RerateRequest, parse_request, round_view
from calling_credit.charging.rerate_run import OneDeck, RerateStore
from calling_credit.charging.rerating import Group
from calling_credit.charging.waiting_calls import WaitingCallsRun
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.leases import take_lease
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import Conflict, InvalidValue, NotFound, ProblemCode, Unavailable
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.reader import LedgerReader
from calling_credit.metrics import emit
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.active_pointer import ActivePointer
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_store import s3_client
from calling_credit.rates.decks_for_calls import DecksForCalls

SECONDS_TO_SPARE = 20.0
CALLS_AT_ONCE = 2_000
"""Calls that one invocation rerates. The command repeats its request until the range is complete."""

LONGEST_WAIT = timedelta(seconds=5)

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
s3 = s3_client()
decks = ActiveDecks(s3, config().deck_bucket)
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "rerate_calls")
lead = timedelta(seconds=config().lead_seconds)
facts = AccountFacts(dynamodb, config().table_name, lead=lead, on_unreadable=unreadable)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an operator's request `{"reprice": {…}}` or `{"correct": {…}}`, an activated deck, or the schedule. A
    refused request returns code and detail instead of failing the function. One run at a time charges waiting calls.
    """
    try:
        if "correct" in event:
            return correct(parse_command(event["correct"]))
        if "reprice" in event:
            return rerate(parse_request(event["reprice"]), context)
    except (InvalidValue, NotFound, Conflict) as error:
        return {"code": error.code, "detail": error.detail}
    timeout = clock.seconds_left(context, -1.0)()
    lease = take_lease(dynamodb, config().table_name, "rerate_calls", clock.now(), timeout)
    if lease is None:
        logger.warning("sweep_skipped")
        emit(metrics, {"sweeps_skipped": 1})
        return {"skipped": 1}
    try:
        return rate_unrated(context)
    finally:
        lease.release()


def correct(command: CorrectionCommand) -> dict[str, Any]:
    """Correct one call, or preview it. Return the call before and after."""
    now, table_name, account_id = clock.now(), config().table_name, command.account_id
    AccountReader(dynamodb, table_name, account_id).account()
    tolerance = config().hang_up_tolerance_seconds
    store = CorrectionStore(dynamodb, table_name, account_id, row_of, tolerance)
    if command.apply:
        correction = store.correct(command.request(), command.key, command_actor(command.by, command.host), now)
        logger.info("corrected", account_id=account_id, call_key=command.call_key)
    else:
        correction = store.preview(command.request(), now)
    balance = LedgerReader(dynamodb, table_name, account_id).balance().posted_micros
    return correction_view(correction, balance)


def row_of(call: ChargedCall) -> RateRow:
    """Return the row that priced a call."""
    return charged_row(dynamodb, config().table_name, call, decks.deck)


def rate_unrated(context: LambdaContext) -> dict[str, Any]:
    """Charge the unrated calls that a deck covers, from where the last run stopped, as long as there is time. Without
    an active deck, do nothing.

    Raises:
        Unavailable: A deck cannot be read, so its calls still wait; the others are charged.
        ClientError: The table refuses to charge some calls, which still wait; the others are charged.
    """
    try:
        wait_for_deck(decks.newest(clock.now()))
    except Unavailable as error:
        if error.code != ProblemCode.NO_ACTIVE_DECK:
            raise
        logger.info("no_deck_yet")
        return {}
    left = clock.seconds_left(context, SECONDS_TO_SPARE)
    threads = config().posting_threads
    run = WaitingCallsRun(
        dynamodb,
        config().table_name,
        decks,
        facts,
        lambda: clock.now(),  # noqa: PLW0108 - tests replace the clock
        left,
        threads,
        unreadable,
        CapRules(config().no_cap_countries, config().young_money_days),
    )
    try:
        run.run()
    finally:
        counts = {f"calls_{name}": count for name, count in run.tally.items()}
        unreadable.send(clock.now())
        logger.info("waiting_calls", extra=counts)
        emit(metrics, counts)
    if run.error is not None:
        raise run.error
    return counts


def wait_for_deck(pointer: ActivePointer) -> None:
    """Wait for a deck that charges waiting calls in a few seconds, as on the local stack."""
    now = clock.now()
    ready = datetime.fromisoformat(pointer.in_force[0].in_force_from) + decks.grace
    if now < ready <= now + LONGEST_WAIT:
        clock.sleep((ready - now).total_seconds())


def rerate(request: RerateRequest, context: LambdaContext) -> dict[str, Any]:
    """Run one round over a range. Return the changes, and where to continue."""
    now, tolerance = clock.now(), config().hang_up_tolerance_seconds
    named = named_deck(request.deck, now)
    version = None if named is None else named.version
    settings = AccountReader(dynamodb, config().table_name, request.account_id).account()
    terms = settings.price_terms
    left = clock.seconds_left(context, SECONDS_TO_SPARE)
    own = named_list(decks.lists, request.price_list, request.list_version, now) if request.price_list else None
    list_version = "" if own is None else own.version
    run, selection = request.run(version, list_version), request.selection()
    pricing: DecksForCalls = decks if named is None else OneDeck(named, decks.lists)
    if own is not None:
        pricing = OneList(pricing, own)
    actor = command_actor(request.by, request.host)
    rerating = RerateStore(dynamodb, config().table_name, pricing, selection, run, tolerance, actor, now, left, terms)
    where = range_of(request.account_id, request.period())
    run_round = rerating.apply if request.apply else rerating.preview
    view = round_view(run_round(where, request.position, CALLS_AT_ONCE), version, settings.currency, list_version)
    counts = {name: view[name] for name in ("looked_at", "left_alone", *Group)}
    logger.info("repriced" if request.apply else "repricing_tried", account_id=request.account_id, run=run, **counts)
    return view


def named_deck(version: str | None, now: datetime) -> Deck | None:
    """Return the deck that a request names; None if each call has its own."""
    return decks.in_force(now, None) if version == ACTIVE else decks.deck(version) if version else None
