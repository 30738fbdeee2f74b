"""The answers of the price list: prices of a number, a country, or popular countries, for callers of some origins."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from calling_credit.api.cursors import invalid_cursor
from calling_credit.api.pagination import Listing
from calling_credit.api.resolver import answer, query
from calling_credit.config import config
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.numbering import COUNTRIES
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.deck import Deck
from calling_credit.rates.few_rates import FewRates, popular_countries
from calling_credit.rates.price_list import (
    Origins,
    rates_for_country,
    rates_for_number,
    read_number,
)
from calling_credit.rates.rate_items import own_rate_item, rate_item
from calling_credit.rates.telling_rows import MAX_TELLING_ROWS

NO_SECRET: Final = "public prices"  # noqa: S105 - not a secret
"""What signs the cursors of the public list, so that its function reads no secret. A cursor names only a place in a
list that anyone may read; its signature finds typing errors.
"""


few_rates: Final = FewRates()
"""The short price lists of this function, kept while it is warm."""


def rates_answer(
    app: APIGatewayHttpResolver,
    decks: ActiveDecks,
    origins: Origins,
    now: datetime,
    *list_name: str,
    secret: str | None = None,
    paid: Callable[[Deck], Deck] | None = None,
) -> Response[str]:
    """The prices that callers from these origins pay for the number, as the first of them dials it, for the country, or
    for the popular countries.

    Args:
        list_name: what else the cursors of the list belong to.
        secret: what signs them; by default the stack's secret.
        paid: makes of the deck in force the prices of an account, whose items explain them.

    Raises:
        InvalidValue: invalid_query, invalid_number, unknown_country, invalid_limit, invalid_cursor.
    """
    number, country, rows = query(app, "number"), query(app, "country"), query(app, "rows")
    is_popular = _is_popular(query(app, "popular"))
    if sum((number is not None, country is not None, is_popular)) != 1:
        raise InvalidValue(ProblemCode.INVALID_QUERY, "Send one of number, country, and popular=1.")
    if rows is not None and (rows != str(MAX_TELLING_ROWS) or number is not None):
        raise InvalidValue(ProblemCode.INVALID_QUERY, "rows must be 3, and goes with country or popular only.")
    at, active, show = format_instant(now), decks.in_force(now), rate_item
    if paid is not None:
        active, show = paid(active), own_rate_item
    if number is not None:
        dialed_in = next((origin for origin in origins or () if origin in COUNTRIES), config().home_country)
        items = rates_for_number(active, read_number(number, "number", dialed_in), origins, at, show)
        return answer({"items": items, "next_cursor": None})
    if is_popular or rows is not None:
        countries = popular_countries(config().home_countries) if is_popular else [str(country)]
        return answer({"items": few_rates.of_countries(active, countries, origins, at, show), "next_cursor": None})
    listing = Listing(app, *list_name, "rates", country, ",".join(origins or ()), secret=secret)
    if not isinstance(listing.position, str | None):
        raise invalid_cursor()
    items, after = rates_for_country(active, str(country), origins, at, listing.position, listing.limit, show)
    return answer({"items": items, "next_cursor": listing.next_cursor(after)})


def _is_popular(value: str | None) -> bool:
    if value not in (None, "1"):
        raise InvalidValue(ProblemCode.INVALID_QUERY, "popular must be 1.")
    return value is not None
