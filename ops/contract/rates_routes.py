"""The public price list and the forecast of a customer's credit (functions/public_rates, functions/list_usage)."""

from typing import Final

from ops.contract.route import PAGE, PAGE_CODES, Access, Route, member_read, ok, query
from ops.contract.schemas import (
    COUNT,
    COUNTRY,
    DATE,
    FLAG,
    ID,
    INSTANT,
    MONEY,
    TEXT,
    Schema,
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
    {
        "destination": TEXT,
        "rate_per_minute": MONEY,
        "minutes_left": described(COUNT, "The minutes that credit and included minutes pay for."),
        "included_minutes": described(COUNT, "The part of `minutes_left` that is included."),
    },
    optional=("included_minutes",),
)
FORECAST: Final = record(
    "Forecast",
    "How long the credit lasts at the pace of the last days.",
    {
        "daily_spend": described(or_null(MONEY), "Null if nothing was spent."),
        "lasts_until": described(
            or_null(DATE),
            "Null if nothing is spent, no credit is available, automatic recharge keeps the balance up, or the credit "
            "lasts over ten years.",
        ),
        "basis_days": described(COUNT, "The number of days whose spending was averaged."),
        "destinations": list_of(DESTINATION_LEFT, "The destinations called most, at most three."),
        "recharges": described(FLAG, "Whether automatic recharge keeps the balance up at this pace."),
    },
)

RATE_STEP: Final = record(
    "RateStep",
    "Another rate and increment, from a second of the call on. An increment is billed by the rate at its beginning.",
    {
        "from_second": {"type": "integer", "minimum": 1, "description": "Seconds since the answer."},
        "rate_per_minute": MONEY,
        "increment_seconds": {"type": "integer", "minimum": 1},
    },
)
RATE: Final = record(
    "Rate",
    "One row of the price list. Prices are exact.",
    {
        "destination": TEXT,
        "country": COUNTRY,
        "origin": {
            "type": "string",
            "pattern": r"^(\*|[A-Z]{2}|001)$",
            "description": "The country whose callers pay this price; * for callers without a row of their own.",
        },
        "prefix": {"type": "string", "pattern": "^[0-9]{1,15}$", "description": "The number's leading digits."},
        "rate_per_minute": MONEY,
        "connection_fee": MONEY,
        "minimum_seconds": COUNT,
        "increment_seconds": {"type": "integer", "minimum": 1},
        "rate_steps": list_of(RATE_STEP, "Further rates within a call, by rising seconds. Absent for one rate."),
        "effective_from": INSTANT,
        "included": described(FLAG, "True if calls to this destination cost nothing."),
        "changes_at": described(or_null(INSTANT), "When the price per minute changes next; null if none is announced."),
        "next_rate_per_minute": described(or_null(MONEY), "The price per minute from then on."),
        "next_rate_steps": list_of(RATE_STEP, "The further rates from then on, if the row has some now or then."),
        "more": described(COUNT, "With `rows` or `popular`, on a country's last row: its rows that are not shown."),
    },
    optional=("rate_steps", "next_rate_steps", "more"),
)
RATES: Final = page_of("Rates", "Prices in effect now, followed by announced prices.", RATE)
OWN_RATE: Final = record(
    "OwnRate",
    "One row of an account's own prices: of its price list, or of the deck with its markup. Prices are exact.",
    {
        **RATE["properties"],
        "price_list": described(or_null(TEXT), "The account's price list that has the row; null for the deck."),
        "markup_percent": described(TEXT, "The markup on the deck's rate and fee.", examples=["12.50"]),
        "base_rate_per_minute": described(or_null(MONEY), "The deck's rate; null without a markup."),
    },
    optional=("rate_steps", "next_rate_steps", "more"),
)
OWN_RATES: Final = page_of("OwnRates", "Prices in effect now, followed by announced prices.", OWN_RATE)

DIALED: Final[Schema] = {"type": "string", "examples": ["+442071838750", "(212) 555-0100"]}
NUMBER: Final = query(
    "number",
    DIALED,
    "The number to call: E.164 with an escaped +, or as it is dialed in the caller's country.",
)

FEW: Final = (
    query("popular", {"type": "integer", "const": 1}, "The countries that are called most, instead of one country."),
    query(
        "rows",
        {"type": "integer", "const": 3},
        "Only the most telling rows of a country, without announced ones: landlines, mobile phones, and the dearest of "
        "the rest. So it is with `popular`. The answer has one page.",
    ),
)

RATE_CODES: Final = (*PAGE_CODES, "invalid_query", "invalid_number", "unknown_country", *DECK_CODES)

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
        "public_rates",
        Access.ANYONE,
        GROUP,
        "Show the price list",
        {200: ok(RATES, "The prices.")},
        (*RATE_CODES, "too_many_requests"),
        "Send one of `number`, `country`, and `popular`. The current prices come first. For a number, the first item "
        "is what callers pay whose country has no price of its own.",
        (
            NUMBER,
            query("country", COUNTRY, "The country to call."),
            *FEW,
            query("from", DIALED, "The number that calls. Without it, the prices of each origin are listed."),
            *PAGE,
        ),
    ),
    member_read(
        "/account/rates",
        "list_usage",
        GROUP,
        "Show the prices of the account's own lines",
        ok(OWN_RATES, "The prices."),
        (*RATE_CODES, "invalid_id", "unknown_line", "unknown_account"),
        "Send one of `number`, `country`, and `popular`. The origin of a price is the country of a line's number.",
        (
            NUMBER,
            query("country", COUNTRY, "The country to call."),
            *FEW,
            query("line_id", ID, "The line that calls. Without it, the prices of all lines of the account are listed."),
            *PAGE,
        ),
    ),
)
