"""Answers anyone who asks for prices, without a sign-in. The function reads rate decks and nothing else: no table, no
secret.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.api.price_answers import NO_SECRET, rates_answer
from calling_credit.api.request_limits import RequestLimit, caller_of
from calling_credit.api.resolver import http_resolver, query, source_ip
from calling_credit.config import config
from calling_credit.numbering import country_of
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.deck_store import s3_client
from calling_credit.rates.price_list import read_caller
from calling_credit.snapshots import prepare_snapshot

logger = Logger()
app = http_resolver(logger)
decks = ActiveDecks(s3_client(), config().deck_bucket)
by_address = RequestLimit(120)
prepare_snapshot(lambda: decks.in_force(clock.now(), None))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.get("/rates")
def price_list() -> Response[str]:
    """List the current and announced prices of a number or a country."""
    by_address.check(caller_of(source_ip(app)), clock.now())
    calling = query(app, "from")
    origins = [country_of(read_caller(calling, config().home_country))] if calling else None
    return rates_answer(app, decks, origins, clock.now(), secret=NO_SECRET)
