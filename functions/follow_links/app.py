"""Serves the links of e-mails, which act without a sign-in: they freeze an account, confirm an address, raise a budget,
or finish a waiting payment.

A link's token is all that its holder shows, so this function can do only what a link does.
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.store import AccountStore
from calling_credit.api.pages import redirect
from calling_credit.api.request_limits import RequestLimit, caller_of
from calling_credit.api.resolver import http_resolver, source_ip
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import CallingCreditError, NotFound, Unavailable
from calling_credit.languages import language_of_request
from calling_credit.links.address_confirmation import AddressConfirmation
from calling_credit.links.address_page import address_page
from calling_credit.links.budget_page import budget_page
from calling_credit.links.budget_raise import BudgetRaise
from calling_credit.links.freeze_page import freeze_page
from calling_credit.links.freezing import freeze_by_link, read_freeze_link
from calling_credit.links.link import Link, LinkPurpose, hash_of
from calling_credit.links.payment_page import Halt, error_page, halt_since, payment_page
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import unknown_link, verify_link
from calling_credit.payments.counted_worker import counted_worker
from calling_credit.payments.manual_topup import resume_challenge
from calling_credit.snapshots import prepare_snapshot
from calling_credit.stored_secrets import secret_versions
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUp, TopUpStatus

SECONDS_TO_SPARE = 1.0

logger = Logger()
metrics = Metrics(service="payments")
app = http_resolver(logger)
dynamodb = dynamodb_client()
topups = TopUpStore(dynamodb, config().table_name)
accounts = AccountStore(dynamodb, config().table_name)
links = LinkStore(dynamodb, config().table_name)
by_link = RequestLimit(30)
"""Requests of one token. Its holder may press the button again; only one press acts."""
by_address = RequestLimit(30)
"""Invalid links of one address. A valid link is not counted, so no flood of guesses refuses it, even from its
holder's own address.
"""
prepare_snapshot()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


def verified_link(token: str) -> Link:
    """Verify a link's token and return the link.

    Raises:
        NotFound: unknown_link. TooManyRequests: of this token, or of invalid ones from this address.
    """
    by_link.check(hash_of(token), clock.now())
    try:
        return _verify(token)
    except NotFound:
        by_address.check(caller_of(source_ip(app)), clock.now())
        raise


def _verify(token: str) -> Link:
    return verify_link(links, secret_versions(config().cursor_secret_arn), token, clock.now())


def topup_of(link: Link) -> TopUp:
    """Return the top-up of a link."""
    topup = topups.read(link.account_id, link.target)
    if topup is None:
        raise unknown_link()
    return topup


def halt_of(topup: TopUp) -> Halt | None:
    """What ended a waiting payment; None if it may be confirmed."""
    return halt_since(accounts.account(topup.account_id), topup)


def language() -> str:
    """The language of the request: the mail's own (`?language=`), an earlier choice, or what the browser accepts."""
    return language_of_request(app.current_event.raw_event)


@app.get("/links/<token>")
def show_link(token: str) -> Response[str]:
    """Show what a link does. Change nothing, because mail scanners open links."""
    try:
        link = verified_link(token)
        if link.purpose is LinkPurpose.FREEZE_ACCOUNT:
            return freeze_page(link, read_freeze_link(dynamodb, config().table_name, link, hash_of(token)), language())
        if link.purpose is LinkPurpose.CONFIRM_ADDRESS:
            return address_page(link, address_confirmation(link, token).read(), language())
        if link.purpose is LinkPurpose.RAISE_BUDGET:
            return budget_page(link, budget_raise(link, token).read(), language())
        return payment_page(topup_of(link), halt_of, language())
    except CallingCreditError as error:
        return error_page(error, language())


@app.post("/links/<token>")
def follow_link(token: str) -> Response[str]:
    """Act on a link: freeze the account, confirm an address, raise a budget, or send the customer to their bank to
    confirm the payment.
    Cancel the payment if the account was closed or frozen meanwhile.
    """
    try:
        link = verified_link(token)
        if link.purpose is LinkPurpose.FREEZE_ACCOUNT:
            return press_freeze_link(link, token)
        if link.purpose is LinkPurpose.CONFIRM_ADDRESS:
            return address_page(link, address_confirmation(link, token).confirm(source_ip(app)), language())
        if link.purpose is LinkPurpose.RAISE_BUDGET:
            return budget_page(link, budget_raise(link, token).confirm(source_ip(app)), language())
        topup = topup_of(link)
        if topup.status == TopUpStatus.REQUIRES_ACTION:
            seconds_left = clock.seconds_left(app.lambda_context, SECONDS_TO_SPARE)
            with counted_worker(dynamodb, clock.now(), seconds_left, metrics, logger) as worker:
                if halt_of(topup) is not None:
                    return payment_page(worker.cancel(topup), halt_of, language())
                topup = resume_challenge(worker, topup, config().page_url)
    except CallingCreditError as error:
        return error_page(error, language())
    if topup.next_action_url:
        return redirect(topup.next_action_url)
    return payment_page(topup, halt_of, language())


def address_confirmation(link: Link, token: str) -> AddressConfirmation:
    """The confirmation of an address by this link."""
    return AddressConfirmation(dynamodb, config().table_name, link, hash_of(token), clock.now())


def budget_raise(link: Link, token: str) -> BudgetRaise:
    """The raise of budgets by this link."""
    return BudgetRaise(dynamodb, config().table_name, link, hash_of(token), clock.now())


def press_freeze_link(link: Link, token: str) -> Response[str]:
    """Freeze the link's account, and have the sweep cancel soon what waits there; without that, it does so later."""
    found = freeze_by_link(dynamodb, config().table_name, link, hash_of(token), clock.now(), source_ip(app))
    if found.is_frozen:
        try:
            topups.check_waiting(link.account_id, clock.now())
        except (Unavailable, *AWS_ERRORS) as error:
            logger.warning("not_changed", change="check_waiting", code=code_of(error))
    return freeze_page(link, found, language())
