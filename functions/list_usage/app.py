"""Reads for the Billing page: balance, usage, details of calls, statement, lines, and the public price list. Writes
nothing.
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock, rates, usage
from calling_credit.accounts import line_view
from calling_credit.api.caller import customer
from calling_credit.api.listing import Listing
from calling_credit.api.resolver import answer, claims, csv_answer, http_resolver, query, wants_csv
from calling_credit.aws.deck_files import ActiveDeck, s3_client
from calling_credit.config import config
from calling_credit.errors import InvalidValue
from calling_credit.instants import format_instant, local_date
from calling_credit.recharge_rules import balance_part
from calling_credit.store.client import dynamodb_client
from calling_credit.store.keep_recharge import RechargeKeeper
from calling_credit.store.read_statement import read_statement
from calling_credit.store.read_usage import AccountReader

logger = Logger()
app = http_resolver(logger)
dynamodb = dynamodb_client()
recharges = RechargeKeeper(dynamodb, config().table_name)
deck = ActiveDeck(s3_client(), config().deck_bucket)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


def own_account() -> AccountReader:
    """The one account this caller may read: the one its token names."""
    return AccountReader(dynamodb, config().table_name, customer(claims(app), config()).account_id)


def asked_period(account: AccountReader) -> usage.Period:
    """The dates asked for, in the account's time zone."""
    today = local_date(clock.now(), account.settings()["time_zone"])
    return usage.read_period(query(app, "from"), query(app, "to"), today)


@app.get("/balance")
def balance() -> Response[str]:
    """The balance and the state of automatic recharge."""
    account = own_account()
    found = recharges.recharge(account.account_id)
    settings = account.settings()
    is_closed = settings["status"] == "closed"
    auto_recharge = balance_part(found.rule, found.state, clock.now(), is_closed=is_closed)
    return answer(usage.balance_view(account.account_id, settings["currency"], account.balance(), auto_recharge))


@app.get("/usage")
def usage_summary() -> Response[str]:
    """Spending by category and by day."""
    account = own_account()
    period = asked_period(account)
    days = account.days(period.first.isoformat(), period.last.isoformat())
    return answer(usage.summarise(days, account.settings()["currency"]))


@app.get("/usage/<category>")
def usage_details(category: str) -> Response[str]:
    """Each call of a category, newest first, as JSON or CSV."""
    account = own_account()
    period = asked_period(account)
    usage.check_call_category(category)
    user_id = query(app, "user_id")
    as_csv = wants_csv(app)
    sizes = {"default": usage.CSV_ROWS, "most": usage.CSV_ROWS} if as_csv else {}
    dates = (period.first.isoformat(), period.last.isoformat())
    listing = Listing(app, account.account_id, "usage", category, *dates, user_id, **sizes)
    equal = {"category": category} | ({"user_id": user_id} if user_id else {})
    entries, after = account.entries(
        period, after=listing.position, limit=listing.limit, newest_first=True, equal=equal
    )
    names = account.user_names()
    rows = [usage.call_row(entry, names) for entry in entries]
    if as_csv:
        return csv_answer(usage.csv_text(rows), listing.next_cursor(after))
    return answer({"items": rows, "next_cursor": listing.next_cursor(after)})


@app.get("/statement")
def statement() -> Response[str]:
    """Everything that moved the balance, between its opening and its closing."""
    account = own_account()
    period = asked_period(account)
    listing = Listing(app, account.account_id, "statement", period.first.isoformat(), period.last.isoformat())
    as_of = format_instant(clock.now())
    page, after = read_statement(account, period, listing.position, listing.limit, as_of)
    return answer(page | {"next_cursor": listing.next_cursor(after)})


@app.get("/lines")
def lines() -> Response[str]:
    """The account's lines and whether each may call abroad."""
    account = own_account()
    account.settings()
    listing = Listing(app, account.account_id, "lines")
    found, after = account.lines(listing.position, listing.limit)
    names = account.user_names()
    items = [line_view(line, names.get(line.user_id)) for line in found]
    return answer({"items": items, "next_cursor": listing.next_cursor(after)})


@app.get("/rates")
def price_list() -> Response[str]:
    """What a number or a country costs now and what is announced. Anyone may ask."""
    number, country, calling = query(app, "number"), query(app, "country"), query(app, "from")
    if (number is None) == (country is None):
        raise InvalidValue("invalid_query", "Ask for either number or country.")
    calling = rates.read_number(calling, "from") if calling else None
    now = clock.now()
    at = format_instant(now)
    active = deck.current(now)
    if number is not None:
        items = rates.rates_for_number(active, rates.read_number(number, "number"), calling, at)
        return answer({"items": items, "next_cursor": None})
    listing = Listing(app, "rates", country, calling)
    items, after = rates.rates_for_country(active, str(country), calling, at, listing.position, listing.limit)
    return answer({"items": items, "next_cursor": listing.next_cursor(after)})
