"""A billing admin's settings: international calling of lines, limits, and automatic recharge with its simulation."""

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock, ids
from calling_credit.accounts import account
from calling_credit.accounts.limits import (
    AccountLimits,
    customer_limits_view,
    effective_limits,
    limits_to_item,
    limits_view,
    parse_customer_limits,
)
from calling_credit.accounts.line_store import LineStore
from calling_credit.accounts.store import AccountStore
from calling_credit.accounts.user_store import UserStore
from calling_credit.api.caller import customer, require_admin
from calling_credit.api.request_limits import MONEY_REQUESTS, RequestLimit
from calling_credit.api.resolver import answer, claims, http_resolver, json_body, source_ip
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.errors import InvalidValue, NotFound
from calling_credit.ledger.reader import LedgerReader
from calling_credit.metrics import emit
from calling_credit.payments.card_items import has_number
from calling_credit.payments.card_store import CardStore
from calling_credit.payments.rule_cards import read_rule_card
from calling_credit.payments.stripe_account import StripeAccountGuard
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.recharge.attempts import State
from calling_credit.recharge.charges_now import charges_now
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.past_entries import run_simulation
from calling_credit.recharge.saving import RuleChange, in_flight_view, parse_rule_change
from calling_credit.recharge.settings import RuleSettings, apply_settings, parse_rule_settings, rule_view
from calling_credit.recharge.simulation import simulation_view
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.recharge.store import RechargeStore
from calling_credit.topups.refusals import card_blocked
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import Card
from calling_credit.versions import changed_meanwhile, is_outdated, read_version

NO_CARD = "pm_none"
"""The payment method of a simulated rule."""

logger = Logger()
metrics = Metrics(service="payments")
app = http_resolver(logger)
dynamodb = dynamodb_client()
accounts = AccountStore(dynamodb, config().table_name)
users = UserStore(dynamodb, config().table_name)
lines = LineStore(dynamodb, config().table_name)
recharges = RechargeStore(dynamodb, config().table_name)
topups = TopUpStore(dynamodb, config().table_name)
by_account = RequestLimit(MONEY_REQUESTS)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.put("/lines/<line_id>")
def switch_line(line_id: str) -> Response[str]:
    """Turn international calling of a line on or off."""
    caller = customer(claims(app), config())
    require_admin(caller)
    body = json_body(app)
    enabled, version = account.parse_switch(body), read_version(body)
    ids.check_id(line_id, "line_id")
    actor = caller.actor(source_ip(app))

    def view(line: account.Line) -> dict[str, Any]:
        return account.line_view(line, users.name(caller.account_id, line.user_id))

    def check(line: account.Line) -> None:
        if is_outdated(version, line.version):
            raise changed_meanwhile("The line", view(line))

    now, sign_in = clock.now(), caller.sign_in
    return answer(view(lines.switch_line(caller.account_id, line_id, enabled, actor, now, check, sign_in)))


@app.get("/limits")
def get_limits() -> Response[str]:
    """Return the effective limits, the customer's limits, and whether the account is frozen."""
    return answer(limits_answer(accounts.limits(customer(claims(app), config()).account_id)))


@app.put("/limits")
def put_limits() -> Response[str]:
    """Set the customer's limits: lower numbers, blocked places, and allowed high-cost places."""
    caller = customer(claims(app), config())
    require_admin(caller)
    body = json_body(app)
    version = read_version(body)
    fields = {name: value for name, value in body.items() if name != "version"}

    def change(current: AccountLimits) -> dict[str, Any] | None:
        """The new limits; None if they are stored already, although they had another version."""
        if not is_outdated(version, current.version):
            return parse_customer_limits(fields, current.customer, current.operator)
        try:
            if parse_customer_limits(fields, current.customer, current.operator) == current.customer:
                return None
        except InvalidValue:
            pass  # They do not fit the limits that the sender has not seen.
        raise changed_meanwhile("The limits", limits_answer(current))

    actor, now = caller.actor(source_ip(app)), clock.now()
    accounts.store_customer_limits(caller.account_id, change, actor, now, caller.sign_in)
    return answer(limits_answer(accounts.limits(caller.account_id)))


def limits_answer(limits: AccountLimits) -> dict[str, Any]:
    """The limits of an account as the API shows them."""
    return limits_view(effective_limits(limits_to_item(limits.operator), limits.customer)) | {
        "own": customer_limits_view(limits.customer),
        "frozen": limits.is_frozen,
        "version": limits.version,
    }


@app.get("/auto-recharge")
def get_auto_recharge() -> Response[str]:
    """Return the rule, its state as code and message, and the time of the next attempt."""
    caller = customer(claims(app), config())
    snapshot = recharges.snapshot(caller.account_id)
    return answer(
        rule_view(
            snapshot.recharge.rule,
            snapshot.recharge.state,
            clock.now(),
            is_closed=snapshot.is_closed,
            is_frozen=snapshot.is_frozen,
        )
    )


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
    caller = customer(claims(app), config())
    require_admin(caller)
    now = clock.now()
    change = parse_rule_change(json_body(app), config().bounds, now)
    snapshot = recharges.snapshot(caller.account_id, caller.sign_in)

    def view(rule: Rule | None, state: State) -> dict[str, Any]:
        return rule_view(rule, state, now, is_closed=snapshot.is_closed, is_frozen=snapshot.is_frozen)

    stored = snapshot.recharge
    if not change.has_result(stored, view):
        settings = change.settings(stored.rule)
        if settings.enabled:
            by_account.check(caller.account_id, now)  # The rule may charge at once. Switching off is never limited.
        card = read_card(snapshot, settings)
        if settings.enabled and CardStore(dynamodb, config().table_name).is_blocked(card):
            raise card_blocked()

        def save(current: Recharge) -> tuple[Rule, State] | None:
            return None if change.has_result(current, view) else change.apply(current, card)

        stored = recharges.store_rule(caller.account_id, save, caller.actor(source_ip(app)), now)
    result = view(stored.rule, stored.state)
    if stored.rule is not None and not stored.rule.enabled:
        result["in_flight"] = in_flight_view(stored, lambda topup_id: topups.read(caller.account_id, topup_id))
    return answer(result)


def read_card(snapshot: Snapshot, settings: RuleSettings) -> Card:
    """The card of new settings. Count a key of another Stripe account."""
    client, tally = stripe_client(), Counter[str]()
    guard = StripeAccountGuard(dynamodb, config().table_name, client, tally)
    try:
        return read_rule_card(client, guard, snapshot, settings)
    finally:
        emit(metrics, tally)


@app.post("/auto-recharge/simulate")
def simulate() -> Response[str]:
    """Simulate a rule over the last 30 days, without storing or charging anything, and name the charge that saving it
    would cause now.
    """
    caller, now = customer(claims(app), config()), clock.now()
    body = json_body(app) | {"enabled": True}
    snapshot = recharges.snapshot(caller.account_id)
    settings = parse_rule_settings({"payment_method_id": NO_CARD} | body, snapshot.recharge.rule, config().bounds)
    rule, _ = apply_settings(settings, Card(settings.payment_method_id, "", "", ""), None, State(), now)
    ledger = LedgerReader(dynamodb, config().table_name, caller.account_id)
    run, begin = run_simulation(rule, snapshot.time_zone, config().bounds.maximum_micros, ledger, now)
    charge = charge_on_saving(RuleChange(body, None, None, config().bounds, now), snapshot) if caller.is_admin else None
    return answer(simulation_view(run, begin, now) | {"charges_now": charge})


def charge_on_saving(change: RuleChange, snapshot: Snapshot) -> dict[str, Any] | None:
    """The charge that this change would cause; None without one, or without a card of this account."""
    stored = snapshot.recharge
    if stored.rule is None and change.fields.get("payment_method_id") is None:
        return None
    settings = change.settings(stored.rule)
    if snapshot.posted_micros >= settings.threshold_micros:
        return None
    try:
        card = read_card(snapshot, settings)  # As saving does: it may be renewed, or removed.
    except NotFound:
        return None
    history = CardStore(dynamodb, config().table_name).state(card, change.now)
    if history.is_blocked or history.tries_left <= 0 or not has_number(card):
        return None
    return charges_now(change, snapshot, card, topups.recent(snapshot.account_id, change.now))
