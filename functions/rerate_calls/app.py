"""Prices calls after the fact: those that waited for a price, whenever a deck is activated and on a schedule; and, when
an operator asks, a range of charged calls again.
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.cache import AccountFacts
from calling_credit.accounts.reader import AccountReader
from calling_credit.charging.rerate_request import RepriceRequest, read_request, round_view
from calling_credit.charging.rerate_run import RerateStore, range_of
from calling_credit.charging.unrated_calls import UnratedCallStore, waiting_calls
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.errors import InvalidValue, NotFound, ProblemCode, Unavailable
from calling_credit.metrics import emit
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_store import ActiveDeck, s3_client
from calling_credit.rates.publishing import DeckBucket

SECONDS_TO_SPARE = 20.0
CALLS_AT_ONCE = 2_000
"""How many calls one invocation prices again; the command asks on until the range is done."""

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
s3 = s3_client()
deck = ActiveDeck(s3, config().deck_bucket)
facts = AccountFacts(dynamodb, config().table_name)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """An operator's request `{"reprice": {…}}`, an activated deck, or the schedule. A request that cannot be carried
    out is answered with code and detail; it is no failure of the function.
    """
    if "reprice" not in event:
        return rate_waiting(context)
    try:
        return reprice(read_request(event["reprice"]), context)
    except (InvalidValue, NotFound) as error:
        return {"code": error.code, "detail": error.detail}


def rate_waiting(context: LambdaContext) -> dict[str, Any]:
    """Charge every waiting call that the active deck covers; before the first deck there is none."""
    now = clock.now()
    try:
        newest = deck.newest(now)
    except Unavailable as error:
        if error.code != ProblemCode.NO_ACTIVE_DECK:
            raise
        logger.info("no_deck_yet")
        return {}
    waiting = list(waiting_calls(dynamodb, config().table_name, newest, now))
    known = facts.load({(one.call.account_id, one.call.line_id) for one in waiting if one.priced is not None}, now)
    rater = UnratedCallStore(dynamodb, config().table_name, now, clock.seconds_left(context, SECONDS_TO_SPARE))
    rater.rate(waiting, known.time_zones)
    done = {f"calls_{name}": count for name, count in rater.tally.items()}
    logger.info("waiting_calls", extra=done)
    emit(metrics, done)
    return done


def reprice(asked: RepriceRequest, context: LambdaContext) -> dict[str, Any]:
    """One round over a range: what changes, and where to go on."""
    now = clock.now()
    by = named(asked.deck) if asked.deck else deck.newest(now)
    settings = AccountReader(dynamodb, config().table_name, asked.account_id).account()
    left = clock.seconds_left(context, SECONDS_TO_SPARE)
    repricer = RerateStore(dynamodb, config().table_name, by, asked.run(by.version), now, left)
    where = range_of(asked.account_id, asked.period())
    carry_out = repricer.apply if asked.apply else repricer.look
    told = round_view(carry_out(where, asked.position, CALLS_AT_ONCE), by.version, settings.currency)
    counts = {name: told[name] for name in ("looked_at", "changed", "left_alone")}
    logger.info(
        "repriced" if asked.apply else "repricing_tried",
        account_id=asked.account_id,
        run=asked.run(by.version),
        **counts,
    )
    return told


def named(version: str) -> Deck:
    """A deck that was published once."""
    return DeckBucket(s3, config().deck_bucket).deck(version)
