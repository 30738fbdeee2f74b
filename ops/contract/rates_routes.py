"""The public price list and the forecast of a customer's credit (functions/list_usage)."""

from typing import Final

from ops.contract.route import PAGE, PAGE_CODES, Access, Route, member_read, ok, query
from ops.contract.schemas import (
    COUNT,
    COUNTRY,
    DATE,
    FLAG,
    INSTANT,
    MONEY,
    PHONE_NUMBER,
    TEXT,
    described,
    list_of,
    or_null,
    page_of,
    record,
)

GROUP: Final = "Prices"
DECK_CODES: Final = ("no_active_deck", "unusable_deck", "try_again")

DESTINATION_LEFT: Final = record(
    "DestinationForecast",
    "How long one call to a destination the available credit pays for.",
    {"destination": TEXT, "rate_per_minute": MONEY, "minutes_left": COUNT},
)
FORECAST: Final = record(
    "Forecast",
    "How long the credit lasts at the pace of the last days.",
    {
        "daily_spend": described(or_null(MONEY), "Null if nothing was spent."),
        "lasts_until": described(or_null(DATE), "Null if nothing is spent, or the credit lasts over ten years."),
        "basis_days": described(COUNT, "The number of days whose spending was averaged."),
        "destinations": list_of(DESTINATION_LEFT, "The destinations called most, at most three."),
    },
)

RATE: Final = record(
    "Rate",
    "One row of the price list. Prices are exact.",
    {
        "destination": TEXT,
        "country": COUNTRY,
        "prefix": {"type": "string", "pattern": "^[0-9]{1,15}$", "description": "The number's leading digits."},
        "rate_per_minute": MONEY,
        "connection_fee": MONEY,
        "minimum_seconds": COUNT,
        "increment_seconds": {"type": "integer", "minimum": 1},
        "effective_from": INSTANT,
        "included": described(FLAG, "True if calls to this destination cost nothing."),
    },
)
RATES: Final = page_of("Rates", "Prices in effect now, followed by announced prices.", RATE)

ROUTES: Final = (
    member_read(
        "/forecast",
        "list_usage",
        GROUP,
        "Forecast how long the credit lasts",
        ok(FORECAST, "The forecast."),
        ("unknown_account", *DECK_CODES),
    ),
    Route(
        "GET",
        "/rates",
        "list_usage",
        Access.ANYONE,
        GROUP,
        "Show the price list",
        {200: ok(RATES, "The prices.")},
        (*PAGE_CODES, "invalid_query", "invalid_number", "unknown_country", *DECK_CODES),
        "Send either `number` or `country`.",
        (
            query("number", PHONE_NUMBER, "The number to call."),
            query("country", COUNTRY, "The country to call."),
            query("from", PHONE_NUMBER, "The number that calls. The default is the price for any origin."),
            *PAGE,
        ),
    ),
)
