"""Charge unrated calls after a deck is activated and on a schedule, and rerate charged calls for an operator."""

from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.cache import AccountFacts
from calling_credit.accounts.reader import AccountReader
from calling_credit.charging.rerate_request import RerateRequest, parse_request, round_view
from calling_credit.charging.rerate_run import RerateStore, range_of
from calling_credit.charging.unrated_calls import UnratedCallStore, read_unrated_calls
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.errors import InvalidValue, NotFound, ProblemCode, Unavailable
from calling_credit.metrics import emit
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.deck_store import ActivePointer, s3_client

SECONDS_TO_SPARE = 20.0
CALLS_AT_ONCE = 2_000
"""Calls that one invocation rerates. The command repeats its request until the range is complete."""

LONGEST_WAIT = timedelta(seconds=5)

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
s3 = s3_client()
decks = ActiveDecks(s3, config().deck_bucket)
facts = AccountFacts(dynamodb, config().table_name)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an operator's request `{"reprice": {…}}`, an activated deck, or the schedule. A refused request returns
    code and detail instead of failing the function.
    """
    if "reprice" not in event:
        return rate_unrated(context)
    try:
        return rerate(parse_request(event["reprice"]), context)
    except (InvalidValue, NotFound) as error:
        return {"code": error.code, "detail": error.detail}


def rate_unrated(context: LambdaContext) -> dict[str, Any]:
    """Charge every unrated call that a deck covers. Without an active deck, do nothing.

    Raises:
        Unavailable: A deck cannot be read, so its calls still wait; the others are charged.
    """
    try:
        now = wait_for_deck(decks.newest(clock.now()))
    except Unavailable as error:
        if error.code != ProblemCode.NO_ACTIVE_DECK:
            raise
        logger.info("no_deck_yet")
        return {}
    unrated = list(read_unrated_calls(dynamodb, config().table_name, decks, now))
    account_facts = facts.load(
        {(item.call.account_id, item.call.line_id) for item in unrated if item.priced is not None}, now
    )
    store = UnratedCallStore(dynamodb, config().table_name, now, clock.seconds_left(context, SECONDS_TO_SPARE))
    store.rate(unrated, account_facts.time_zones)
    counts = {f"calls_{name}": count for name, count in store.tally.items()}
    logger.info("waiting_calls", extra=counts)
    emit(metrics, counts)
    unreadable = next((item.error for item in unrated if item.error is not None), None)
    if unreadable is not None:
        raise unreadable
    return counts


def wait_for_deck(pointer: ActivePointer) -> datetime:
    """Wait for a deck that charges waiting calls in a few seconds, as on the local stack. Return the instant."""
    now = clock.now()
    ready = datetime.fromisoformat(pointer.in_force[0].in_force_from) + decks.grace
    if now < ready <= now + LONGEST_WAIT:
        clock.sleep((ready - now).total_seconds())
        return clock.now()
    return now


def rerate(request: RerateRequest, context: LambdaContext) -> dict[str, Any]:
    """Run one round over a range. Return the changes, and where to continue."""
    now = clock.now()
    target_deck = decks.deck(request.deck) if request.deck else decks.in_force(now, None)
    settings = AccountReader(dynamodb, config().table_name, request.account_id).account()
    left = clock.seconds_left(context, SECONDS_TO_SPARE)
    rerating = RerateStore(dynamodb, config().table_name, target_deck, request.run(target_deck.version), now, left)
    where = range_of(request.account_id, request.period())
    run_round = rerating.apply if request.apply else rerating.preview
    view = round_view(run_round(where, request.position, CALLS_AT_ONCE), target_deck.version, settings.currency)
    counts = {name: view[name] for name in ("looked_at", "changed", "left_alone")}
    logger.info(
        "repriced" if request.apply else "repricing_tried",
        account_id=request.account_id,
        run=request.run(target_deck.version),
        **counts,
    )
    return view
