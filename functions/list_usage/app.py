"""Answers the Billing page's reads: balance, usage, spending, calls, statement, receipts, lines, and own prices."""

from datetime import date, datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts import line_items
from calling_credit.accounts.account import Account
from calling_credit.accounts.reader import AccountReader
from calling_credit.admission.refused_calls import RefusedCallReader, own_refused_call_view
from calling_credit.api.caller import customer
from calling_credit.api.pagination import Listing
from calling_credit.api.price_answers import rates_answer
from calling_credit.api.resolver import answer, claims, http_resolver, query, report_unreadable
from calling_credit.changes.reader import ChangeReader
from calling_credit.changes.view import NOT_FOR_CUSTOMERS, change_view
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.errors import Unavailable
from calling_credit.ids import check_id
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.reader import LedgerReader
from calling_credit.lots.store import read_lots
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.deck import Deck
from calling_credit.rates.deck_store import s3_client
from calling_credit.rates.price_terms import terms_at
from calling_credit.receipts.reader import ReceiptReader, document_answer, reading_language
from calling_credit.recharge.overview import read_recharged_account
from calling_credit.recharge.settings import balance_view
from calling_credit.recharge.store import RechargeStore
from calling_credit.snapshots import prepare_snapshot
from calling_credit.tax.calculation import tax_view
from calling_credit.tax.taxing import Taxing
from calling_credit.usage import forecast, summary
from calling_credit.usage.answers import AccountAnswers
from calling_credit.usage.overview import Overview, read_minutes, read_overview, read_recent_calls

logger = Logger()
app = http_resolver(logger)
dynamodb = dynamodb_client()
report = partial(report_unreadable, app, logger)
recharges = RechargeStore(dynamodb, config().table_name)
decks = ActiveDecks(s3_client(), config().deck_bucket)
taxing = Taxing(logger)
prepare_snapshot(lambda: decks.in_force(clock.now(), None))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


def own_account() -> tuple[AccountReader, LedgerReader]:
    """The account that the caller's token names, and its ledger."""
    account_id = customer(claims(app), config()).account_id
    return (
        AccountReader(dynamodb, config().table_name, account_id, report),
        LedgerReader(dynamodb, config().table_name, account_id),
    )


def own_answers() -> AccountAnswers:
    """The lists of the account that the caller's token names."""
    account, ledger = own_account()
    return AccountAnswers(app, account, ledger, clock.now())


@app.get("/balance")
def balance() -> Response[str]:
    """Show the balance and the state of automatic recharge."""
    account, ledger = own_account()
    recharge = recharges.recharge(account.account_id)
    settings = account.account()
    auto_recharge = balance_view(
        recharge.rule, recharge.state, clock.now(), is_closed=settings.is_closed, is_frozen=settings.is_frozen
    )
    minutes = read_minutes(account, settings, (), clock.now())
    found = ledger.balance()
    lots = read_lots(dynamodb, config().table_name, account.account_id, found, report)
    return answer(summary.balance_view(settings, found, auto_recharge, minutes, lots))


@app.get("/usage")
def usage_summary() -> Response[str]:
    """Show spending by category and by day."""
    return own_answers().usage()


@app.get("/usage/<category>")
def usage_details(category: str) -> Response[str]:
    """List the calls of a category, newest first, as JSON or CSV."""
    return own_answers().calls(category)


@app.get("/spending")
def spending() -> Response[str]:
    """Sum up spending on calls by user, line, country, and day, in parts that add up."""
    return own_answers().spending()


@app.get("/statement")
def statement() -> Response[str]:
    """List every entry between the opening and the closing balance, or with `by=day` the balance of each day."""
    return own_answers().statement()


@app.get("/forecast")
def forecast_view() -> Response[str]:
    """Estimate how long the balance lasts, and how many minutes it buys to frequent destinations."""
    (account, ledger), now = own_account(), clock.now()
    found = read_recharged_account(dynamodb, config().table_name, account.account_id)
    today = date.fromisoformat(local_date(now, found.account.time_zone))
    first, last = forecast.basis(today)
    pace = forecast.pace(ledger.days(first.isoformat(), last.isoformat()), today)
    calls, deck = read_recent_calls(ledger, today), own_prices(found.account, decks.in_force(now), now)
    recharges = found.keeps_up(pace.daily_micros, now, taxing.of(found.billing, now))
    available, at = found.balance.available_micros, format_instant(now)
    minutes = read_minutes(account, found.account, account.lines_at_a_glance().bundles, now)
    view = forecast.forecast_view(available, pace, calls, deck, at, today, recharges=recharges, minutes=minutes)
    return answer(view)


@app.get("/overview")
def overview() -> Response[str]:
    """Show what the Billing view needs: balance, recharge, forecast, and the balance of each of the last 30 days.
    While the rate deck is being loaded, the forecast names no destinations.
    """
    (account, ledger), now = own_account(), clock.now()
    found = read_recharged_account(dynamodb, config().table_name, account.account_id)
    parts = read_overview(account, ledger, found.account, found.balance, now)
    tax = taxing.of(found.billing, now)
    recharges = found.keeps_up(parts.pace.daily_micros, now, tax)
    caller = customer(claims(app), config()).name
    lots = read_lots(dynamodb, config().table_name, account.account_id, parts.balance, report)
    view = parts.view(found.view(now), deck_for_forecast(parts, now), caller, lots, recharges=recharges)
    return answer(view | {"tax": tax_view(tax)})


def own_prices(account: Account, deck: Deck, now: datetime) -> Deck:
    """The deck in force as an account pays it now."""
    return decks.prices_of(deck, terms_at(account.price_terms, format_instant(now)), now)


def deck_for_forecast(parts: Overview, now: datetime) -> Deck | None:
    """The deck that prices the forecast's destinations; None if there are none, or no deck can be read now."""
    try:
        return own_prices(parts.account, decks.in_force(now), now) if parts.calls else None
    except Unavailable as error:
        logger.info("no_destinations", code=error.code)
        return None


@app.get("/lines")
def lines() -> Response[str]:
    """List the account's lines, and whether each may call abroad."""
    return own_answers().lines()


@app.get("/lines/<line_id>/changes")
def line_changes(line_id: str) -> Response[str]:
    """List the changes of a line's international calling, with actor, time, and IP address, newest first."""
    account, _ = own_account()
    check_id(line_id, "line_id")
    listing = Listing(app, account.account_id, "changes", line_id)
    changes, after = account.line_changes(line_id, listing.position, listing.limit)
    return answer({"items": list(map(line_items.change_view, changes)), "next_cursor": listing.next_cursor(after)})


@app.get("/activity")
def activity() -> Response[str]:
    """List the changes of the account, with actor, time, and old and new values, newest first."""
    account, _ = own_account()
    account.account()
    listing = Listing(app, account.account_id, "activity")
    changes = ChangeReader(dynamodb, config().table_name, account.account_id)
    page, after = changes.page(listing.position, listing.limit, NOT_FOR_CUSTOMERS, report)
    return answer({"items": list(map(change_view, page)), "next_cursor": listing.next_cursor(after)})


@app.get("/denied-calls")
def denied_calls() -> Response[str]:
    """List the calls that were refused in the last 30 days, newest first."""
    account, _ = own_account()
    time_zone, now = account.account().time_zone, clock.now()
    listing = Listing(app, account.account_id, "denied-calls")
    refused = RefusedCallReader(dynamodb, config().table_name, account.account_id, now, report)
    page, after = refused.page(listing.position, listing.limit)
    names = account.user_names() if page else {}
    known = refused.known_countries(page, local_date(now, time_zone))
    items = [own_refused_call_view(item, names, known) for item in page]
    return answer({"items": items, "not_listed": refused.not_listed(), "next_cursor": listing.next_cursor(after)})


@app.get("/top-ups/<top_up_id>/receipt")
def receipt(top_up_id: str) -> Response[str]:
    """Show the receipt of a payment, or one of its credit notes, as a page to print."""
    account, _ = own_account()
    settings = account.account()
    documents = ReceiptReader(dynamodb, config().table_name, account.account_id)
    document = documents.document(check_id(top_up_id, "top_up_id"), query(app, "credit_note"))
    return document_answer(document, reading_language(settings, query(app, "language")))


@app.get("/account/rates")
def account_rates() -> Response[str]:
    """List the prices that the account's own lines pay."""
    (account, _), line_id, now = own_account(), query(app, "line_id"), clock.now()
    settings = account.account()
    countries = account.line_countries(line_id and check_id(line_id, "line_id"))
    paid = partial(own_prices, settings, now=now)
    return rates_answer(app, decks, countries or None, now, account.account_id, paid=paid)
