"""Answers what staff ask about any account, and reads only: find, show, list, prove, and explain a call."""

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.find import find_accounts
from calling_credit.accounts.reader import AccountReader
from calling_credit.admission.refused_calls import RefusedCallReader, own_refused_call_view
from calling_credit.api.caller import Right
from calling_credit.api.pagination import Listing
from calling_credit.api.resolver import answer, http_resolver, query, report_unreadable
from calling_credit.audit.prove_account import prove_account
from calling_credit.audit.views import proof_view
from calling_credit.changes.reader import ChangeReader
from calling_credit.changes.view import change_view
from calling_credit.config import config
from calling_credit.desk.access import require_right, require_right_in_token
from calling_credit.desk.account_page import mail_view, top_up_item
from calling_credit.desk.account_reader import DeskReader
from calling_credit.desk.call_finder import CallFinder
from calling_credit.desk.closing import read_closing
from calling_credit.desk.explanation import explain_call, words_of
from calling_credit.desk.margin_reader import MarginReader
from calling_credit.desk.requests import parse_at, parse_call_key, parse_called_number, parse_find, parse_within
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.ids import check_id
from calling_credit.instants import format_instant, local_date, read_period
from calling_credit.ledger.reader import LedgerReader
from calling_credit.payments.payment_states import read_payment_states
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.rates.cost_versions import CostVersions
from calling_credit.rates.deck_store import s3_client
from calling_credit.snapshots import prepare_snapshot
from calling_credit.topups.store import TopUpStore
from calling_credit.usage.answers import AccountAnswers

logger = Logger()
app = http_resolver(logger)
dynamodb = dynamodb_client()
topups = TopUpStore(dynamodb, config().table_name)

report = partial(report_unreadable, app, logger)
READER = "desk"
"""What the cursors of staff's lists belong to: those of customers do not continue them."""
prepare_snapshot()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.get("/operator/accounts")
def get_accounts() -> Response[str]:
    """Find accounts by id, name, e-mail address, or phone number."""
    operator = require_right_in_token(app, Right.READ)
    text, table, country = parse_find(query(app, "find")), config().table_name, config().home_country
    sign_in = operator.sign_in
    found = find_accounts(dynamodb, table, text, home_country=country, sign_in=sign_in, on_unreadable=report)
    return answer(found.view())


@app.get("/operator/margins")
def get_margins() -> Response[str]:
    """Show margins by destination and customer, by the buying list. Reads accounts for 15 seconds at most."""
    require_right(app, Right.ADJUST, dynamodb)
    period = read_period(query(app, "from"), query(app, "to"), f"{clock.now():%Y-%m-%d}")
    listing = Listing(app, READER, "margins", first := str(period.first), last := str(period.last))
    reader = MarginReader(dynamodb, config().table_name, CostVersions(s3_client(), config().deck_bucket), period)
    view, position = reader.part(listing.position)
    return answer({"from": first, "to": last, **view, "next_cursor": listing.next_cursor(position)})


@app.get("/operator/accounts/<account_id>")
def get_account(account_id: str) -> Response[str]:
    """Show an account on one page."""
    page = allowed_reader(account_id).page(read_payment_states)
    return answer(page.view(clock.now()))


@app.get("/operator/accounts/<account_id>/usage")
def get_usage(account_id: str) -> Response[str]:
    """Show spending by category and by day."""
    return allowed_answers(account_id).usage()


@app.get("/operator/accounts/<account_id>/usage/<category>")
def get_calls(account_id: str, category: str) -> Response[str]:
    """List the calls of a category, newest first, as JSON or CSV."""
    return allowed_answers(account_id).calls(category)


@app.get("/operator/accounts/<account_id>/statement")
def get_statement(account_id: str) -> Response[str]:
    """List every entry between the opening and the closing balance, or the balance of each day."""
    return allowed_answers(account_id).statement()


@app.get("/operator/accounts/<account_id>/lines")
def get_lines(account_id: str) -> Response[str]:
    """List the account's lines."""
    return allowed_answers(account_id).lines()


@app.get("/operator/accounts/<account_id>/users")
def get_users(account_id: str) -> Response[str]:
    """List the account's users, by id."""
    reader, listing = listed(account_id, "users")
    page = reader.users(listing.position, listing.limit)
    after = page.items[-1]["user_id"] if page.more else None
    return answer({"items": list(page.items), "next_cursor": listing.next_cursor(after)})


@app.get("/operator/accounts/<account_id>/top-ups")
def get_top_ups(account_id: str) -> Response[str]:
    """List the account's payments, newest first."""
    _, listing = listed(account_id, "top-ups")
    page, after = topups.page(account_id, listing.position, listing.limit, report)
    items = [top_up_item(top_up, None) for top_up in page]
    return answer({"items": items, "next_cursor": listing.next_cursor(after)})


@app.get("/operator/accounts/<account_id>/mails")
def get_mails(account_id: str) -> Response[str]:
    """List the mails that were sent in the last 90 days, newest first."""
    reader, listing = listed(account_id, "mails")
    page = reader.mails(listing.position, listing.limit)
    after = page.items[-1]["SK"] if page.more else None
    return answer({"items": list(map(mail_view, page.items)), "next_cursor": listing.next_cursor(after)})


@app.get("/operator/accounts/<account_id>/activity")
def get_activity(account_id: str) -> Response[str]:
    """List the changes of the account, newest first."""
    _, listing = listed(account_id, "activity")
    changes = ChangeReader(dynamodb, config().table_name, account_id)
    page, after = changes.page(listing.position, listing.limit, on_unreadable=report)
    items = [change_view(item, for_staff=True) for item in page]
    return answer({"items": items, "next_cursor": listing.next_cursor(after)})


@app.get("/operator/accounts/<account_id>/denied-calls")
def get_denied_calls(account_id: str) -> Response[str]:
    """List the calls that were refused in the last 30 days, newest first."""
    reader, listing = listed(account_id, "denied-calls")
    refused = RefusedCallReader(dynamodb, config().table_name, account_id, clock.now(), report)
    page, after = refused.page(listing.position, listing.limit)
    names = reader.user_names({item["user_id"] for item in page if "user_id" in item})
    known = refused.known_countries(page, local_date(clock.now(), account_reader(account_id).account().time_zone))
    items = [own_refused_call_view(item, names, known) | {"message": words_of(item["reason"])} for item in page]
    return answer({"items": items, "not_listed": refused.not_listed(), "next_cursor": listing.next_cursor(after)})


@app.get("/operator/accounts/<account_id>/calls")
def get_calls_to(account_id: str) -> Response[str]:
    """Explain the calls to a number around a time, the nearest first."""
    require_right(app, Right.READ, dynamodb)
    number = parse_called_number(query(app, "number"), config().home_country)
    at, within = parse_at(query(app, "at"), required=True), parse_within(query(app, "within"))
    assert at is not None
    calls, more = CallFinder(dynamodb, config().table_name, account_id).by_number(number, at, within)
    zone, tolerance = account_reader(account_id).account().time_zone, config().hang_up_tolerance_seconds
    items = [explain_call(call, zone, tolerance) for call in calls]
    first, last = format_instant(at - within), format_instant(at + within)
    return answer({"items": items, "from": first, "to": last, "more": more})


@app.get("/operator/accounts/<account_id>/calls/<call_key>")
def get_call(account_id: str, call_key: str) -> Response[str]:
    """Explain a call."""
    require_right(app, Right.READ, dynamodb)
    at = parse_at(query(app, "at"), required=False)
    time_zone = account_reader(account_id).account().time_zone
    call = CallFinder(dynamodb, config().table_name, account_id).by_key(parse_call_key(call_key), at)
    return answer(explain_call(call, time_zone, config().hang_up_tolerance_seconds))


@app.get("/operator/accounts/<account_id>/proof")
def get_proof(account_id: str) -> Response[str]:
    """Prove the account now: against itself, and against Stripe if Stripe is set up."""
    allowed_reader(account_id).require_account()
    now = clock.now()
    proof = prove_account(dynamodb, config().table_name, stripe_if_set_up(), account_id, now)
    if proof is None:
        detail = "The account changed each time it was read, so nothing was proven. Try again."
        raise Unavailable(ProblemCode.NOT_PROVEN, detail)
    return answer(proof_view(proof, now))


@app.get("/operator/accounts/<account_id>/close")
def get_closing(account_id: str) -> Response[str]:
    """Show what closing the account would leave, before it is closed."""
    require_right(app, Right.READ, dynamodb)
    return answer(read_closing(dynamodb, config().table_name, check_id(account_id, "account_id"), clock.now()).view())


def allowed_reader(account_id: str) -> DeskReader:
    """Return the reader of an account, after checking the right and the id.

    Raises:
        Forbidden: staff_required, scope_required, id_token_required. InvalidValue: invalid_id.
    """
    require_right(app, Right.READ, dynamodb)
    return DeskReader(dynamodb, config().table_name, check_id(account_id, "account_id"), report)


def allowed_answers(account_id: str) -> AccountAnswers:
    """Return the lists that customers see too. Raises the errors of `allowed_reader`."""
    require_right(app, Right.READ, dynamodb)
    ledger = LedgerReader(dynamodb, config().table_name, account_id)
    return AccountAnswers(app, account_reader(account_id), ledger, clock.now(), READER)


def listed(account_id: str, name: str) -> tuple[DeskReader, Listing]:
    """Return the reader of an account, and the requested page of one of its lists.

    Raises:
        Forbidden: staff_required, scope_required, id_token_required.
        InvalidValue: invalid_id, invalid_limit, invalid_cursor. NotFound: unknown_account.
    """
    reader = allowed_reader(account_id)
    listing = Listing(app, READER, account_id, name)
    reader.require_account()
    return reader, listing


def account_reader(account_id: str) -> AccountReader:
    """Return the reader of the settings of an account. Raises: InvalidValue: invalid_id."""
    return AccountReader(dynamodb, config().table_name, check_id(account_id, "account_id"), report)


def stripe_if_set_up() -> Any:
    """Return Stripe's client; None before the operator has stored a key."""
    try:
        return stripe_client()
    except Unavailable as error:
        if error.code != ProblemCode.STRIPE_NOT_CONFIGURED:
            raise
        return None
