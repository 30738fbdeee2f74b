"""The answers of the price list: the prices of a number or a country, for callers from some origins."""

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
from calling_credit.rates.price_list import Origins, rates_for_country, rates_for_number, read_number

NO_SECRET: Final = "public prices"  # noqa: S105 - not a secret
"""What signs the cursors of the public list, so that its function reads no secret. A cursor names only a place in a
list that anyone may read; its signature finds typing errors.
"""


def rates_answer(
    app: APIGatewayHttpResolver,
    decks: ActiveDecks,
    origins: Origins,
    now: datetime,
    *list_name: str,
    secret: str | None = None,
) -> Response[str]:
    """The prices that callers from these origins pay for the number, as the first of them dials it, or the country.

    Args:
        list_name: what else the cursors of the list belong to.
        secret: what signs them; by default the stack's secret.

    Raises:
        InvalidValue: invalid_query, invalid_number, unknown_country, invalid_limit, invalid_cursor.
    """
    number, country = query(app, "number"), query(app, "country")
    if (number is None) == (country is None):
        raise InvalidValue(ProblemCode.INVALID_QUERY, "Send either number or country.")
    at, active = format_instant(now), decks.in_force(now)
    if number is not None:
        dialed_in = next((origin for origin in origins or () if origin in COUNTRIES), config().home_country)
        items = rates_for_number(active, read_number(number, "number", dialed_in), origins, at)
        return answer({"items": items, "next_cursor": None})
    listing = Listing(app, *list_name, "rates", country, ",".join(origins or ()), secret=secret)
    if not isinstance(listing.position, str | None):
        raise invalid_cursor()
    items, after = rates_for_country(active, str(country), origins, at, listing.position, listing.limit)
    return answer({"items": items, "next_cursor": listing.next_cursor(after)})
