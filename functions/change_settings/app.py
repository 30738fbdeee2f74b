"""A billing admin's settings: international calling of lines, budgets, limits, billing details, and automatic recharge
with its simulation.
"""

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock, ids
from calling_credit.accounts import account
from calling_credit.accounts.bounce_store import BounceStore
from calling_credit.accounts.budget_answers import BudgetAnswers
from calling_credit.accounts.budget_requests import BudgetOf
from calling_credit.accounts.country_store import CountryStore
from calling_credit.accounts.freezing import freeze_account
from calling_credit.accounts.known_countries import check_country
from calling_credit.accounts.limit_changes import change_of_limits, limits_answer
from calling_credit.accounts.line_store import LineStore
from calling_credit.accounts.line_switches import parse_line_cursor, switch_lines
from calling_credit.accounts.notifications_change import parse_language, parse_notifications
from calling_credit.accounts.reader import AccountReader
from calling_credit.accounts.recipient_store import RecipientStore
from calling_credit.accounts.recipients import notifications_view, shown_language, with_language
from calling_credit.accounts.store import AccountStore
from calling_credit.api.caller import billing_admin, customer, require_admin
from calling_credit.api.request_limits import MONEY_REQUESTS, RequestLimit
from calling_credit.api.resolver import answer, claims, http_resolver, json_body, report_unreadable, source_ip
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import Unavailable
from calling_credit.payments.rule_requests import RuleRequests
from calling_credit.recharge.store import RechargeStore
from calling_credit.recharge.tax_changes import end_wait_for_tax
from calling_credit.snapshots import prepare_snapshot
from calling_credit.tax.details import details_view
from calling_credit.tax.details_store import BillingDetailsStore
from calling_credit.tax.taxing import Taxing
from calling_credit.topups.store import TopUpStore
from calling_credit.versions import changed_meanwhile, is_outdated, read_version

SECONDS_TO_SPARE = 20.0  # All lines are switched for nine seconds in one request, below a person's patience.

logger = Logger()
metrics = Metrics(service="payments")
app = http_resolver(logger)
dynamodb = dynamodb_client()
accounts = AccountStore(dynamodb, config().table_name)
bounces = BounceStore(dynamodb, config().table_name, partial(report_unreadable, app, logger))
recipients = RecipientStore(dynamodb, config().table_name)
countries = CountryStore(dynamodb, config().table_name)
lines = LineStore(dynamodb, config().table_name)
topups = TopUpStore(dynamodb, config().table_name)
billing_details = BillingDetailsStore(dynamodb, config().table_name)
taxing = Taxing(logger)
by_account = RequestLimit(MONEY_REQUESTS)
prepare_snapshot()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.put("/lines/<line_id>")
def switch_line(line_id: str) -> Response[str]:
    """Turn international calling of a line on or off."""
    caller = billing_admin(claims(app), config())
    body = json_body(app)
    enabled, version = account.parse_switch(body), read_version(body)
    ids.check_id(line_id, "line_id")
    actor = caller.actor(source_ip(app))

    reader = AccountReader(dynamodb, config().table_name, caller.account_id)

    def check(line: account.Line) -> None:
        if is_outdated(version, line.version):
            raise changed_meanwhile("The line", reader.view_of(line, clock.now()))

    now, sign_in = clock.now(), caller.sign_in
    line, _ = lines.switch_line(caller.account_id, line_id, enabled, actor, now, check, sign_in)
    return answer(reader.view_of(line, clock.now()))


@app.put("/lines")
def switch_all_lines() -> Response[str]:
    """Turn international calling of all lines on or off, a page of them in each request."""
    caller = billing_admin(claims(app), config())
    body = json_body(app)
    enabled, after = account.parse_switch(body), parse_line_cursor(body)
    report = partial(report_unreadable, app, logger)
    reader = AccountReader(dynamodb, config().table_name, caller.account_id, report)
    recipients.account(caller.account_id, caller.sign_in)
    actor, seconds_left = caller.actor(source_ip(app)), clock.seconds_left(app.lambda_context, SECONDS_TO_SPARE)
    switches = switch_lines(reader, lines, enabled, after, actor, clock.now(), caller.sign_in, seconds_left)
    return answer(switches.view)


@app.put("/lines/<line_id>/budget")
def put_line_budget(line_id: str) -> Response[str]:
    """Set or end the budget of a line."""
    return answer(budget_answers().put(BudgetOf.LINE, line_id, partial(json_body, app), clock.now()))


@app.put("/users/<user_id>/budget")
def put_user_budget(user_id: str) -> Response[str]:
    """Set or end the budget of a user, for all lines of the user together."""
    return answer(budget_answers().put(BudgetOf.USER, user_id, partial(json_body, app), clock.now()))


@app.post("/lines/<line_id>/budget/requests")
def request_budget(line_id: str) -> Response[str]:
    """Ask for more budget until the month ends; or, as a billing admin, raise what an open request asks for."""
    return answer(*budget_answers().request(ids.check_id(line_id, "line_id"), json_body(app), clock.now()))


def budget_answers() -> BudgetAnswers:
    """The caller's requests about budgets."""
    return BudgetAnswers(dynamodb, config().table_name, customer(claims(app), config()), source_ip(app))


@app.get("/limits")
def get_limits() -> Response[str]:
    """Return the effective limits, the customer's limits, and whether the account is frozen."""
    return answer(limits_answer(accounts.limits(customer(claims(app), config()).account_id)))


@app.put("/limits")
def put_limits() -> Response[str]:
    """Set the customer's limits: lower numbers, blocked places, and allowed high-cost places."""
    caller = billing_admin(claims(app), config())
    actor, now = caller.actor(source_ip(app)), clock.now()
    accounts.store_customer_limits(caller.account_id, change_of_limits(json_body(app)), actor, now, caller.sign_in)
    return answer(limits_answer(accounts.limits(caller.account_id)))


@app.post("/freeze")
def freeze() -> Response[str]:
    """Freeze the account, and have the sweep cancel soon what waits there; without that, it does so later. Only the
    operator unfreezes it.
    """
    caller, now = billing_admin(claims(app), config()), clock.now()
    table_name, account_id = config().table_name, caller.account_id
    freeze_account(dynamodb, table_name, account_id, caller.actor(source_ip(app)), now, caller.sign_in)
    try:
        topups.check_waiting(account_id, now)
    except (Unavailable, *AWS_ERRORS) as error:
        logger.warning("not_changed", change="check_waiting", code=code_of(error))
    return answer({"frozen": True})


@app.post("/countries/<country>/confirm")
def confirm_country(country: str) -> Response[str]:
    """Let calls to a country cost more than the first_country_cap a day, from now on."""
    caller, now = billing_admin(claims(app), config()), clock.now()
    actor = caller.actor(source_ip(app))
    confirmed_at = countries.confirm(caller.account_id, check_country(country), actor, now, caller.sign_in)
    return answer({"country": country, "confirmed_at": confirmed_at})


@app.get("/notifications")
def get_notifications() -> Response[str]:
    """Show who receives the account's e-mails, in which language, and the level of a low balance."""
    account_id, now = customer(claims(app), config()).account_id, clock.now()
    return answer(notifications_view(recipients.account(account_id), now, bounces.returned(account_id, now)))


@app.put("/notifications")
def put_notifications() -> Response[str]:
    """Set the recipients and the level. A new address waits until its holder follows the link in an e-mail."""
    caller, now = billing_admin(claims(app), config()), clock.now()
    body, actor = json_body(app), caller.actor(source_ip(app))

    def change(current: account.Account) -> account.Account | None:
        return parse_notifications(body).apply(current, actor.by, now)

    stored = recipients.store(caller.account_id, change, actor, now, caller.sign_in)
    return answer(notifications_view(stored, now, bounces.returned(caller.account_id, now)))


@app.put("/notifications/language")
def put_language() -> Response[str]:
    """Set the language of the e-mails to the caller's own address; null if the caller receives none."""
    caller, now = customer(claims(app), config()), clock.now()
    language = parse_language(json_body(app))
    change = partial(with_language, address=caller.name, language=language, now=now)
    stored = recipients.store(caller.account_id, change, caller.actor(source_ip(app)), now, caller.sign_in)
    return answer({"language": shown_language(stored, caller.name, now)})


@app.get("/billing-details")
def get_billing_details() -> Response[str]:
    """Show the legal name, address, tax id, and PO number of the account."""
    return answer(details_view(billing_details.read(customer(claims(app), config()).account_id)))


@app.put("/billing-details")
def put_billing_details() -> Response[str]:
    """Set them for all payments from now on. A rule that waited for them is decided again."""
    caller, now = billing_admin(claims(app), config()), clock.now()
    actor = caller.actor(source_ip(app))
    stored = billing_details.store(caller.account_id, json_body(app), actor, now, caller.sign_in)
    end_wait_for_tax(RechargeStore(dynamodb, config().table_name), caller.account_id, actor, now)
    return answer(details_view(stored))


@app.get("/auto-recharge")
def get_auto_recharge() -> Response[str]:
    """Return the rule, its state as code and message, and the time of the next attempt."""
    return answer(rule_requests().view(clock.now()))


@app.put("/auto-recharge")
def put_auto_recharge() -> Response[str]:
    """Set the rule. A balance below the threshold is recharged at once."""
    return save_rule()


@app.patch("/auto-recharge")
def patch_auto_recharge() -> Response[str]:
    """Change only the named settings of the rule."""
    return save_rule()


def save_rule() -> Response[str]:
    """Apply the fields of the body to the rule. After switching off, name the payment that is still under way."""
    require_admin(customer(claims(app), config()))
    return answer(rule_requests().save(json_body(app), source_ip(app), by_account.check, clock.now()))


@app.post("/auto-recharge/simulate")
def simulate() -> Response[str]:
    """Simulate a rule over the last 30 days, without storing or charging anything, and name the charge that saving it
    would cause now.
    """
    return answer(rule_requests().simulate(json_body(app), clock.now()))


def rule_requests() -> RuleRequests:
    """The caller's requests about the rule."""
    return RuleRequests(dynamodb, config().table_name, customer(claims(app), config()), metrics, taxing)
