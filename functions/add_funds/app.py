"""Adds funds by card: payments, saved cards, and the links that finish a payment the bank wanted confirmed. A billing
admin spends; everyone of the account may look.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.freezing import freeze_account
from calling_credit.accounts.store import AccountKeeper
from calling_credit.api.caller import Caller, customer, require_admin
from calling_credit.api.pages import page, redirect
from calling_credit.api.pagination import Listing
from calling_credit.api.resolver import answer, claims, http_resolver, idempotency_key, json_body, source_ip
from calling_credit.aws import read_secret
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.errors import CallingCreditError, NotFound, ProblemCode, Unavailable
from calling_credit.ids import is_topup_id
from calling_credit.links.freeze_page import BY, freeze_page, frozen_page
from calling_credit.links.link import Link, LinkPurpose, confirmation_link
from calling_credit.links.store import Links
from calling_credit.links.tokens import follow, hand_out, not_ours
from calling_credit.metrics import emit
from calling_credit.money import format_money
from calling_credit.payments import cards
from calling_credit.payments.manual_topup import add_funds, led_on
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.payments.topup_worker import Cashier
from calling_credit.recharge.store import RechargeKeeper
from calling_credit.topups.store import TopUps
from calling_credit.topups.topup import TopUp, read_payment_method_id, read_top_up
from calling_credit.topups.view import topup_view

SECONDS_TO_SPARE = 1.0
OUTAGES = {
    ProblemCode.PAYMENTS_UNAVAILABLE: "stripe_unanswered",
    ProblemCode.STRIPE_REFUSES_US: "stripe_refusals",
}
"""What is counted when an error of this code ends a request that pays."""

logger = Logger()
metrics = Metrics(service="payments")
app = http_resolver(logger)
dynamodb = dynamodb_client()
topups = TopUps(dynamodb, config().table_name)
keeper = AccountKeeper(dynamodb, config().table_name)
recharges = RechargeKeeper(dynamodb, config().table_name)
links = Links(dynamodb, config().table_name)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


def admin() -> Caller:
    """The billing admin who asks; anyone else is refused before the body is looked at."""
    caller = customer(claims(app), config())
    require_admin(caller)
    return caller


@contextmanager
def cashier() -> Iterator[Cashier]:
    """Who carries payments on for the length of this request. However it ends, what operators watch is counted."""
    seconds_left = clock.seconds_left(app.lambda_context, SECONDS_TO_SPARE)
    worker = Cashier(dynamodb, config().table_name, stripe_client(), clock.now(), seconds_left)
    try:
        yield worker
    except Unavailable as error:
        if error.code in OUTAGES:
            worker.tally[OUTAGES[error.code]] += 1
        raise
    finally:
        emit(metrics, +worker.tally)
        if +worker.tally:
            logger.info("payments", extra=dict(+worker.tally))


def shown(topup: TopUp, caller: Caller) -> dict[str, Any]:
    """A payment as this caller may see it: what leads on to paying is for those who may spend."""
    address = topup.next_action_url
    waits = topup.kind == "automatic" and topup.status == "requires_action"
    if caller.is_admin and waits and not is_closed(topup.account_id):
        secret, link = read_secret(config().cursor_secret_arn), confirmation_link(topup)
        address = hand_out(links, secret, config().link_url, link, clock.now())
    return topup_view(topup, address if caller.is_admin else None)


@app.post("/top-ups")
def post_top_up() -> Response[str]:
    """Charge a saved card once per Idempotency-Key; what became of it, a decline too, is the answer."""
    caller = admin()
    key = idempotency_key(app)
    amount_micros, payment_method_id = read_top_up(json_body(app), config().bounds)
    with cashier() as worker:
        topup = add_funds(
            worker,
            recharges.snapshot(caller.account_id),
            (caller.subject, key),
            amount_micros,
            payment_method_id,
            config().page_url,
        )
    return answer(shown(topup, caller), 201)


@app.get("/top-ups")
def list_top_ups() -> Response[str]:
    """Every payment, newest first."""
    caller = customer(claims(app), config())
    listing = Listing(app, caller.account_id, "top-ups")
    found, after = topups.page(caller.account_id, listing.position, listing.limit)
    items = [shown(topup, caller) for topup in found]
    return answer({"items": items, "next_cursor": listing.next_cursor(after)})


@app.get("/top-ups/<topup_id>")
def get_top_up(topup_id: str) -> Response[str]:
    """One payment as it is now."""
    caller = customer(claims(app), config())
    topup = topups.read(caller.account_id, topup_id) if is_topup_id(topup_id) else None
    if topup is None:
        raise NotFound(ProblemCode.UNKNOWN_TOP_UP, "This account has no such top-up; GET /top-ups lists them.")
    return answer(shown(topup, caller))


@app.get("/payment-methods")
def list_payment_methods() -> Response[str]:
    """The saved cards, the default first."""
    customer_id = recharges.snapshot(admin().account_id).customer_id
    found, default = cards.list_cards(stripe_client(), customer_id) if customer_id else ([], None)
    items = [
        {
            "id": saved.card.payment_method_id,
            "brand": saved.card.brand,
            "last4": saved.card.last4,
            "exp_month": saved.exp_month,
            "exp_year": saved.exp_year,
            "default": saved.card.payment_method_id == default,
        }
        for saved in found
    ]
    return answer({"items": items, "next_cursor": None})


@app.post("/payment-methods")
def post_payment_method() -> Response[str]:
    """Where to save a card: a page of Stripe's, so that card numbers never touch us."""
    caller = admin()
    customer_id = recharges.snapshot(caller.account_id).customer_id
    if customer_id is None:
        made = cards.create_customer(stripe_client(), caller.account_id)
        customer_id = keeper.keep_customer(caller.account_id, made)
    return answer({"url": cards.setup_page(stripe_client(), customer_id, config().page_url)}, 201)


@app.delete("/payment-methods/<payment_method_id>")
def delete_payment_method(payment_method_id: str) -> Response[str]:
    """Forget a card; automatic recharge that used it is suspended until it is given another."""
    caller = admin()
    read_payment_method_id({"payment_method_id": payment_method_id})
    customer_id = recharges.snapshot(caller.account_id).customer_id
    card = cards.own_card(stripe_client(), customer_id, payment_method_id)
    cards.remove_card(stripe_client(), card.payment_method_id)
    recharges.suspend_for_removed_card(caller.account_id, card.payment_method_id, clock.now())
    return Response(status_code=204, content_type="application/json", body="", headers={"Cache-Control": "no-store"})


def followed(token: str) -> Link:
    """What a link is for."""
    return follow(links, read_secret(config().cursor_secret_arn), token, clock.now())


def linked(link: Link) -> TopUp:
    """The payment a link leads to."""
    topup = topups.read(link.account_id, link.target)
    if topup is None:
        raise not_ours()
    return topup


def is_closed(account_id: str) -> bool:
    """Whether the account may neither call nor be paid into any more."""
    return recharges.snapshot(account_id).is_closed


def told(topup: TopUp) -> Response[str]:
    """What a link shows: the payment that waits, or what became of it."""
    amount = f"${format_money(topup.amount_micros)} with {topup.card.brand.title()} ending {topup.card.last4}"
    if topup.status == "succeeded":
        return page(200, "Paid", f"The payment of {amount} is done and your credit is there.")
    if topup.status == "requires_action" and is_closed(topup.account_id):
        return page(200, "Nothing to confirm", f"The account is closed; the payment of {amount} is not made any more.")
    if topup.status == "requires_action":
        text = f"Your bank asks you to confirm the automatic recharge of {amount}. You will be led to your bank's page."
        return page(200, "Confirm payment", text, button="Confirm payment")
    if topup.is_open:
        return page(200, "One moment", f"The payment of {amount} is being processed. Nothing else is needed.")
    return page(200, "Nothing to confirm", f"The payment of {amount} has ended and takes no money any more.")


def refused(error: CallingCreditError) -> Response[str]:
    """What a link shows that leads nowhere, or not just now."""
    if isinstance(error, NotFound):
        return page(404, "Link not valid", error.detail)
    return page(503, "Not just now", error.detail)


@app.get("/links/<token>")
def show_link(token: str) -> Response[str]:
    """Show what a link is about; it changes nothing, because mail scanners open links."""
    try:
        link = followed(token)
        if link.purpose is LinkPurpose.FREEZE_ACCOUNT:
            return freeze_page(link, lambda account_id: recharges.snapshot(account_id).is_frozen)
        return told(linked(link))
    except CallingCreditError as error:
        return refused(error)


@app.post("/links/<token>")
def follow_link(token: str) -> Response[str]:
    """The customer is there: freeze the account, or lead them to their bank to confirm the same payment. For an account
    that was closed since, the payment is given up.
    """
    try:
        link = followed(token)
        if link.purpose is LinkPurpose.FREEZE_ACCOUNT:
            freeze_account(dynamodb, config().table_name, link.account_id, BY, clock.now(), source_ip(app))
            return frozen_page()
        topup = linked(link)
        if topup.status == "requires_action":
            with cashier() as worker:
                is_over = is_closed(topup.account_id)
                topup = worker.cancel(topup) if is_over else led_on(worker, topup, config().page_url)
    except CallingCreditError as error:
        return refused(error)
    return redirect(topup.next_action_url) if topup.next_action_url else told(topup)
