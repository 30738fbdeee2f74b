"""Adds funds by card or bank account: top-ups and saved payment methods.

Only billing admins spend money; every user of the account may read.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.customer_store import CustomerStore
from calling_credit.accounts.freezing import account_frozen
from calling_credit.accounts.store import AccountStore
from calling_credit.api.caller import Caller, customer, require_admin
from calling_credit.api.pagination import Listing
from calling_credit.api.request_limits import MONEY_REQUESTS, RequestLimit
from calling_credit.api.resolver import answer, claims, http_resolver, idempotency_key, json_body, source_ip
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import CallingCreditError, NotFound, ProblemCode, TooManyRequests, Unavailable
from calling_credit.ids import is_topup_id
from calling_credit.links.link import confirmation_link
from calling_credit.links.payment_page import halt_since
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link
from calling_credit.payments.card_changes import RuleCards
from calling_credit.payments.card_records import record_removed_cards
from calling_credit.payments.card_store import CardStore
from calling_credit.payments.checkout import open_checkout
from calling_credit.payments.counted_worker import counted_worker
from calling_credit.payments.lost_customers import CardSaver
from calling_credit.payments.manual_topup import add_funds
from calling_credit.payments.method_choice import apply_choice, parse_choice, parse_method_type
from calling_credit.payments.new_topup import checkout_id, manual_id
from calling_credit.payments.saved_cards import list_saved_cards, remove_saved_card, saved_card
from calling_credit.payments.setup_pages import open_setup_page
from calling_credit.payments.shown_totals import tax_of_request
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.topup_worker import TopUpWorker
from calling_credit.recharge.backup_store import BackupStore
from calling_credit.recharge.store import RechargeStore
from calling_credit.snapshots import prepare_snapshot
from calling_credit.stored_secrets import current_secret
from calling_credit.tax.taxing import Taxing
from calling_credit.topups.checkout import is_page_over, parse_checkout
from calling_credit.topups.parsing import parse_payment_method_id, parse_top_up
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import NOT_PAID, TopUp, TopUpKind, TopUpStatus
from calling_credit.topups.view import topup_view

SECONDS_TO_SPARE = 1.0

logger = Logger()
metrics = Metrics(service="payments")
app = http_resolver(logger)
dynamodb = dynamodb_client()
topups = TopUpStore(dynamodb, config().table_name)
accounts = AccountStore(dynamodb, config().table_name)
customers = CustomerStore(dynamodb, config().table_name)
recharges = RechargeStore(dynamodb, config().table_name)
backups = BackupStore(dynamodb, config().table_name)
links = LinkStore(dynamodb, config().table_name)
cards = CardStore(dynamodb, config().table_name)
taxing = Taxing(logger)
by_account, checks_by_account = RequestLimit(MONEY_REQUESTS), RequestLimit(MONEY_REQUESTS)
prepare_snapshot(stripe_client)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


def admin() -> Caller:
    """Return the calling billing admin. Refuse other callers before the body is read."""
    caller = customer(claims(app), config())
    require_admin(caller)
    return caller


def topup_worker() -> AbstractContextManager[TopUpWorker]:
    """Provide a worker for this request, which emits its counts however the request ends."""
    seconds_left = clock.seconds_left(app.lambda_context, SECONDS_TO_SPARE)
    return counted_worker(dynamodb, clock.now(), seconds_left, metrics, logger)


def topup_answer(topup: TopUp, caller: Caller) -> dict[str, Any]:
    """A top-up as the caller may see it. Only billing admins see the address for authentication."""
    if topup.kind == TopUpKind.CHECKOUT:
        return topup_view(topup, checkout_url(topup) if caller.is_admin else None)
    waits = topup.status == TopUpStatus.REQUIRES_ACTION
    if not (caller.is_admin and waits and halt_of(topup) is None):
        return topup_view(topup, None)
    if topup.kind == TopUpKind.MANUAL:
        return topup_view(topup, None if cards.is_blocked(topup.card) else topup.next_action_url)
    secret, link = current_secret(config().cursor_secret_arn), confirmation_link(topup)
    return topup_view(topup, issue_link(links, secret, config().link_url, link, clock.now()))


def checkout_url(topup: TopUp) -> str | None:
    """The address of a page that can still be paid."""
    is_open = topup.status == TopUpStatus.CREATED and not is_page_over(topup, clock.now())
    return topup.next_action_url if is_open and halt_of(topup) is None else None


@app.post("/top-ups/checkout")
def post_checkout() -> Response[str]:
    """Open Stripe's page for a payment that also saves its card, once per Idempotency-Key."""
    caller = admin()
    key = idempotency_key(app)
    wanted = parse_checkout(json_body(app), config().bounds)
    limit_new_payments(caller, checkout_id(caller.account_id, caller.subject, key))
    with topup_worker() as worker, worker.gate.limits(caller.account_id).announcing(worker.tally, worker.now):
        saver = CardSaver(accounts, customers, recharges, worker.stripe, worker.guard)
        account = recharges.snapshot(caller.account_id, caller.sign_in)
        tax = taxing.of(account.billing, worker.now)
        topup = open_checkout(worker, saver, account, (caller.subject, key), wanted, config().page_url, tax)
    return answer(topup_answer(topup, caller), 201)


@app.post("/top-ups")
def post_top_up() -> Response[str]:
    """Charge a saved card once per Idempotency-Key, and return the outcome, including a decline."""
    caller = admin()
    key = idempotency_key(app)
    request = parse_top_up(json_body(app), config().bounds)
    limit_new_payments(caller, manual_id(caller.account_id, caller.subject, key))
    with topup_worker() as worker, worker.gate.limits(caller.account_id).announcing(worker.tally, worker.now):
        account, user_and_key = recharges.snapshot(caller.account_id, caller.sign_in), (caller.subject, key)
        tax = tax_of_request(taxing, account.billing, request, worker.now)
        topup = add_funds(worker, account, user_and_key, request, config().page_url, tax)
    if topup.status in NOT_PAID and topup.shown_at is None:
        attempt(topups.record_shown, topup)  # No mail repeats what this answer shows.
    return answer(topup_answer(topup, caller), 201)


def limit_new_payments(caller: Caller, topup_id: str) -> None:
    """Limit how often an account asks for payments. A replay of a stored payment is never limited."""
    try:
        by_account.check(caller.account_id, clock.now())
    except TooManyRequests:
        if topups.read(caller.account_id, topup_id) is None:
            raise


def attempt(change: Callable[..., None], *values: object) -> None:
    """Make a change that the answer does not depend on; log its failure."""
    try:
        change(*values, clock.now())
    except (Unavailable, *AWS_ERRORS) as error:
        logger.warning("not_changed", change=change.__name__, code=code_of(error))


@app.get("/top-ups")
def list_top_ups() -> Response[str]:
    """List the top-ups, newest first."""
    caller = customer(claims(app), config())
    listing = Listing(app, caller.account_id, "top-ups")
    page_of_topups, after = topups.page(caller.account_id, listing.position, listing.limit, app.report_unreadable)
    items = [topup_answer(topup, caller) for topup in page_of_topups]
    return answer({"items": items, "next_cursor": listing.next_cursor(after)})


@app.get("/top-ups/<topup_id>")
def get_top_up(topup_id: str) -> Response[str]:
    """Return one top-up."""
    caller = customer(claims(app), config())
    topup = topups.read(caller.account_id, topup_id) if is_topup_id(topup_id) else None
    if topup is None:
        raise NotFound(ProblemCode.UNKNOWN_TOP_UP, "This account has no such top-up; GET /top-ups lists them.")
    return answer(topup_answer(up_to_date(topup), caller))


def up_to_date(topup: TopUp) -> TopUp:
    """Ask Stripe for an unpaid payment on its page, so that a customer who returns does not wait for a callback. A
    failure, or too many requests of the account, leaves the stored state.
    """
    if topup.kind != TopUpKind.CHECKOUT or not topup.is_open or topup.session_id is None:
        return topup
    try:
        checks_by_account.check(topup.account_id, clock.now())
        with topup_worker() as worker:
            return worker.advance(topup)
    except (CallingCreditError, *AWS_ERRORS) as error:
        logger.warning("not_asked", topup_id=topup.topup_id, code=code_of(error))
        return topups.read(topup.account_id, topup.topup_id) or topup


@app.get("/payment-methods")
def list_payment_methods() -> Response[str]:
    """List the saved cards and bank accounts, the default first."""
    caller = admin()
    account = recharges.snapshot(caller.account_id, caller.sign_in)
    with topup_worker() as worker:
        rule_cards = RuleCards(dynamodb, config().table_name, worker.stripe, worker.guard, worker.now)
        items = list_saved_cards(worker.stripe, account, rule_cards, worker.now)
    return answer({"items": items, "next_cursor": None})


@app.post("/payment-methods")
def post_payment_method() -> Response[str]:
    """Return the address of Stripe's page for saving a card or bank account."""
    caller = admin()
    method = parse_method_type(json_body(app) if app.current_event.body else {})
    by_account.check(caller.account_id, clock.now())
    account = recharges.snapshot(caller.account_id, caller.sign_in)
    if account.is_frozen:
        raise account_frozen()
    with topup_worker() as worker:
        saver = CardSaver(accounts, customers, recharges, worker.stripe, worker.guard)
        url = open_setup_page(worker, saver, account, config().page_url, method)
    return answer({"url": url}, 201)


@app.patch("/payment-methods/<payment_method_id>")
def patch_payment_method(payment_method_id: str) -> Response[str]:
    """Make a payment method the default, or a card the backup of automatic recharge."""
    caller = admin()
    parse_payment_method_id({"payment_method_id": payment_method_id})
    choice = parse_choice(json_body(app))
    by_account.check(caller.account_id, clock.now())
    account, table = recharges.snapshot(caller.account_id, caller.sign_in), config().table_name
    actor = caller.actor(source_ip(app))
    with topup_worker() as worker:
        apply_choice(dynamodb, table, worker.stripe, account, payment_method_id, choice, actor, worker.now)
        rule_cards = RuleCards(dynamodb, table, worker.stripe, worker.guard, worker.now)
        changed = recharges.snapshot(caller.account_id)
        return answer(saved_card(worker.stripe, changed, rule_cards, payment_method_id, worker.now))


@app.delete("/payment-methods/<payment_method_id>")
def delete_payment_method(payment_method_id: str) -> Response[str]:
    """Remove a card and its duplicates. Automatic recharge that uses it is suspended until another card is chosen."""
    caller = admin()
    parse_payment_method_id({"payment_method_id": payment_method_id})
    account = recharges.snapshot(caller.account_id, caller.sign_in)
    actor, now = caller.actor(source_ip(app)), clock.now()
    removed = remove_saved_card(stripe_client(), recharges, backups, account, payment_method_id, actor, now)
    record_removed_cards(dynamodb, config().table_name, caller.account_id, removed, actor, now)
    return Response(status_code=204, content_type="application/json", body="", headers={"Cache-Control": "no-store"})


def halt_of(topup: TopUp) -> str | None:
    """What ended a waiting payment: its account "is closed", for example; None if it may be confirmed."""
    return halt_since(accounts.account(topup.account_id), topup)
